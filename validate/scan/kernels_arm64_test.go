//go:build arm64 && !noasm

package scan

// kernels returns the kernels that this processor can run, by name.
func kernels() map[string]kernel {
	return map[string]kernel{"portable": portable{}, "neon": neon{}}
}
