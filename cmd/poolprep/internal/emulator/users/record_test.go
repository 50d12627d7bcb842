package users

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRecordOfUser reads back what is written, and refuses what is cut off.
func TestRecordOfUser(t *testing.T) {
	created := time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC)
	u := &User{Status: Confirmed, MFA: true, Created: created, Modified: created.Add(1e6), Sub: [16]byte{1, 2, 15: 3}, Username: "änna", Values: []Value{{0, "x"}, {300, ""}}}
	record := Append(nil, u)
	back, err := Parse(record)
	require.NoError(t, err)
	assert.Equal(t, u, back)
	sound := 0
	for n := range record {
		if _, err := Parse(record[:n]); err == nil {
			sound++
		}
	}
	assert.Equal(t, 2, sound, "only between attributes")
}
