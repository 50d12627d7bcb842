package logs

import (
	"strings"
	"testing"
)

func FuzzPattern(f *testing.F) {
	f.Add(`?a -"b" c`, "a c")
	f.Add(`"\""`, `"`)
	f.Fuzz(func(t *testing.T, text, message string) {
		p, err := parsePattern(text)
		if err == nil && strings.TrimSpace(text) != "" && len(p.all)+len(p.any)+len(p.none) == 0 {
			t.Fatalf("%q says nothing", text)
		}
		if err == nil && len(p.none) == 0 && p.matches(message) != p.matches(message+" and more") && p.matches(message) {
			t.Fatalf("%q does not let through more of what it lets through", text)
		}
	})
}
