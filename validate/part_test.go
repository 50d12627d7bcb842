package validate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/judge"
	"poolprep/validate/keyset"
	"poolprep/validate/ledger"
	"poolprep/validate/report"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/shard"
	"poolprep/validate/source/sourcetest"
	"poolprep/validate/value"
)

// filesOf writes texts into files.
func filesOf(t testing.TB, dir string, texts ...string) (sources []Source) {
	for i, text := range texts {
		path := filepath.Join(dir, fmt.Sprint("users-", i))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		sources = append(sources, Source{Path: path})
	}
	return sources
}

// moved takes files away, and keeps them in a store.
func moved(t testing.TB, sources []Source) {
	stored := new(sourcetest.Memory)
	for i, s := range sources {
		require.NoError(t, stored.Move(s.Path))
		sources[i].Open = stored.Open
	}
}

// said is what a run reports.
type said struct {
	text   bytes.Buffer
	report *report.Report
}

func newSaid(t testing.TB) *said {
	s := new(said)
	var err error
	s.report, err = report.Open(&s.text, report.Options{Format: report.JSONL, Info: true})
	require.NoError(t, err)
	return s
}

// contested returns the keys that come at least twice in the parts of a plan.
func contested(t testing.TB, plan *shard.Plan, dirs []string) *keyset.Set {
	all := new(recording)
	for k, dir := range dirs {
		require.NoError(t, plan.EachFacts(nil, dir, k+1, all.write))
	}
	return contestedIn(t, []*recording{all})
}

// checkInParts plans a check, does its parts, and merges them, the contested keys not known
// and known.
func checkInParts(t testing.TB, o CheckOptions, parts int, sources ...Source) (string, Result) {
	dir := t.TempDir()
	plan, err := PlanCheck(t.Context(), o, PlanOptions{Parts: parts, Tool: "test"}, sources...)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plan.json"), plan.AppendJSON(nil), 0o600))
	plan, err = shard.ReadPlan(filepath.Join(dir, "plan.json"))
	require.NoError(t, err)
	var dirs []string
	for k := range parts {
		part := o
		part.Workers, part.Reading.BlockSize = 1+k%3, 50+100*k
		dirs = append(dirs, filepath.Join(dir, fmt.Sprint(k)))
		_, err := CheckPart(t.Context(), part, PartOptions{Plan: plan, Part: k + 1, Dir: dirs[k], Open: sources[0].Open})
		require.NoError(t, err)
	}
	seed, err := plan.Seed()
	require.NoError(t, err)
	merged := func(among *keyset.Set) (string, Result) {
		set, err := shard.OpenSet(plan, dirs)
		require.NoError(t, err)
		l := ledger.New(ledger.Options{Seed: seed, Contested: among})
		defer l.Close()
		s := newSaid(t)
		got, err := Merge(t.Context(), MergeOptions{Parts: set, Ledger: l, Report: s.report.Finding, Policy: o.Policy})
		require.NoError(t, err)
		require.NoError(t, s.report.Flush())
		return s.text.String(), got
	}
	text, got := merged(nil)
	few, same := merged(contested(t, plan, dirs))
	require.Equal(t, text, few)
	require.Equal(t, got, same)
	return text, got
}

// TestPartsOfACheck checks ugly texts in one run and in parts.
func TestPartsOfACheck(t *testing.T) {
	rounds := uint64(60)
	if testing.Short() {
		rounds = 15
	}
	seen := rule.Summary{}
	for round := range rounds {
		r := rand.New(rand.NewPCG(round, 9))
		o := CheckOptions{Profile: round%2 == 0, PadRagged: r.IntN(2) == 0, ShowValues: r.IntN(2) == 0, Workers: 1 + r.IntN(3)}
		o.Rules = judge.Options{Pool: replayPool(), PasswordHash: value.HashAuto, Severity: map[rule.Code]rule.Severity{rule.EmailDuplicate: rule.Warning}}
		o.Reading.Dialect = scan.Dialect{Kind: []scan.Kind{scan.CSV, scan.Cognito}[r.IntN(2)], MaxRecord: 400}
		o.Reading.BlockSize = 1 + r.IntN(4096)
		var texts []string
		for range 1 + r.IntN(3) {
			texts = append(texts, strings.Repeat("\n", r.IntN(2))+uglyText(r, 1+r.IntN(100), o.Reading.Dialect))
		}
		switch r.IntN(5) {
		case 0:
			texts = append(texts, "")
		case 1:
			texts[0] = "cognito:username,cognito:username\n" + texts[0]
		case 2:
			texts[0] = "\ufeff" + texts[0]
		}
		if round%2 == 0 {
			for i := range texts {
				texts[i] = inFrames(r, texts[i])
			}
		}
		sources := filesOf(t, t.TempDir(), texts...)
		want := newSaid(t)
		whole := o
		whole.Report = want.report.Finding
		result, err := Check(t.Context(), whole, sources...)
		if err != nil {
			_, planErr := PlanCheck(t.Context(), o, PlanOptions{Parts: 2}, sources...)
			var again *HeaderAgainError // which is seen among the rows
			require.True(t, planErr != nil || assert.ErrorAs(t, err, &again), "%v, %v", err, planErr)
			continue
		}
		require.NoError(t, want.report.Flush())
		if round%3 == 0 {
			moved(t, sources)
		}
		text, got := checkInParts(t, o, 1+r.IntN(7), sources...)
		require.Equal(t, want.text.String(), text, "round %d", round)
		require.Equal(t, result, got)
		seen.Add(&result.Summary)
	}
	for _, code := range []rule.Code{
		rule.UsernameDuplicate, rule.EmailDuplicate, rule.PhoneDuplicate, rule.UsernameTwin, rule.HashOther, rule.FileCRLF, rule.RowBlank, rule.FileBOM, rule.FileEmpty, rule.HeaderDuplicateColumn,
	} {
		assert.NotZero(t, seen.Findings[code], code.String())
	}
}

// TestPartsThatDoNotBelong are named and refused.
func TestPartsThatDoNotBelong(t *testing.T) {
	dir := t.TempDir()
	text := "cognito:username,email,email_verified\n"
	for i := range 30 {
		text += fmt.Sprintf("u%d,u%d@example.com,TRUE\n", i, i)
	}
	sources := filesOf(t, dir, text)
	make2 := func(o CheckOptions, name string) (*shard.Plan, []string) {
		plan, err := PlanCheck(t.Context(), o, PlanOptions{Parts: 2, Tool: "test"}, sources...)
		require.NoError(t, err)
		var dirs []string
		for k := range 2 {
			dirs = append(dirs, filepath.Join(dir, fmt.Sprint(name, k+1)))
			_, err := CheckPart(t.Context(), o, PartOptions{Plan: plan, Part: k + 1, Dir: dirs[k]})
			require.NoError(t, err)
		}
		return plan, dirs
	}
	plan, dirs := make2(CheckOptions{}, "a")
	_, others := make2(CheckOptions{}, "b")

	for name, test := range map[string]struct {
		dirs []string
		says []string
	}{
		"missing": {dirs[:1], []string{"part 2 of 2 is missing"}},
		"all":     {nil, []string{"2 of 2 parts are missing: 1, 2"}},
		"doubled": {[]string{dirs[0], dirs[1], dirs[1]}, []string{dirs[1], "both part 2"}},
		"foreign": {[]string{dirs[0], others[1]}, []string{others[1], "another plan"}},
		"no part": {[]string{dirs[0], filepath.Dir(dirs[1])}, []string{"holds no complete part"}},
		"two":     {[]string{others[0], others[1]}, []string{others[0], others[1]}},
		"nowhere": {[]string{dirs[0], dirs[1] + "x"}, []string{dirs[1] + "x", "holds no complete part"}},
	} {
		_, err := shard.OpenSet(plan, test.dirs)
		require.Error(t, err, name)
		for _, text := range test.says {
			assert.ErrorContains(t, err, text, name)
		}
	}

	// A complete part is replaced only on demand, an unfinished one always.
	_, err := CheckPart(t.Context(), CheckOptions{}, PartOptions{Plan: plan, Part: 2, Dir: dirs[1]})
	var exists *shard.ExistsError
	require.ErrorAs(t, err, &exists)
	assert.Equal(t, 2, exists.Part)
	_, err = CheckPart(t.Context(), CheckOptions{}, PartOptions{Plan: plan, Part: 2, Dir: dirs[1], Force: true})
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(dirs[1], shard.MarkName)))
	require.NoError(t, os.WriteFile(filepath.Join(dirs[1], shard.FactsName), []byte("torn"), 0o600))
	_, err = CheckPart(t.Context(), CheckOptions{}, PartOptions{Plan: plan, Part: 2, Dir: dirs[1]})
	require.NoError(t, err)
	_, err = shard.OpenSet(plan, dirs)
	require.NoError(t, err)
	_, err = CheckPart(t.Context(), CheckOptions{}, PartOptions{Plan: plan, Part: 2, Dir: dir, Force: true})
	require.ErrorContains(t, err, "of no part")

	// What counts for judging must be the same, the inputs too.
	var other *shard.OtherError
	_, err = CheckPart(t.Context(), CheckOptions{ShowValues: true}, PartOptions{Plan: plan, Part: 1, Dir: dirs[0], Force: true})
	require.ErrorAs(t, err, &other)
	assert.Equal(t, "flags", other.What)
	_, err = CheckPart(t.Context(), CheckOptions{Rules: judge.Options{Pool: replayPool()}}, PartOptions{Plan: plan, Part: 1, Dir: dirs[0], Force: true})
	require.ErrorAs(t, err, &other)
	assert.Equal(t, "schema", other.What)
	for _, number := range []int{0, -1, 3} {
		_, err = CheckPart(t.Context(), CheckOptions{}, PartOptions{Plan: plan, Part: number, Dir: dirs[0], Force: true})
		require.ErrorContains(t, err, "parts 1 to 2")
	}
	require.NoError(t, os.WriteFile(sources[0].Path, []byte(text+"x"), 0o600))
	var size *shard.SizeError
	_, err = CheckPart(t.Context(), CheckOptions{}, PartOptions{Plan: plan, Part: 1, Dir: dirs[0], Force: true})
	require.ErrorAs(t, err, &size)
	var changed *shard.ChangedError
	require.NoError(t, os.WriteFile(sources[0].Path, []byte(strings.Replace(text, "u29@", "u28@", 1)), 0o600))
	_, err = CheckPart(t.Context(), CheckOptions{}, PartOptions{Plan: plan, Part: 1, Dir: dirs[0], Force: true})
	require.NoError(t, err, "it is in the other part")
	_, err = CheckPart(t.Context(), CheckOptions{}, PartOptions{Plan: plan, Part: 2, Dir: dirs[1], Force: true})
	require.ErrorAs(t, err, &changed)
	_, err = shard.OpenSet(plan, dirs)
	require.ErrorContains(t, err, "holds no complete part")
	require.NoError(t, os.WriteFile(sources[0].Path, []byte(strings.Replace(text, "email", "e-mai", 1)), 0o600))
	var header *shard.HeaderError
	_, err = CheckPart(t.Context(), CheckOptions{}, PartOptions{Plan: plan, Part: 2, Dir: dirs[0], Force: true})
	require.ErrorAs(t, err, &header)
}

// TestPartsThatAreDamaged changes a byte of a file of a part: that is noticed, or it makes
// no difference.
func TestPartsThatAreDamaged(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(4, 4))
	o := CheckOptions{Rules: judge.Options{Pool: replayPool(), PasswordHash: value.HashAuto}}
	sources := filesOf(t, dir, uglyText(r, 60, scan.Dialect{}))
	plan, err := PlanCheck(t.Context(), o, PlanOptions{Parts: 2, Tool: "test"}, sources...)
	require.NoError(t, err)
	var dirs []string
	for k := range 2 {
		dirs = append(dirs, filepath.Join(dir, fmt.Sprint(k)))
		_, err := CheckPart(t.Context(), o, PartOptions{Plan: plan, Part: k + 1, Dir: dirs[k]})
		require.NoError(t, err)
	}
	merged := func() (Result, error) {
		set, err := shard.OpenSet(plan, dirs)
		if err != nil {
			return Result{}, err
		}
		return Merge(t.Context(), MergeOptions{Parts: set})
	}
	want, err := merged()
	require.NoError(t, err)
	refused := 0
	for range 400 {
		path := filepath.Join(dirs[r.IntN(2)], []string{shard.FactsName, shard.FactsName, shard.MarkName}[r.IntN(3)])
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		bad := bytes.Clone(text)
		switch r.IntN(3) {
		case 0:
			bad = bad[:r.IntN(len(bad))]
		default:
			bad[r.IntN(len(bad))] ^= byte(1 + r.IntN(255))
		}
		require.NoError(t, os.WriteFile(path, bad, 0o600))
		got, err := merged()
		if err != nil {
			refused++
		} else {
			require.Equal(t, want.Summary, got.Summary, "%s", path)
		}
		require.NoError(t, os.WriteFile(path, text, 0o600))
	}
	assert.Greater(t, refused, 200)
}

func TestWhatCannotBePlanned(t *testing.T) {
	dir := t.TempDir()
	for name, test := range map[string]struct {
		source Source
		parts  int
	}{
		"a reader":    {Source{Name: "stdin", Reader: strings.NewReader("a\n")}, 2},
		"nothing":     {Source{}, 2},
		"a directory": {Source{Path: dir}, 2},
		"not there":   {Source{Path: filepath.Join(dir, "none")}, 2},
		"a device":    {Source{Path: os.DevNull}, 2},
		"no parts":    {filesOf(t, dir, "cognito:username\nx\n")[0], -1},
	} {
		_, err := PlanCheck(t.Context(), CheckOptions{}, PlanOptions{Parts: test.parts}, test.source)
		require.Error(t, err, name)
	}
	_, err := PlanCheck(t.Context(), CheckOptions{}, PlanOptions{Parts: 1})
	require.Error(t, err, "no inputs")
	_, err = CheckPart(t.Context(), CheckOptions{}, PartOptions{})
	require.Error(t, err, "no plan")
	_, err = Merge(t.Context(), MergeOptions{})
	require.Error(t, err, "no parts")
}

func TestHasPart(t *testing.T) {
	dir := t.TempDir()
	sources := filesOf(t, dir, "cognito:username,email\na,a@example.com\nb,b@example.com\n")
	plan, err := PlanCheck(t.Context(), CheckOptions{}, PlanOptions{Parts: 2}, sources...)
	require.NoError(t, err)
	other, err := PlanCheck(t.Context(), CheckOptions{}, PlanOptions{Parts: 2}, sources...)
	require.NoError(t, err)
	first := filepath.Join(dir, "first")
	has, err := plan.HasPart(first, 1)
	require.NoError(t, err)
	assert.False(t, has, "there is no directory")
	require.NoError(t, os.Mkdir(first, 0o700))
	has, err = plan.HasPart(first, 1)
	require.NoError(t, err)
	assert.False(t, has, "there is no mark in it")
	_, err = CheckPart(t.Context(), CheckOptions{}, PartOptions{Plan: plan, Part: 1, Dir: first})
	require.NoError(t, err)
	has, err = plan.HasPart(first, 1)
	require.NoError(t, err)
	assert.True(t, has)
	_, err = plan.HasPart(first, 2)
	assert.ErrorContains(t, err, "is part 1, and part 2 is expected there")
	_, err = other.HasPart(first, 1)
	assert.ErrorContains(t, err, "is a part of another plan")
	require.NoError(t, os.Truncate(filepath.Join(first, shard.FactsName), 1))
	_, err = plan.HasPart(first, 1)
	assert.ErrorContains(t, err, "damaged")
}
