package value

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/scan"
)

func TestIsEmail(t *testing.T) {
	label := strings.Repeat("x", 63)
	long := func(n int) string { // n bytes, with a local part of 64
		domain := label + "." + label + "." + label
		return strings.Repeat("l", 64) + "@" + domain[:n-64-1-3] + ".de"
	}
	sound := []string{
		"anna@example.com", "a@b.c", "a.n-n_a+tag@mail.example.org", "1@2.de", "-@x.de", "anna-@x.de", "--a@x.de", "o'brien@example.com", "!#$%&'*+-/=?^_`{|}~@example.com",
		"anna@xn--bcher-kva.example", "anna@a--b.de", "anna@1.2.3.x4", "anna@example.4x", "anna@1and1.com", "a.b.c.d@e.f.g.h",
		"żaneta@bücher.example", "\u0915\u094d\u0937@\u0909\u0926\u093e\u0939\u0930\u0923.\u092a\u0930\u0940\u0915\u094d\u0937\u093e", "用户@例子.广告", "a@bu\u0308cher.de", "a@٣x.de",
		strings.Repeat("l", 64) + "@x.de", strings.Repeat("é", 32) + "@x.de", "a@" + label + ".de", "a@" + strings.Repeat("ü", 63) + ".de", "a@x." + label, long(254),
	}
	for _, v := range sound {
		assert.True(t, IsEmail([]byte(v)), "%q", v)
	}
	wrong := []string{
		"@", "anna", "anna@", "@example.com", "anna@example", "a@b@example.com", "@anna@example.com", "anna@@example.com", "anna@example.com@",
		".anna@example.com", "anna.@example.com", "an..na@example.com", ".@example.com", "anna@.example.com", "anna@example..com", "anna@example.com.", "anna@.", "anna@..", "anna@com.",
		"anna@-x.example", "anna@x-.example", "anna@x.-y", "anna@x.y-", "anna@-", "anna@-.-", "anna@x.-", "anna@x_y.de", "anna@x+y.de",
		"anna@127.0.0.1", "anna@example.123", "anna@example.٣", "anna@[127.0.0.1]", "anna@[IPv6:::1]", `"anna"@example.com`, `"an na"@example.com`,
		"an na@example.com", "an\u00a0na@example.com", "an\u3000na@example.com", "an\u2028na@example.com", "an\u0085na@example.com", "an\tna@example.com", "an\x7fna@example.com", "anna@exa mple.com", "anna@exa\u00a0mple.com",
		"Anna <anna@example.com>", "<anna@example.com>", "anna(home)@example.com", "anna,bert@example.com", "a@example.com,b@example.com", "a@example.com;b@example.com", "mailto:anna@example.com", `an\na@example.com`, "an[na@example.com",
		"anna@example。com", "anna@l·l.de", "anna@x.\u0301y", "anna@ex\u200bample.com", "anna@😀.de",
		strings.Repeat("l", 65) + "@x.de", strings.Repeat("é", 33) + "@x.de", "a@" + label + "x.de", "a@" + strings.Repeat("ü", 64) + ".de", "a@x." + label + "x", long(255),
	}
	for _, v := range wrong {
		assert.False(t, IsEmail([]byte(v)), "%q", v)
	}
}

// soundEmails returns what soundEmail says of each value, with the kernel at hand.
func soundEmails(values []string) []bool {
	var padded []byte
	var spans []scan.Span
	for _, v := range values {
		start := uint32(len(padded))
		padded = append(padded, v...)
		spans = append(spans, scan.Span{Start: start, End: uint32(len(padded))})
	}
	padded = append(padded, strings.Repeat("@.", scan.Padding)...)
	classified := make([]scan.Classified, len(spans))
	EmailClasses.Classify(classified, padded, spans)
	sound := make([]bool, len(spans))
	for i, v := range spans {
		sound[i] = SoundEmail(&classified[i], v.Len(), padded[v.End-1])
	}
	return sound
}

// mustBeSound says which addresses the fast check may not leave to the slow one.
func mustBeSound(v string) bool {
	last := v[len(v)-1] | 0x20
	return len(v) <= scan.MaxClassified && IsASCII([]byte(v)) && last >= 'a' && last <= 'z' && IsEmail([]byte(v))
}

func checkSoundEmails(t testing.TB, values []string) {
	for i, sound := range soundEmails(values) {
		if sound != mustBeSound(values[i]) {
			require.Equal(t, mustBeSound(values[i]), sound, "%q", values[i])
		}
	}
}

// TestSoundEmailIsAsStrict compares the fast check with the slow one for every
// short string of the characters that make a difference.
func TestSoundEmailIsAsStrict(t *testing.T) {
	longest := 7
	if testing.Short() {
		longest = 6
	}
	for _, kernel := range scan.Kernels() {
		t.Run(kernel, func(t *testing.T) {
			t.Cleanup(scan.UseKernel(kernel))
			for _, alphabet := range []string{"aZ.-@+", "a1.-@\x80", "z_.@ ,"} {
				values := []string{""}
				for range longest {
					var longer []string
					for _, v := range values {
						for _, c := range []byte(alphabet) {
							longer = append(longer, v+string([]byte{c}))
						}
					}
					values = longer
					checkSoundEmails(t, values)
				}
			}
		})
	}
}

// TestSoundEmailOfEveryByte puts every byte at every place of addresses up to
// and beyond the length that can be classified.
func TestSoundEmailOfEveryByte(t *testing.T) {
	for _, kernel := range scan.Kernels() {
		t.Run(kernel, func(t *testing.T) {
			t.Cleanup(scan.UseKernel(kernel))
			var values []string
			for _, n := range []int{7, 8, 16, 31, 32, 33, 63, 64, 65} {
				address := strings.Repeat("a", n/2) + "@" + strings.Repeat("b", n-n/2-4) + ".de"
				for at := range address {
					for c := range 256 {
						values = append(values, address[:at]+string([]byte{byte(c)})+address[at+1:])
					}
				}
			}
			checkSoundEmails(t, values)
		})
	}
}

func FuzzSoundEmail(f *testing.F) {
	for _, v := range []string{"anna@example.com", "a.b-c+d@x-y.example.org", "a@b.c1", "a..b@c.de", "a@-b.de", "é@ü.de"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		if v == "" || !utf8.ValidString(v) {
			return
		}
		checkSoundEmails(t, []string{v})
	})
}
