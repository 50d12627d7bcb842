package validate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/schema"
)

// twinPool has three columns.
func twinPool(caseSensitive bool) *schema.Pool {
	return pool(func(p *schema.Pool) {
		p.Header = []string{"email", "email_verified", "cognito:username"}
		p.CaseSensitive = caseSensitive
	})
}

func withUsernames(names ...string) string {
	var text strings.Builder
	text.WriteString("email,email_verified,cognito:username\n")
	for _, name := range names {
		email := "a@example.com"
		if rest, bad := strings.CutPrefix(name, "!"); bad {
			name, email = rest, "bad"
		}
		text.WriteString(email + ",TRUE," + name + "\n")
	}
	return text.String()
}

func TestTwins(t *testing.T) {
	const composed, decomposed = "Ren\u00e9", "Rene\u0301"
	tests := []struct {
		name    string
		names   []string
		options judge.Options
		want    []string // line:code
	}{
		{"composed first", []string{composed, decomposed}, judge.Options{}, []string{"3:username-twin"}},
		{"decomposed first", []string{decomposed, composed}, judge.Options{}, []string{"3:username-twin"}},
		{"both decomposed otherwise", []string{"a\u0323\u0307", "x", "a\u0307\u0323"}, judge.Options{}, []string{"4:username-twin"}},
		{"fullwidth after ASCII", []string{"anna", "bert", "ａnna"}, judge.Options{}, []string{"4:username-twin"}},
		{"ASCII after fullwidth", []string{"ａｎｎａ", "bert", "anna", "carl"}, judge.Options{}, []string{"4:username-twin"}},
		{"two that are partly fullwidth", []string{"ａnna", "annａ"}, judge.Options{}, []string{"3:username-twin"}},
		{"halfwidth Katakana", []string{"ガ", "ｶﾞ", "カ\u3099"}, judge.Options{}, []string{"3:username-twin", "4:username-twin"}},
		{"three", []string{"anna", "ａnna", "annａ"}, judge.Options{}, []string{"3:username-twin", "4:username-twin"}},
		{"a duplicate of one that has a twin", []string{"anna", "ａnna", "ａnna", "anna"}, judge.Options{}, []string{"3:username-twin", "4:username-duplicate", "5:username-duplicate"}},
		{"no twins", []string{"anna", "änna", "аnna", "ann²", "ann2", "ﬁn", "fin"}, judge.Options{}, nil},
		{"letter case is no width", []string{"ａ", "Ａ", "B", "ｂ"}, judge.Options{}, nil},
		{"letter case is folded", []string{"anna", "ＡＮＮＡ", "RENÉ", "rene\u0301"}, judge.Options{Pool: twinPool(false)}, []string{"3:username-twin", "5:username-twin"}},
		{"a rejected row has no twin", []string{"!ａnna", "anna"}, judge.Options{}, []string{"2:email-format"}},
		{"a rejected row is told of its twin", []string{"ａnna", "!anna"}, judge.Options{}, []string{"3:email-format", "3:username-twin"}},
		{"as an error, it takes no name", []string{"anna", "ａnna", "annａ"}, judge.Options{Severity: map[rule.Code]rule.Severity{rule.UsernameTwin: rule.Error}}, []string{"3:username-twin", "4:username-twin"}},
		{"off", []string{"anna", "ａnna"}, judge.Options{Severity: map[rule.Code]rule.Severity{rule.UsernameTwin: rule.Off}}, nil},
		{"without the duplicate check", []string{"anna", "ａnna"}, judge.Options{NoDuplicates: true}, nil},
		{"duplicates off", []string{"anna", "ａnna"}, judge.Options{Severity: map[rule.Code]rule.Severity{rule.UsernameDuplicate: rule.Off}}, nil},
		{"duplicates as a warning", []string{"ａnna", "ａnna", "anna"}, judge.Options{Severity: map[rule.Code]rule.Severity{rule.UsernameDuplicate: rule.Warning}}, []string{"3:username-duplicate", "4:username-twin"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.options.Pool == nil {
				tt.options.Pool = twinPool(true)
			}
			for _, h := range []how{{}, {blockSize: 1, workers: 3}, {rowByRow: true}, {limit: 100}} {
				out := runText(t, tt.options, withUsernames(tt.names...), h)
				var got []string
				for _, f := range out.Findings {
					got = append(got, fmt.Sprintf("%d:%s", f.Pos.Line, f.Code))
				}
				assert.Equal(t, tt.want, got)
			}
		})
	}
	t.Run("across inputs", func(t *testing.T) {
		h := how{ledger: ledger.New(ledger.Options{})}
		o := judge.Options{Pool: twinPool(true)}
		require.Empty(t, runText(t, o, withUsernames("ａnna", "bert"), h).Findings)
		out := runText(t, o, withUsernames("anna", "ｂert"), h)
		require.Equal(t, []string{"username-twin", "username-twin"}, out.codes())
		assert.Equal(t, []int64{2, 3}, []int64{out.Findings[0].FirstLine, out.Findings[1].FirstLine})
	})
}

// twinLines says in the plainest way which lines have a twin before them, and on
// which line the first one is.
func twinLines(names []string) (lines [][2]int64) {
	common, first := map[string]map[string]bool{}, map[string]int64{}
	for i, name := range names {
		form := norm.NFC.String(width.Fold.String(name))
		if common[form] == nil {
			common[form], first[form] = map[string]bool{}, int64(i+2)
		}
		if !common[form][name] && len(common[form]) > 0 {
			lines = append(lines, [2]int64{int64(i + 2), first[form]})
		}
		common[form][name] = true
	}
	return lines
}

// TestTwinsAgreeWithTheDefinition tries many names with few characters.
func TestTwinsAgreeWithTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	characters := []string{"a", "b", "1", "ａ", "１", "é", "e\u0301", "e", "\u0301", "ガ", "ｶﾞ", "日", "Å", "\u212b", "A\u030a"}
	for round := range 60 {
		names := make([]string, 1+r.IntN(300))
		for i := range names {
			for range 1 + r.IntN(1+round%4) {
				names[i] += characters[r.IntN(len(characters)-round%5)]
			}
			if r.IntN(3) == 0 {
				names[i] = fmt.Sprint("user", r.IntN(400))
			}
		}
		text := withUsernames(names...)
		o := judge.Options{Pool: twinPool(true)}
		want := runText(t, o, text, how{rowByRow: true})
		var lines [][2]int64
		for _, f := range want.Findings {
			if f.Code == rule.UsernameTwin {
				lines = append(lines, [2]int64{f.Pos.Line, f.FirstLine})
			}
		}
		require.Equal(t, twinLines(names), lines, "%q", names)
		for _, size := range []int{1, 64, 1000, 1 << 20} {
			require.Equal(t, want, runText(t, o, text, how{blockSize: size, workers: 1 + round%3}))
		}
	}
}

// TestTwinsBeyondTheMemory has names that all differ from their common form.
func TestTwinsBeyondTheMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("needs many keys")
	}
	const n = 220_000
	names := make([]string, 0, 2*n)
	for i := range n {
		names = append(names, fmt.Sprintf("ａ%d", i))
	}
	for i := range n {
		names = append(names, fmt.Sprintf("a%d", i*(1+i%2)))
	}
	text := withUsernames(names...)
	o := judge.Options{Pool: twinPool(true)}
	want := runText(t, o, text, how{workers: 2, rowByRow: true})
	require.Greater(t, want.Summary.Findings[rule.UsernameTwin], int64(n/3))
	l := ledger.New(ledger.Options{Budget: 1, Dir: t.TempDir()})
	got := runText(t, o, text, how{workers: 2, ledger: l})
	_, common := l.Spilled()
	require.Positive(t, common)
	require.NoError(t, l.Close())
	require.Equal(t, want.Summary, got.Summary)
	require.True(t, slicesEqual(want.Findings, got.Findings))
}

func slicesEqual(a, b []rule.Finding) bool {
	for i := range a {
		if i >= len(b) || a[i].Pos != b[i].Pos || a[i].Code != b[i].Code || a[i].FirstLine != b[i].FirstLine {
			return false
		}
	}
	return len(a) == len(b)
}
