package guess

import (
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/valyala/fastjson"

	"poolprep/transform/legacy"
	"poolprep/validate"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/source"
	"poolprep/validate/value"
)

// The bounds of a sample: so many records, or bytes of text.
const (
	MaxRecords = 10_000
	MaxBytes   = 4 << 20
)

// Sample is what is known of the beginning of an export. It holds names of columns, and
// no value of the data.
type Sample struct {
	Name     string         // of the input, for people
	How      string         // it is written, for people
	Charset  string         // that the text is likely written in, where it is not UTF-8
	NoHeader bool           // the first record is data; the columns have numbers
	DataSeen string         // why NoHeader was found out, such as "an e-mail address"; "": it was stated
	JSON     bool           // records are objects; columns are their members
	Records  int            // that were looked at
	Faulty   int            // records that cannot be read, which were not looked at
	Ragged   int            // records with too few or too many fields, of those looked at
	Foreign  int            // records that are not UTF-8, which were not looked at
	Whole    bool           // the input has no more
	Systems  []legacy.Guess // whose export it is: one, or several that fit equally well; none: it is not known
	Nulls    map[string]int // words that stand for no value, and how often

	fields  int            // columns that are fields of a record; the others are paths
	columns []*column      // fields, then members of JSON
	index   map[string]int // of members, by path
}

// NewSample returns a sample of delimited text with these columns.
func NewSample(names []string) *Sample {
	s := new(Sample)
	for _, name := range names {
		s.columns = append(s.columns, newColumn(name))
	}
	s.fields = len(names)
	return s
}

// NewJSONSample returns a sample of JSON objects. The columns are their members.
func NewJSONSample() *Sample {
	return &Sample{JSON: true}
}

// Add takes note of a record, unless it is blank. fields are read only during the call.
func (s *Sample) Add(fields [][]byte) {
	if !slices.ContainsFunc(fields, func(f []byte) bool { start, end := value.Trim(f); return start < end }) {
		return
	}
	s.Records++
	if len(fields) != s.fields {
		s.Ragged++
	}
	for i := range min(len(fields), s.fields) {
		s.value(s.columns[i], fields[i])
	}
}

// value takes note of one value.
func (s *Sample) value(c *column, v []byte) {
	start, end := value.Trim(v)
	switch v = v[start:end]; {
	case len(v) == 0 || !utf8.Valid(v):
	case value.NullWord(v) != "":
		if s.Nulls == nil {
			s.Nulls = make(map[string]int)
		}
		s.Nulls[value.NullWord(v)]++
	default:
		c.add(v)
		if v[0] == '{' && !s.JSON {
			s.cell(c, v)
		}
	}
}

// LookOptions say how an input is looked at. The zero value looks at delimited text in
// UTF-8 with commas and a header.
type LookOptions struct {
	Reading  validate.Reading
	NoHeader bool // the first record is data
}

// Look opens an input, reads its beginning and closes it: what a reader had is gone. It
// returns io.EOF for an input without any record.
func Look(ctx context.Context, input validate.Source, o LookOptions) (*Sample, error) {
	if o.Reading.Known == nil {
		o.Reading.Known = knownNames(schema.Default())
	}
	in, err := validate.Open(ctx, input, o.Reading)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return source.Await(ctx, func() (*Sample, error) {
		systems := recognise(in)
		s, err := look(ctx, in, &o)
		if err != nil {
			return nil, err
		}
		s.Systems = systems
		s.Name, s.How, s.Charset = in.Name, in.Describe(), in.Charset
		return s, nil
	})
}

// recognise returns the presets that fit an input of which nothing was read yet. What is
// wrong with it shows when its records are read.
func recognise(in *validate.Input) []legacy.Guess {
	sample, err := legacy.Look(in)
	if err != nil {
		return nil
	}
	found, err := legacy.Recognise(sample)
	var unsure *legacy.UnsureError
	switch {
	case errors.As(err, &unsure):
		return unsure.Guesses
	case err != nil:
		return nil
	}
	return []legacy.Guess{found}
}

// knownNames are names by which a header is told from data.
func knownNames(pool *schema.Pool) []string { return append(Names(), pool.Header...) }

func look(ctx context.Context, in *validate.Input, o *LookOptions) (*Sample, error) {
	if in.JSON() {
		s := NewJSONSample()
		return s, s.read(ctx, in, 0)
	}
	if o.NoHeader {
		s := NewSample(nil)
		s.NoHeader = true
		return s, s.read(ctx, in, 0)
	}
	h, err := in.AwaitHeader(ctx)
	if err != nil {
		return nil, err
	}
	s := NewSample(h.Names)
	what := ""
	if pool := schema.Default().Header; len(headings(s.columns, pool)) < 2 {
		_, what = validate.DataInHeader(h.Names, pool)
	}
	if what == "" {
		return s, s.read(ctx, in, len(h.Raw))
	}
	s = NewSample(nil)
	s.NoHeader, s.DataSeen = true, what
	first := make([][]byte, len(h.Names))
	for i, name := range h.Names {
		first[i] = []byte(name)
	}
	s.widen(len(first))
	s.Add(first)
	return s, s.read(ctx, in, len(h.Raw))
}

// read adds the records of an input up to the bounds, of which size bytes were read.
func (s *Sample) read(ctx context.Context, in *validate.Input, size int) error {
	var parser fastjson.Parser
	records := 0
	for row, err := range in.Rows() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if records, size = records+1, size+len(row.Raw); records > MaxRecords || size > MaxBytes {
			return nil
		}
		s.row(&parser, row)
	}
	s.Whole = true
	if records == 0 && len(s.columns) == 0 {
		return io.EOF
	}
	return nil
}

// row takes note of a record as it is read.
func (s *Sample) row(p *fastjson.Parser, row *scan.Row) {
	switch {
	case row.Fault != scan.Sound:
		s.Faulty++
	case !utf8.Valid(row.Text):
		s.Foreign++
	case s.JSON:
		s.AddJSON(p, row.Text)
	default:
		if s.NoHeader && s.Records == 0 {
			s.widen(len(row.Fields))
		}
		s.Add(row.Fields)
	}
}

// widen adds columns without names up to n.
func (s *Sample) widen(n int) {
	for len(s.columns) < min(n, validate.MaxColumns) {
		s.columns = append(s.columns, newColumn(""))
	}
	s.fields = len(s.columns)
}

// pattern compiles a regular expression when it is needed first.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

var (
	zones      = pattern(`^(Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc)/[A-Za-z0-9_+/-]+$`)
	locales    = pattern(`^[a-z]{2}([-_][A-Z]{2})?$`)
	scientific = pattern(`^[0-9]([.,][0-9]+)?[eE]\+?[0-9]{1,2}$`)
)
