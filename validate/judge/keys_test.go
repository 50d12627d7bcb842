package judge

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFoldCase(t *testing.T) {
	var all []byte
	for b := range 0x80 {
		all = append(all, byte(b))
	}
	c := &Checker{}
	for from := range all {
		for _, to := range []int{from, from + 1, from + 7, from + 8, from + 9, len(all)} {
			if to <= len(all) {
				assert.Equal(t, string(bytes.ToLower(all[from:to])), string(c.foldCase(all[from:to])))
			}
		}
	}
	assert.Equal(t, "straße", string(c.foldCase([]byte("STRAßE"))))
}
