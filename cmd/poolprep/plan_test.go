package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/schema"
	"poolprep/validate/shard"
)

// TestPlansWithoutACommand are those of programs that use the packages.
func TestPlansWithoutACommand(t *testing.T) {
	pool, err := schema.Load(nil)
	require.NoError(t, err)
	plan := &shard.Plan{Fingerprints: shard.Fingerprints{Schema: pool.Fingerprint()}}
	assert.Equal(t, []string{"convert", "--max-rows=3"}, mergedCommand(plan, []string{"merge", "--max-rows=3"}))
	_, err = plannedRules(plan)
	require.NoError(t, err)
	assert.EqualError(t, withPlanned(plan, &shard.OtherError{What: "schema"}), "the plan was made for another pool; the plan has none of them")
}
