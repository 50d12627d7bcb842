//go:build (!amd64 && !arm64) || noasm

package scan

// kernels returns the kernels of this build, by name.
func kernels() map[string]kernel { return map[string]kernel{"portable": portable{}} }
