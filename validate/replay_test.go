package validate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"poolprep/validate/judge"
	"poolprep/validate/keyset"
	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// recording is what the workers knew of an input, written down.
type recording struct {
	input ledger.Input
	facts []byte
}

func (r *recording) write(f *ledger.Facts) (err error) {
	r.facts, err = f.AppendBinary(r.facts)
	return err
}

// replay feeds a ledger with what was written down.
func (r *recording) replay(t testing.TB, l *ledger.Ledger) (out outcome, end error) {
	t.Helper()
	var f ledger.Facts
	l.Begin(r.input, &out.Summary)
	for rest := r.facts; len(rest) > 0; {
		before := rest
		var err error
		rest, err = f.ReadBinary(rest)
		require.NoError(t, err)
		again, err := f.AppendBinary(nil)
		require.NoError(t, err)
		require.True(t, bytes.Equal(before[:len(before)-len(rest)], again), "what was read back is written down as before")
		end, err = l.Take(&f)
		if err == ledger.ErrLimit {
			return out, err
		}
		require.NoError(t, err)
		require.NoError(t, f.EachFinding(func(x *rule.Finding) error {
			out.Findings = append(out.Findings, *x)
			return nil
		}))
		out.Verdicts = append(out.Verdicts, f.Verdicts...)
		if end == ledger.ErrHeaderAgain {
			return out, &HeaderAgainError{File: r.input.Name, Line: f.Pos.Line + f.Lines}
		}
		if end != nil {
			return out, end
		}
	}
	return out, nil
}

// replayed judges inputs as one run, and replays it with another ledger, and with one that
// remembers the contested keys alone: it must be the same, and is returned.
func replayed(t testing.TB, o judge.Options, h how, newLedger func(ledger.Options) *ledger.Ledger, texts ...string) (outs []outcome) {
	t.Helper()
	h.ledger = newLedger(ledger.Options{})
	second := newLedger(ledger.Options{Seed: h.ledger.Seed()})
	defer h.ledger.Close()
	defer second.Close()
	var records []*recording
	for _, text := range texts {
		var failed error
		h.record, h.err = new(recording), &failed
		want := runText(t, o, text, h)
		got, end := h.record.replay(t, second)
		var headerAgain *HeaderAgainError
		if failed != nil {
			require.True(t, errors.As(failed, &headerAgain), "%v", failed)
			require.Equal(t, failed, end)
		} else if end != nil {
			require.Equal(t, ledger.ErrLimit, end)
		}
		require.Equal(t, want, got, "%+v", h)
		outs, records = append(outs, want), append(records, h.record)
	}
	third := newLedger(ledger.Options{Seed: h.ledger.Seed(), Contested: contestedIn(t, records)})
	defer third.Close()
	for i, r := range records {
		got, _ := r.replay(t, third)
		require.Equal(t, outs[i], got, "%+v", h)
	}
	return outs
}

// contestedIn returns the keys that come at least twice in recordings.
func contestedIn(t testing.TB, records []*recording) *keyset.Set {
	times, set := make(map[keyset.Key]int), new(keyset.Set)
	for _, r := range records {
		var f ledger.Facts
		for rest := r.facts; len(rest) > 0; {
			var err error
			rest, err = f.ReadBinary(rest)
			require.NoError(t, err)
			f.EachKey(func(key keyset.Key) {
				if times[key]++; times[key] == 2 {
					require.NoError(t, set.Add(key))
				}
			})
		}
	}
	return set
}

// freshLedger is a ledger that knows nobody.
func freshLedger(o ledger.Options) *ledger.Ledger { return ledger.New(o) }

// replayPool has all that is compared between rows.
func replayPool() *schema.Pool {
	return pool(func(p *schema.Pool) {
		p.Header = append(p.Header, "password_hash")
		p.Aliases, p.CaseSensitive = []string{"email", "phone_number"}, false
	})
}

// uglyText makes text in which much is wrong, and names, addresses and hashes come again
// and again.
func uglyText(r *rand.Rand, rows int, d scan.Dialect) string {
	pick := func(options ...string) string { return options[r.IntN(len(options))] }
	header := append(replayPool().Header, "note") // which the pool does not have
	end := pick("\n", "\n", "\r\n")
	var b strings.Builder
	b.WriteString(strings.Join(header, ",") + end)
	for i := range rows {
		switch r.IntN(12) {
		case 0:
			b.WriteString(pick(end, "a,b"+end, "\"open,x"+end, "a\"b,c"+end, "Ren\xe9,x"+end, strings.Repeat("x", 300)+end, strings.Join(header, ",")+end, strings.Repeat(",", len(header)-1)+end))
			continue
		case 1:
			if r.IntN(rows) == 0 {
				b.WriteString(strings.Join(append(header[1:], header[0]), ",") + end)
			}
		}
		row, sound := make([]string, len(header)), r.IntN(2) == 0
		ugly := func(usual string, others ...string) string {
			if sound {
				return usual
			}
			return pick(others...)
		}
		for c, name := range header {
			switch name {
			case "email":
				row[c] = ugly(fmt.Sprintf("u%d@example.com", i), "bad", "", fmt.Sprintf("U%d@example.com", r.IntN(rows)))
			case "email_verified":
				row[c] = ugly("TRUE", "TRUE", "FALSE", "")
			case "phone_number_verified":
				row[c] = ugly(pick("TRUE", "FALSE", "FALSE"), "TRUE", "FALSE", "")
			case "phone_number":
				row[c] = fmt.Sprintf("+1201555%04d", r.IntN(rows))
			case "cognito:username":
				row[c] = ugly(pick(fmt.Sprint("u", i), fmt.Sprint("ü", i)), fmt.Sprint("u", r.IntN(rows)), fmt.Sprint("u\u0308", r.IntN(rows)), "anna", "ａnna", "annａ", "Ren\u00e9", "Rene\u0301", "", "a b")
			case "password_hash":
				row[c] = ugly("", "", "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", "$2a$", "$pbkdf2-sha256$29000$c2FsdHNhbHQ$aGFzaGhhc2g")
			case "address":
				row[c] = ugly("", "", `Main St\, 5`, "tab\there", "NULL")
			case "note":
				if d.Kind == scan.CSV {
					row[c] = pick("", "", `"Main St, 5"`, "\"two\nlines\"", `"say ""hi"""`)
				}
			}
		}
		b.WriteString(strings.Join(row, ",") + pick(",", "", "", "", "", "", "") + pick(end, end, end, end, "\n", "\r\n"))
	}
	text := b.String()
	if r.IntN(3) == 0 {
		text = strings.TrimRight(text, "\r\n")
	}
	return text
}

// TestFactsReadBack replays runs of several inputs.
func TestFactsReadBack(t *testing.T) {
	o := judge.Options{Pool: replayPool(), PasswordHash: value.HashAuto, Severity: map[rule.Code]rule.Severity{rule.RowBlank: rule.Warning, rule.EmailDuplicate: rule.Warning}}
	seen, elsewhere := rule.Summary{}, 0
	for _, kind := range []scan.Kind{scan.CSV, scan.Cognito} {
		d := scan.Dialect{Kind: kind, MaxRecord: 400}
		r := rand.New(rand.NewPCG(17, uint64(kind)))
		texts := []string{uglyText(r, 120, d), uglyText(r, 60, d), uglyText(r, 60, d)}
		sizes := []int{4096}
		for i := 1; i <= 64; i++ {
			sizes = append(sizes, i)
		}
		var first []outcome
		for _, size := range sizes {
			for _, workers := range []int{1, 2, 8} {
				if size > 4 && size < 4096 && (size+workers)%3 != 0 {
					continue // a third of the combinations is enough for the larger blocks
				}
				h := how{dialect: d, blockSize: size, workers: workers, oneHash: true, values: true, pad: true}
				outs := replayed(t, o, h, freshLedger, texts...)
				if first == nil {
					first = outs
				}
				require.Equal(t, first, outs, "block size %d, %d workers", size, workers)
				h.limit, h.values = int64(1+size%70), false
				replayed(t, o, h, freshLedger, texts...)
			}
		}
		for _, out := range first {
			seen.Add(&out.Summary)
			for _, f := range out.Findings {
				if f.FirstFile != "" {
					elsewhere++
				}
			}
		}
	}
	for _, code := range []rule.Code{rule.UsernameDuplicate, rule.EmailDuplicate, rule.PhoneDuplicate, rule.UsernameTwin, rule.HashOther, rule.FileCRLF, rule.RowBlank} {
		require.NotZero(t, seen.Findings[code], code.String())
	}
	require.NotZero(t, seen.RowsPadded)
	require.NotZero(t, seen.RowsOfLines)
	require.NotZero(t, elsewhere, "duplicates of other inputs")
}

// TestFactsOfKnownRunsReadBack has keys of another run, learnt with the same seed.
func TestFactsOfKnownRunsReadBack(t *testing.T) {
	o := judge.Options{Pool: replayPool()}
	d := scan.Dialect{Kind: scan.CSV}
	known := "cognito:username,email,email_verified\n"
	for i := range 40 {
		known += fmt.Sprintf("u%d,u%d@example.com,TRUE\n", 3*i, 5*i)
	}
	newLedger := func(lo ledger.Options) *ledger.Ledger {
		l := ledger.New(lo)
		l.Know(1)
		in, err := NewInput("run-1", strings.NewReader(known), scan.Pos{Line: 1}, scan.Dialect{Kind: scan.Cognito}, 0)
		require.NoError(t, err)
		h, err := in.ReadHeader()
		require.NoError(t, err)
		rules := o
		rules.Columns = judge.KnownColumns(o, h.Names)
		v, err := judge.New(rules)
		require.NoError(t, err)
		_, err = Learn(t.Context(), l, in, v, "run-1", 1, nil)
		require.NoError(t, err)
		return l
	}
	text := uglyText(rand.New(rand.NewPCG(1, 1)), 100, d)
	for _, size := range []int{1, 50, 4096} {
		runs := 0
		for _, f := range replayed(t, o, how{dialect: d, blockSize: size, workers: 2}, newLedger, text)[0].Findings {
			if f.Run != "" {
				runs++
			}
		}
		require.Positive(t, runs)
	}
}

// TestFactsOfJSONReadBack has members that are named like no column.
func TestFactsOfJSONReadBack(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var b strings.Builder
	for i := range 100 {
		user := map[string]any{"cognito:username": fmt.Sprint("u", r.IntN(80)), "email": fmt.Sprintf("u%d@example.com", i), "email_verified": r.IntN(4) > 0}
		user[fmt.Sprint("more", r.IntN(9))] = 1
		if r.IntN(20) == 0 {
			user["anna@example.com"] = nil
		}
		line, err := json.Marshal(user)
		require.NoError(t, err)
		b.Write(line[:len(line)-r.IntN(15)/14])
		b.WriteString([]string{"\n", "\n", "\r\n", "\n\n"}[r.IntN(4)])
	}
	for _, size := range []int{1, 64, 300, 4096} {
		out := replayed(t, judge.Options{}, how{json: true, blockSize: size, workers: 2, values: true}, freshLedger, b.String(), b.String())
		require.EqualValues(t, 10, out[1].Summary.Findings[rule.HeaderUnknownColumn])
		require.Positive(t, out[1].Summary.Findings[rule.RowJSON])
	}
}

// TestFactsOfAnyTextReadBack changes bytes of ugly text at random.
func TestFactsOfAnyTextReadBack(t *testing.T) {
	rounds := uint64(300)
	if testing.Short() {
		rounds = 60
	}
	const bytes = ",,\"\"\n\n\r\\ aT\x00\xff\xc2\xa0"
	for round := range rounds {
		r := rand.New(rand.NewPCG(round, 3))
		d := scan.Dialect{Kind: []scan.Kind{scan.CSV, scan.Cognito}[r.IntN(2)], MaxRecord: []int{0, 300, 100}[r.IntN(3)]}
		o := judge.Options{Pool: replayPool(), NoDuplicates: r.IntN(5) == 0}
		if r.IntN(2) == 0 {
			o.PasswordHash = value.HashAuto
		}
		var texts []string
		for range 1 + r.IntN(3) {
			header, rest, _ := strings.Cut(uglyText(r, 1+r.IntN(60), d), "\n")
			text := []byte(rest)
			for range r.IntN(20) {
				if len(text) > 0 {
					text[r.IntN(len(text))] = bytes[r.IntN(len(bytes))]
				}
			}
			if d.MaxRecord == 100 {
				d.MaxRecord = 0 // the header is longer
			}
			texts = append(texts, header+"\n"+string(text))
		}
		h := how{
			dialect: d, blockSize: []int{1, 1 + r.IntN(64), 4096}[r.IntN(3)], workers: []int{1, 2, 8}[r.IntN(3)],
			oneHash: r.IntN(2) == 0, values: r.IntN(3) == 0, pad: r.IntN(2) == 0, rowByRow: r.IntN(4) == 0, limit: int64(r.IntN(2) * r.IntN(60)),
		}
		replayed(t, o, h, freshLedger, texts...)
	}
}
