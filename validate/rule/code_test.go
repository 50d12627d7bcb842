package rule

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEveryCodeIsDescribed(t *testing.T) {
	for _, c := range Codes() {
		i := c.Info()
		for what, text := range map[string]string{"rule": i.Rule(), "reason": i.Reason(), "example": i.Example(), "fix": i.Fix(), "message": i.Message()} {
			assert.NotEmpty(t, text, "%s of %s", what, c)
		}
		evidence, source := i.Evidence()
		assert.NotEmpty(t, evidence, c)
		assert.NotEmpty(t, source, c)
		back, err := ParseCode(c.String())
		assert.NoError(t, err)
		assert.Equal(t, c, back)
	}
	_, err := ParseCode("email-fromat")
	assert.ErrorContains(t, err, `did you mean "email-format"?`)
}

func TestDuplicateMessages(t *testing.T) {
	f := Finding{Code: UsernameDuplicate, File: "b.csv"}
	assert.Equal(t, "duplicate username", string(f.AppendMessage(nil)))
	f.FirstLine = 17
	assert.Equal(t, "duplicate username, first seen on line 17", string(f.AppendMessage(nil)))
	f.FirstFile = "a.csv"
	assert.Equal(t, "duplicate username, first seen in a.csv on line 17", string(f.AppendMessage(nil)))
}
