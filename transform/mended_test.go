package transform

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"poolprep/transform/legacy"
	"poolprep/transform/mapping"
)

// firebaseLines makes lines of which some were not escaped.
func firebaseLines(r *rand.Rand, names []string, n int) string {
	values := []string{
		"Anna", "Anna", "", `Anna "Annie" Berg`, `"Rossi, Ben "Benny""`, `"Rossi, Ben"`, `"Anna ""A"" Berg"`, `"two` + "\n" + `lines"`, "cut\nin two", `"open`, "Zoë", "\xff", `"A"`,
	}
	claims := []string{"", "", `"{""plan"":""pro""}"`, `"{""plan"":""a \"b\" c""}"`, `"{"plan":"pro","n":1}"`, `"{""plan"":"`, `{}`}
	var b strings.Builder
	b.WriteString(strings.Join(names, ",") + "\n")
	for i := range n {
		fields := make([]string, len(names))
		fields[0], fields[1], fields[2] = fmt.Sprint("id", i), fmt.Sprintf("u%d@example.com", i%40), []string{"true", "false", "yes"}[min(2, r.IntN(20))]
		fields[5], fields[6] = values[min(r.IntN(len(values)), r.IntN(len(values)))], []string{"", "https://example.org/a,b.png"}[r.IntN(20)/19]
		fields[23], fields[24], fields[27] = "1700000000000", "1700000000000", claims[min(r.IntN(len(claims)), r.IntN(len(claims)))]
		if r.IntN(30) == 0 {
			fields = fields[1:]
		}
		b.WriteString(strings.Join(fields, ",") + "\n")
	}
	return b.String()
}

// TestMendedAsRowByRow: what is read of lines that were not escaped does not depend on
// blocks, workers and columns, and lines around them are read as ever.
func TestMendedAsRowByRow(t *testing.T) {
	preset, err := legacy.Get("firebase")
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(5, 6))
	rounds := 20
	if testing.Short() {
		rounds = 6
	}
	for range rounds {
		names := preset.Source.NamesByCount[29]
		text := firebaseLines(r, names, 150)
		s := setup{mender: legacy.Mender("firebase", len(names)), options: Options{Side: true}, mapping: `
columns:
  cognito:username: email
  email: email
  email_verified: {from: emailVerified, steps: [boolean]}
  name: displayName
  picture: photoUrl
  nickname: customAttributes.plan
skip:
  - {when: {column: localId, matches: "7$"}, reason: because}
side: {id: localId, claims: {json: customAttributes}}
`, slow: true, blockSize: 1 << 16}
		want := convert(t, text, s)
		require.Positive(t, want.Codes["row-quote"])
		require.Positive(t, want.Sum.Summary.RowsAccepted)
		for _, block := range []int{1, 64, 1000, 1 << 16} {
			for _, workers := range []int{1, 3} {
				s.slow, s.workers, s.blockSize = false, workers, block
				require.Equal(t, want, convert(t, text, s), "%d workers, blocks of %d", workers, block)
			}
		}
	}
}

// TestPresetsRepair what they say.
func TestPresetsRepair(t *testing.T) {
	for _, system := range mapping.Repairs {
		preset, err := legacy.Get(system)
		require.NoError(t, err)
		require.Equal(t, system, preset.Source.Repair)
		for n := range preset.Source.NamesByCount {
			require.NotNil(t, legacy.Mender(system, n))
		}
	}
}
