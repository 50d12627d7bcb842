package transform

import (
	"os"
	"testing"

	"poolprep/validate/scan"
)

// TestMain runs all tests with buffers that are overwritten when they are given back.
func TestMain(m *testing.M) {
	scan.PoisonBlocks()
	os.Exit(m.Run())
}
