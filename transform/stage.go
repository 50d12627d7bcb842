package transform

import (
	"poolprep/transform/mapping"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// stage maps, repairs and renders the records of a block. It is for one goroutine.
type stage struct {
	c          *Converter
	state      *mapping.State
	columns    *mapping.Columns
	out        []byte   // rows of the import file
	ends       []uint32 // for each record the end of out after it
	repairs    []made
	hashes     []value.HashAlgorithm // of each record's row; empty if no hash is imported
	hashValues []scan.Span           // by record; nil: the rows have none
	left       []int32               // records with a value of HashField
	side       []byte                // lines beside the import file
	sideEnds   []uint32              // for each record the end of side after it; empty if there are no such lines
	scratch    []byte
	asRead     []scan.Span // with NoRepair: the values as they were, for judging trims them
	dataEnd    uint32      // where the block's own text ends in the row buffer

	// Of the values by column.
	byColumns     *judge.Columns
	row           []scan.Span   // the values of a row
	own           []bool        // by target: its values are ours, to be changed
	mended        [][]scan.Span // by target, scratch
	byColumn      int32         // the record at hand, -1: rows are made one by one
	columnRepairs []made
	columnLeft    []int32
	byRow         []bool // by record: it was judged by itself, so its columnRepairs do not count
	rows          scan.Rows
	whole         bool // a row is the record as it is, field for field
	oneByOne      bool // so are the rows of which not all values stand in the input
}

var _ validate.Stage = (*stage)(nil)

func (c *Converter) newStage() *stage {
	return &stage{c: c, state: c.program.NewState(), columns: c.program.NewColumns(), mended: make([][]scan.Span, c.targets), own: make([]bool, c.targets), byColumn: -1}
}

// record returns the index of the record at hand in its block.
func (s *stage) record() int32 {
	if s.byColumn >= 0 {
		return s.byColumn
	}
	return int32(len(s.ends))
}

func (s *stage) Begin(block *scan.Block) {
	s.dataEnd = uint32(len(block.Data))
	s.columnRepairs, s.columnLeft, s.byRow = s.columnRepairs[:0], s.columnLeft[:0], s.byRow[:0]
	s.out, s.ends, s.repairs, s.hashes, s.left = s.out[:0], s.ends[:0], s.repairs[:0], s.hashes[:0], s.left[:0]
	s.side, s.sideEnds = s.side[:0], s.sideEnds[:0]
}

func (s *stage) Refuse() { s.end(value.HashNone) }

// end closes the record at hand.
func (s *stage) end(h value.HashAlgorithm) {
	s.ends = append(s.ends, uint32(len(s.out)))
	if s.c.hashColumn >= 0 {
		s.hashes = append(s.hashes, h)
	}
	if s.c.side {
		s.sideEnds = append(s.sideEnds, uint32(len(s.side)))
	}
}

func (s *stage) Values(ch *judge.Checker, buf []byte, fields, values []scan.Span) ([]byte, int) {
	if len(s.byRow) > 0 {
		s.byRow[s.record()] = true
	}
	if s.c.nulls {
		s.emptyNulls(ch, buf, fields)
	}
	if !s.c.program.Identity() {
		var skip int
		var failures []mapping.Failure
		if buf, skip, failures = s.state.Row(buf, fields, values); skip >= 0 {
			return buf, skip + 1
		}
		s.noteFailures(ch, failures, fields)
		if s.c.nulls {
			s.emptyMadeNulls(ch, buf, values)
		}
	}
	if s.c.hashSource >= 0 && fields[s.c.hashSource].Len() > 0 {
		s.left = append(s.left, s.record())
	}
	if s.c.backslash != BackslashReject || !s.c.noRepair {
		buf = s.mend(buf, values)
	}
	s.leaveOutHash(ch, buf, values)
	if s.c.noRepair {
		s.asRead = append(s.asRead[:0], values...)
	}
	return buf, 0
}

// leaveOutHash empties a password hash that the rules refuse, where the mapping says so.
func (s *stage) leaveOutHash(ch *judge.Checker, buf []byte, values []scan.Span) {
	if s.c.softHash == nil {
		return
	}
	hash := &values[s.c.hashColumn]
	v := hash.Of(buf)
	start, end := value.Trim(v)
	if start == end {
		return
	}
	code, text, ok := s.c.validator.HashFault(v[start:end])
	level, soft := s.c.softHash[code]
	if ok || !soft {
		return
	}
	hash.End = hash.Start
	if level != rule.Off {
		ch.MarkAs(code, level, s.c.hashColumn).Text = text
	}
}

// mend repairs values in place, as far as the options allow.
func (s *stage) mend(buf []byte, values []scan.Span) []byte {
	if !s.c.noRepair {
		buf = s.repair(buf, values)
	}
	if s.c.backslash != BackslashReject {
		for i := range values {
			if values[i].Len() > 0 {
				buf, values[i] = s.repairBackslashes(buf, values[i])
			}
		}
	}
	return buf
}

// noteFailures turns the failures of a mapping into findings. Where the mapping says that
// such a value is left out, they are warnings.
func (s *stage) noteFailures(ch *judge.Checker, failures []mapping.Failure, fields []scan.Span) {
	for _, f := range failures {
		var m *judge.Mark
		if f.Soft {
			m = ch.MarkAs(f.Code, rule.Warning, f.Target)
		} else {
			m = ch.Mark(f.Code, f.Target)
		}
		m.Text, m.Value = f.Text, scan.Span{}
		if f.Target >= 0 && s.c.source[f.Target] >= 0 {
			m.Value = fields[s.c.source[f.Target]]
		}
	}
}

func (s *stage) Accept(ch *judge.Checker, buf []byte, values []scan.Span) bool {
	if s.c.noRepair {
		values = s.asRead
	}
	start := len(s.out)
	s.out = appendRow(s.out, buf, values, s.dataEnd)
	if len(s.out)-start > judge.MaxRowBytes && !ch.RowLength(len(s.out)-start) {
		s.out = s.out[:start]
		return false
	}
	s.out = append(s.out, '\n')
	s.sideOfRow(buf, values)
	h := value.HashNone
	if s.c.hashColumn >= 0 {
		h = value.HashOf(values[s.c.hashColumn].Of(buf))
	}
	for range ch.Trimmed() {
		s.note(RepairTrim)
	}
	s.end(h)
	return true
}
