package manual

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

const sample = "# The title\n\nA paragraph with `code`, **strong words** and a\n[link](other.md), 2 * 3 * 4.\n\n" +
	"## Part\n\n- one item\n  that goes on\n- another\n\n    code  as it is\n      indented\n\n```yaml\nkey: value\n\nmore: |\n```\n\n" +
	"| key | |\n|---|---|\n| `a` | first |\n| `--a-flag-with-a-long-name VALUE` | has a line of its own |\n| `b\\|c` | third |\nEnd.\n"

func TestText(t *testing.T) {
	d := Parse(sample)
	assert.Equal(t, "The title", d.Title())
	link := func(target string) string { return map[string]string{"other.md": "the other guide"}[target] }
	assert.Equal(t, `A paragraph with code, strong words and
a the other guide, 2 * 3 * 4.

Part

- one item that goes on
- another

  code  as it is
    indented

  key: value

  more: |

  a    first
  --a-flag-with-a-long-name VALUE
       has a line of its own
  b|c  third

End.
`, string(d.AppendText(nil, 40, link)))
	assert.Equal(t, string(Parse(strings.ReplaceAll(sample, "\n- ", "\n* ")).AppendText(nil, 40, link)), string(d.AppendText(nil, 40, link)))
	assert.Equal(t, string(Parse(strings.ReplaceAll(sample, "\n", "\r\n")).AppendText(nil, 40, link)), string(d.AppendText(nil, 40, link)))
}

func TestTextIsAsWideAsItMayBe(t *testing.T) {
	text := "# T\n\n" + strings.Repeat("word é ", 80) + "\n\n| `key` | " + strings.Repeat("cell ", 80) + "|\n\n- " + strings.Repeat("item ", 80)
	for width := 20; width < 100; width++ {
		widest := 0
		for line := range strings.SplitSeq(string(Parse(text).AppendText(nil, width, nil)), "\n") {
			widest = max(widest, utf8.RuneCountInString(line))
			assert.Equal(t, strings.TrimRight(line, " "), line)
		}
		assert.LessOrEqual(t, widest, width)
		assert.Greater(t, widest, width-6)
	}
}

func TestInline(t *testing.T) {
	for in, want := range map[string]string{
		"":                          "",
		"a `b` c":                   "a b c",
		"a ` b":                     "a ` b",
		"`` ` ``":                   " ` ",
		"**a** *b*":                 "a b",
		"2 * 3 * 4":                 "2 * 3 * 4",
		"*_verified":                "*_verified",
		"[a](b) [c] (d)":            "a [c] (d)",
		"[`a`](b)":                  "a",
		"`\\,` and `[A](B)` and **": "\\, and [A](B) and **",
	} {
		assert.Equal(t, want, plain(in, nil), in)
	}
}

func TestRoff(t *testing.T) {
	page := string(Parse("# T\n\n.dot `a-b` \\, é\n\n    'code' ^~`\n\n## Part\n\n| `-a` | .b |\n").AppendRoff(nil, nil))
	assert.Equal(t, `.PP
\&.dot \fBa\-b\fR \e, \[u00E9]
.PP
.RS 4
.nf
\(aqcode\(aq \(ha\(ti\(ga
.fi
.RE
.SH "PART"
.TP
\fB\-a\fR
\&.b
`, page)
	assert.Equal(t, ".SH \"A\"\ntext\n", string(Parse("text").AppendRoff(AppendSection(nil, "A"), nil)), "no break behind a heading")
}

// FuzzParse wants any text to be shown, within bounded space.
func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add("```\n")
	f.Add("|")
	f.Add("- \n  \n#\n# ")
	f.Add("\t\n  ")
	f.Fuzz(func(t *testing.T, text string) {
		d := Parse(text)
		d.AppendText(nil, 80, nil)
		for line := range strings.Lines(string(d.AppendRoff(nil, nil))) {
			assert.False(t, strings.HasPrefix(line, "'"), line)
		}
	})
}
