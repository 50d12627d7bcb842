package transform

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

	"poolprep/transform/mapping"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/keyset"
	"poolprep/validate/ledger"
	"poolprep/validate/report"
	"poolprep/validate/rule"
	"poolprep/validate/shard"
	"poolprep/validate/source"
	"poolprep/validate/source/sourcetest"
	"poolprep/validate/value"
)

// partsMapping skips, rejects, makes values and keeps something beside the import file.
const partsMapping = `version: 1
columns:
  cognito:username: login
  email: {from: mail, steps: [lower]}
  email_verified: ok
  name: name
  password_hash: {from: hash, if-failed: empty}
skip:
  - when: {column: state, equals: gone}
    reason: gone
  - when: {column: state, equals: bot}
    reason: a bot
side:
  state: state
`

// uglyExport makes an export in which much is wrong, and users come again and again.
func uglyExport(r *rand.Rand, rows, users int) string {
	pick := func(options ...string) string { return options[r.IntN(len(options))] }
	header := "login,mail,ok,name,hash,state"
	end := pick("\n", "\n", "\r\n")
	var b strings.Builder
	b.WriteString(pick("", "", end, "\ufeff") + header + end)
	for i := range rows {
		switch r.IntN(14) {
		case 0:
			b.WriteString(pick(end, "a,b"+end, "\"open,x"+end, "a\"b,c"+end, "Ren\xe9,x,,,,"+end, header+end, ",,,,,"+end, "\"x\ny\",m@example.com,1,\"N\",,"+end))
			continue
		case 1: // two that belong together
			b.WriteString(fmt.Sprintf("u%d,u%d@example.com\n,true,N,,%s", i, i, end))
			continue
		}
		u := r.IntN(users)
		fmt.Fprintf(&b, "u%d,%su%d@example.com,%s,%s,%s,%s%s", u, pick("", "", "X"), r.IntN(users), pick("true", "true", "1", "no", "maybe"),
			pick("N", "\"Doe, N\"", "\"say \"\"hi\"\"\"", " N ", "\"two\nlines\"", "a\tb"),
			pick("", "", "", "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", "nonsense"), pick("", "", "", "gone", "bot"), end)
	}
	text := b.String()
	if r.IntN(3) == 0 {
		text = strings.TrimRight(text, "\r\n")
	}
	return text
}

// wholeAndParts is a run and what its parts are merged into.
type wholeAndParts struct {
	dir     string
	options ConvertOptions
	sink    sink.Options
	sources []validate.Source
	stored  *sourcetest.Memory // where the sources and parts are; nil: they are files
}

// move takes the files away, and keeps them in a store, as from then on the parts.
func (w *wholeAndParts) move(t testing.TB) {
	w.stored = new(sourcetest.Memory)
	for i, s := range w.sources {
		require.NoError(t, w.stored.Move(s.Path))
		w.sources[i].Open = w.stored.Open
	}
}

// open opens what the parts read, and the parts.
func (w *wholeAndParts) open() source.Opener {
	if w.stored == nil {
		return nil
	}
	return w.stored.Open
}

// output returns a run directory.
func (w *wholeAndParts) output(name string) *RunDirectory {
	o := w.sink
	o.Dir = filepath.Join(w.dir, name)
	return &RunDirectory{Options: o, Reasons: true, Manifest: sink.Manifest{Tool: "test"}}
}

// reported is what a run reports, and returns.
type reported struct {
	text   bytes.Buffer
	report *report.Report
	result Result
}

func newReported(t testing.TB) *reported {
	r := new(reported)
	var err error
	r.report, err = report.Open(&r.text, report.Options{Format: report.JSONL, Info: true})
	require.NoError(t, err)
	return r
}

// run converts all at once.
func (w *wholeAndParts) run(t testing.TB) *reported {
	got, o := newReported(t), w.options
	o.Report, o.Output = got.report.Finding, w.output("whole")
	var err error
	got.result, err = Convert(t.Context(), o, w.sources...)
	require.NoError(t, err)
	require.NoError(t, got.report.Flush())
	return got
}

// merged converts in parts.
func (w *wholeAndParts) merged(t testing.TB, parts int, prepare func(k int, o *ConvertOptions)) (*reported, *shard.Plan) {
	plan, err := PlanConvert(t.Context(), w.options, validate.PlanOptions{Parts: parts, Tool: "test"}, w.sources...)
	require.NoError(t, err)
	require.Len(t, plan.Parts, parts)
	path := filepath.Join(w.dir, "plan.json")
	require.NoError(t, os.WriteFile(path, plan.AppendJSON(nil), 0o600))
	plan, err = shard.ReadPlan(path)
	require.NoError(t, err)
	var dirs []string
	for k := range plan.Parts {
		o := w.options
		prepare(k, &o)
		dir := filepath.Join(w.dir, fmt.Sprint("part-", k+1))
		part := validate.PartOptions{Plan: plan, Part: k + 1, Dir: dir, Force: true, Open: w.open()}
		if w.stored != nil {
			dir = fmt.Sprint("test://parts/", k+1)
			part.Dir, part.Store = "", w.stored.Directory(dir)
		}
		_, err := ConvertPart(t.Context(), o, part)
		require.NoError(t, err)
		dirs = append(dirs, dir)
	}
	var among *keyset.Set
	if w.stored == nil {
		among = contested(t, plan, dirs)
	}
	rand.Shuffle(len(dirs), func(i, j int) { dirs[i], dirs[j] = dirs[j], dirs[i] })
	seed, err := plan.Seed()
	require.NoError(t, err)
	merge := func(name string, o ledger.Options) *reported {
		set, err := shard.OpenSetIn(w.open(), plan, dirs)
		require.NoError(t, err)
		o.Seed = seed
		l := ledger.New(o)
		defer l.Close()
		got := newReported(t)
		got.result, err = Merge(t.Context(), MergeOptions{
			MergeOptions: validate.MergeOptions{Parts: set, Ledger: l, Report: got.report.Finding, Policy: w.options.Policy, Open: w.open()}, Output: w.output(name),
		})
		require.NoError(t, err)
		require.NoError(t, got.report.Flush())
		return got
	}
	got := merge("merged", ledger.Options{})
	if among == nil {
		return got, plan
	}
	few := merge("few", ledger.Options{Contested: among})
	sameFiles(t, filepath.Join(w.dir, "merged"), filepath.Join(w.dir, "few"))
	require.Equal(t, got.text.String(), few.text.String())
	require.Equal(t, got.result, few.result)
	return got, plan
}

// contested returns the keys that come at least twice in the parts of a plan.
func contested(t testing.TB, plan *shard.Plan, dirs []string) *keyset.Set {
	times, set := make(map[keyset.Key]int), new(keyset.Set)
	for k, dir := range dirs {
		require.NoError(t, plan.EachFacts(nil, dir, k+1, func(f *ledger.Facts) error {
			f.EachKey(func(key keyset.Key) { times[key]++ })
			return nil
		}))
	}
	for key, n := range times {
		if n > 1 {
			require.NoError(t, set.Add(key))
		}
	}
	return set
}

// sameFiles compares two run directories: the manifests but for their times.
func sameFiles(t testing.TB, a, b string) {
	t.Helper()
	names := func(dir string) (out []string) {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, e := range entries {
			out = append(out, e.Name())
		}
		return out
	}
	require.Equal(t, names(a), names(b))
	for _, name := range names(a) {
		if name == sink.ManifestName {
			continue
		}
		want, err := os.ReadFile(filepath.Join(a, name))
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(b, name))
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, got), "%s: %q\n%q", name, want, got)
	}
	want, err := sink.ReadManifest(a)
	require.NoError(t, err)
	got, err := sink.ReadManifest(b)
	require.NoError(t, err)
	want.Created, want.Sum, got.Created, got.Sum = "", "", "", ""
	require.Equal(t, want, got)
}

// write makes files of texts.
func (w *wholeAndParts) write(t testing.TB, texts ...string) {
	w.sources = nil
	for i, text := range texts {
		path := filepath.Join(w.dir, fmt.Sprintf("export-%d.csv", i))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		w.sources = append(w.sources, validate.Source{Path: path})
	}
}

func readTestMapping(t testing.TB, text string) *mapping.Mapping {
	m, err := mapping.Parse("map.yaml", []byte(text))
	require.NoError(t, err)
	return m
}

// TestPartsAreTheWhole converts ugly exports in one run and in parts.
func TestPartsAreTheWhole(t *testing.T) {
	rounds := uint64(60)
	if testing.Short() {
		rounds = 20
	}
	seen := rule.Summary{}
	for round := range rounds {
		r := rand.New(rand.NewPCG(round, 17))
		w := &wholeAndParts{dir: t.TempDir(), sink: sink.Options{MaxRows: int64(1 + r.IntN(40)), FirstRows: int64(r.IntN(5)), KeepSkipped: r.IntN(2) == 0}}
		var texts []string
		rows := r.IntN(120)
		for range 1 + r.IntN(3) {
			texts = append(texts, uglyExport(rand.New(rand.NewPCG(round, uint64(len(texts)))), rows, 1+rows))
		}
		header, _, _ := strings.Cut(strings.TrimLeft(texts[0], "\ufeff\r\n"), "\n")
		for i := range texts { // one header for all
			_, rest, _ := strings.Cut(strings.TrimLeft(texts[i], "\ufeff\r\n"), "\n")
			texts[i] = header + "\n" + rest
		}
		texts[0] = []string{"", "", "\ufeff", "\n\n", "\ufeff\n"}[r.IntN(5)] + texts[0]
		if r.IntN(6) == 0 {
			texts = append(texts, "")
		}
		w.write(t, texts...)
		w.options = ConvertOptions{
			Mapping: readTestMapping(t, partsMapping), Reading: validate.Reading{BlockSize: 1 + r.IntN(3000)}, Workers: 1 + r.IntN(3), ShowValues: r.IntN(2) == 0, KeepGoing: true,
			PadRagged: r.IntN(2) == 0, Profile: round%2 == 0,
		}
		w.options.Rules = judge.Options{Severity: map[rule.Code]rule.Severity{rule.RowBlank: rule.Hint}}
		if r.IntN(2) == 0 {
			w.options.Rules.PasswordHash = value.HashAuto
		} else {
			w.options.Mapping = readTestMapping(t, strings.Replace(partsMapping, "  password_hash: {from: hash, if-failed: empty}\n", "", 1))
		}
		whole := w.run(t)
		seen.Add(&whole.result.Summary)
		if round%3 == 0 {
			w.move(t)
		}
		got, _ := w.merged(t, 1+r.IntN(9), func(k int, o *ConvertOptions) {
			o.Workers, o.Reading.BlockSize = 1+(k+int(round))%3, 1+r.IntN(3000)
		})
		require.Equal(t, w.options.Profile, got.result.Profile != nil)
		require.Equal(t, whole.text.String(), got.text.String(), "round %d", round)
		require.Equal(t, whole.result, got.result, "round %d", round)
		sameFiles(t, filepath.Join(w.dir, "whole"), filepath.Join(w.dir, "merged"))
	}
	for _, code := range []rule.Code{rule.UsernameDuplicate, rule.RowQuote, rule.RowUnclosedQuote, rule.RowLineEnd, rule.RowHeaderAgain, rule.RowBlank, rule.FileEmpty, rule.RowFieldCount, rule.RowEncoding} {
		assert.NotZero(t, seen.Findings[code], code.String())
	}
	assert.NotZero(t, seen.RowsAccepted)
	assert.NotZero(t, seen.RowsSkipped)
}
