package validate

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// chosen takes numbers out of one that a fuzzer makes.
type chosen uint64

// below returns a number below n.
func (c *chosen) below(n int) int {
	v := int(uint64(*c) % uint64(n))
	*c /= chosen(n)
	return v
}

func (c *chosen) yes() bool { return c.below(2) == 1 }

// FuzzRun compares whole runs with runs in which every row is judged by the Checker and
// committed alone, in any dialect, with any options, blocks and workers.
func FuzzRun(f *testing.F) {
	const sound = "\"Anna\",anna@example.com,TRUE,01/31/1980,anna,\r\nBo,bo@example.com,TRUE,,bo,\r\n"
	for i, text := range []string{
		sound, strings.ReplaceAll(sound, "\r", ""), sound + sound, strings.ReplaceAll(sound, ",", ";"), "\n\n" + sound + ",,,,,", "a\"b,c\n\"open,\n" + sound,
		"\"two\nlines\",a@example.com,TRUE,,NULL,\n", "a\\,b,a@example.com,true,,a b,\n", "\xff,,,,,\n\x00\n", sound + fuzzColumns + "\n" + sound,
		"$,a@example.com,TRUE,13/13/1980,u\u200bser,$2b$12$" + strings.Repeat("a", 53) + "\n,b@example.com,TRUE,,b,$argon2id$v=19$m=16,t=2,p=1$c29tZXNhbHQ$" + strings.Repeat("a", 43) + "\n", strings.Repeat("x", 300) + "\n" + sound,
	} {
		f.Add([]byte(text), uint64(i)*0x9E3779B97F4A7C15)
		f.Add([]byte(text), uint64(0))
	}
	pools := fastPathPools(f)
	f.Fuzz(func(t *testing.T, text []byte, choice uint64) {
		c := chosen(choice)
		h := how{dialect: fuzzDialect(&c), values: c.yes(), pad: c.yes(), limit: int64(c.below(3) * c.below(5))}
		o := judge.Options{
			Pool: pools[c.below(len(pools))], Rules: judge.Rules(c.below(2)), TrimSilently: c.yes(), NoDuplicates: c.yes(),
			PasswordHash: []value.HashAlgorithm{value.HashNone, value.BCrypt, value.HashAuto}[c.below(3)],
		}
		if c.yes() {
			o.Nulls = []string{"NULL", "a", "FALSE"}
		}
		if c.yes() {
			o.Severity = map[rule.Code]rule.Severity{rule.EmailFormat: rule.Warning, rule.NotVerified: rule.Off, rule.RowBlank: rule.Warning}
		}
		resolved, err := h.dialect.Resolve()
		require.NoError(t, err)
		input := strings.ReplaceAll(fuzzColumns, ",", string([]byte{resolved.Delimiter})) + []string{"\n", "\r\n"}[c.below(2)] + string(text)
		blockSize, workers := 1+c.below(200), 1+c.below(4)
		run := func(h how) (outcome, string) {
			var err error
			h.err = &err
			h.oneHash = o.PasswordHash == value.HashAuto
			out := runText(t, o, input, h)
			if err != nil {
				return out, err.Error()
			}
			return out, ""
		}
		byRow := h
		byRow.rowByRow = true
		want, wantErr := run(byRow)
		for _, size := range []int{0, blockSize} {
			h.blockSize, h.workers = size, workers
			got, gotErr := run(h)
			require.Equal(t, wantErr, gotErr)
			require.Equal(t, want, got, "%+v, block size %d, %d workers", h.dialect, size, workers)
		}
	})
}

// fuzzColumns is the header of what is fuzzed.
const fuzzColumns = "name,email,email_verified,birthdate,cognito:username,password_hash"

func fuzzDialect(c *chosen) scan.Dialect {
	d := scan.Dialect{MaxRecord: []int{0, 80}[c.below(2)], KeepBlank: c.yes()}
	if c.yes() {
		return d
	}
	if c.below(3) == 0 {
		d.Kind = scan.Cognito
		return d
	}
	d.Delimiter, d.Quote = []byte{0, ';', '\t'}[c.below(3)], []byte{0, '\''}[c.below(2)]
	d.LenientQuotes, d.TrimFields, d.NoQuotes = c.yes(), c.yes(), c.below(4) == 0
	if c.below(4) == 0 {
		d.Escape = '\\'
	}
	if c.below(4) == 0 {
		d.Comment = "#"
	}
	return d
}

// FuzzShapes takes forms of keys apart that nobody wrote.
func FuzzShapes(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02aA\x01\x00"), uint8(2))
	f.Fuzz(func(t *testing.T, text []byte, keys uint8) {
		var s shapes
		if s.parse(text, int(keys)) {
			require.Len(t, s.at, int(keys))
			for _, n := range s.at {
				require.LessOrEqual(t, n, len(s.read))
			}
		}
	})
}
