package validate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
)

// TestFastPathKnowsWhatIsInvisible puts every short text of some characters into
// columns of several kinds, and compares with a run row by row.
func TestFastPathKnowsWhatIsInvisible(t *testing.T) {
	texts := []string{""}
	for from := 0; len(texts[len(texts)-1]) == 0 || len([]rune(texts[len(texts)-1])) < 3; {
		for end := len(texts); from < end; from++ {
			for _, c := range []string{"a", "1", "é", "日", "❤", "\u200b", "\u00ad", "\ufe0f", "\u00a0", "\U000e0061"} {
				texts = append(texts, texts[from]+c)
			}
		}
	}
	columns := []string{"name", "email", "email_verified", "cognito:username"}
	var b strings.Builder
	b.WriteString(strings.Join(columns, ",") + "\n")
	for i, text := range texts {
		row := []string{"Anna", "a@example.com", "TRUE", fmt.Sprint("u", i)}
		row[i%4/3*3] = text // the name, or the username
		if i%2 == 0 {
			row[1] = text + "x@" + text + "y.example"
		}
		b.WriteString(strings.Join(row, ",") + "\n")
	}
	o := judge.Options{Pool: pool(func(p *schema.Pool) { p.Header = columns })}
	for _, severity := range []map[rule.Code]rule.Severity{nil, {rule.ValueInvisible: rule.Off}, {rule.ValueInvisible: rule.Error, rule.UsernameCharacters: rule.Off}} {
		o.Severity = severity
		want := runText(t, o, b.String(), how{rowByRow: true})
		for _, kernel := range scan.Kernels() {
			undo := scan.UseKernel(kernel)
			t.Cleanup(undo)
			for _, size := range []int{1, 100, 1 << 20} {
				require.Equal(t, want, runText(t, o, b.String(), how{blockSize: size, workers: 2}), "%s, blocks of %d", kernel, size)
			}
			undo()
		}
	}
}
