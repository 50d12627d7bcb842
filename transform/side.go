package transform

import (
	"slices"

	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/report"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// sideStart begins a line of side.jsonl.
const sideStart = `{"v":1,"username":`

// openSide begins the line of a user with the username, which lies in buf: as the service
// reads it, without the white space around it.
func (s *stage) openSide(buf []byte, username scan.Span) {
	s.side = append(s.side, sideStart...)
	name := username.Of(buf)
	start, end := value.Trim(name)
	s.side = report.AppendString(s.side, name[start:end])
	s.side = append(s.side, ',')
}

// closeSide ends a line, of which the members of the mapping begin at start, with a brace.
func (s *stage) closeSide(start int) {
	members := s.side[start:]
	if len(members) <= len("{}") {
		s.side = append(s.side[:start-1], '}', '\n') // there is none
		return
	}
	s.side = append(slices.Delete(s.side, start, start+1), '\n')
}

// sideOfRow appends the line of the row at hand, made row by row.
func (s *stage) sideOfRow(buf []byte, values []scan.Span) {
	if !s.c.side {
		return
	}
	s.openSide(buf, values[s.c.username])
	start := len(s.side)
	s.side = s.state.AppendSide(s.side)
	s.closeSide(start)
}

// sideOfRecords appends the lines of records from to to, made by column.
func (s *stage) sideOfRecords(c *judge.Columns, from, to int) {
	if !s.c.side {
		return
	}
	for i := from; i < to; i++ {
		s.openSide(c.Buf, c.Value(i, s.c.username))
		start := len(s.side)
		s.side = s.columns.AppendSide(s.side, i)
		s.closeSide(start)
		s.sideEnds = append(s.sideEnds, uint32(len(s.side)))
	}
}

// side hands on the lines of accepted rows, as many at a time as lie together.
func (r *runner) side(b *validate.Batch, s *stage) error {
	start, end, n := uint32(0), uint32(0), 0
	flush := func() error {
		if n == 0 {
			return nil
		}
		lines, count := s.side[start:end], n
		n = 0
		return r.o.Side.Side(lines, count)
	}
	from := uint32(0)
	for i, v := range b.Verdicts {
		to := s.sideEnds[i]
		switch {
		case v == ledger.Accepted:
			if n == 0 {
				start = from
			}
			end = to
			n++
		case to > from: // a row that turned out to be a duplicate
			if err := flush(); err != nil {
				return err
			}
		}
		from = to
	}
	return flush()
}
