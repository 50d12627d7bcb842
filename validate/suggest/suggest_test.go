package suggest

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestClosest(t *testing.T) {
	words := []string{"email", "name", "given_name"}
	assert.Equal(t, "email", Closest("emial", words))
	assert.Equal(t, "given_name", Closest("Given-Name", words))
	assert.Empty(t, Closest("department", words))
	assert.Equal(t, `, did you mean "name"?`, DidYouMean("nam", words))
	long := strings.Repeat("x", 1<<20)
	assert.Empty(t, Closest(long, []string{long}), "a megabyte is no word")
	assert.Empty(t, Closest("x", []string{long}))
	assert.Equal(t, "csv", Closest("cvs", []string{"auto", "csv", "tsv"}), "two letters that changed places are one mistake")
	assert.Equal(t, "run", Closest("rnu", []string{"undo", "run"}))
	assert.Equal(t, "żó", Closest("óż", []string{"żó"}))
	assert.Empty(t, Closest("nur", []string{"run"}))
	assert.Equal(t, "żółć", Closest("żołć", []string{long, "żółć"}))
}

func TestList(t *testing.T) {
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprint(i))
	}
	assert.Equal(t, "", List(nil))
	assert.Equal(t, "0, 1", List(names[:2]))
	assert.Equal(t, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9", List(names[:10]))
	assert.Equal(t, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more", List(names))
	assert.Equal(t, "0 | 1", Joined(names[:2], " | "))
	short := Short(strings.Repeat("é", 99) + "x")
	assert.Equal(t, strings.Repeat("é", 50)+"...", short)
	assert.True(t, utf8.ValidString(Short("x"+strings.Repeat("é", 99))))
}
