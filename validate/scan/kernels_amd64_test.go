//go:build amd64 && !noasm

package scan

// kernels returns the kernels that this processor can run, by name.
func kernels() map[string]kernel {
	out := map[string]kernel{"portable": portable{}}
	if processor() >= levelAVX2 {
		out["avx2"] = avx2{}
	}
	if processor() >= levelAVX512 {
		out["avx512"] = avx512{}
	}
	return out
}
