// Package generate writes synthetic exports for tests and benchmarks: people
// who do not exist, any number of them, laid out in one of several shapes, with a
// stated share of faults. The same options give the same bytes on every machine
// and with any number of goroutines.
package generate

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"poolprep/validate/suggest"
)

// Quoting says which fields are enclosed in quotes.
type Quoting uint8

// The kinds. Mixed quotes about one field in twenty: those with commas, with
// doubled quotes, a few with line breaks, and some that need none.
const (
	Plain Quoting = iota
	Mixed
	All
)

var quotingNames = []string{"plain", "mixed", "all"}

// String returns the name as in --quoting.
func (q Quoting) String() string { return quotingNames[q] }

// ParseQuoting reads "plain", "mixed" or "all".
func ParseQuoting(name string) (Quoting, error) {
	i, err := parseName("quoting", name, quotingNames)
	return Quoting(i), err
}

// parseName returns the place of a name among those that there are.
func parseName(what, name string, names []string) (int, error) {
	i := slices.Index(names, name)
	if i < 0 {
		last := len(names) - 1
		return 0, fmt.Errorf("unknown %s %q%s (%s or %s)", what, name, suggest.DidYouMean(name, names), strings.Join(names[:last], ", "), names[last])
	}
	return i, nil
}

// Options say what is written. The zero value is a header without rows.
type Options struct {
	Rows    int64
	Shape   Shape
	Quoting Quoting // of Template; the other shapes are Plain: they quote what needs it
	Faults  float64 // chance of a row, from 0 to 1, to carry one fault; one row in 1,024 never does
	Clean   bool    // without the line breaks and the quotation marks in values that Mixed and the shapes bring, so with Faults 0 there is nothing to find
	Seed    uint64
	Jobs    int // goroutines; 0: one for each processor
}

// Stats count what was written. ByFault has the finding code that a row with
// a fault must be rejected for; the line breaks of Mixed are among them.
type Stats struct {
	Rows    int64
	Faulty  int64
	Bytes   int64
	ByFault map[string]int64
}

// Columns are the columns of Template.
var Columns = []string{
	"name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website",
	"email", "email_verified", "gender", "birthdate", "zoneinfo", "locale", "phone_number", "phone_number_verified",
	"address", "updated_at", "cognito:mfa_enabled", "cognito:username",
}

// rowsAtATime is how many rows a goroutine makes in one go.
const rowsAtATime = 2048

// Write writes an export to w. It ends early, with an error, when w fails or ctx ends.
func Write(ctx context.Context, w io.Writer, o Options) (Stats, error) {
	stats := Stats{ByFault: make(map[string]int64)}
	if o.Rows < 0 || !(o.Faults >= 0 && o.Faults <= 1) {
		return stats, fmt.Errorf("%d rows with a share of %g faults cannot be written: expected are 0 rows or more, and a share from 0 to 1", o.Rows, o.Faults)
	}
	if int(o.Shape) >= len(shapeNames) || int(o.Quoting) >= len(quotingNames) || o.Shape != Template && o.Quoting != Plain {
		return stats, fmt.Errorf("shape %d with quoting %d cannot be written: expected is Template with any quoting, or another shape with Plain", o.Shape, o.Quoting)
	}
	l := newLayout(&o)
	n, err := io.WriteString(w, l.header())
	stats.Bytes += int64(n)
	if err != nil {
		return stats, err
	}
	jobs := o.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Each goroutine makes every jobs-th piece; the pieces are taken in turn.
	pieces := make([]chan *writer, jobs)
	free := make([]chan *writer, jobs)
	for i := range pieces {
		pieces[i], free[i] = make(chan *writer), make(chan *writer, 2)
		free[i] <- newWriter(&o, l)
		free[i] <- newWriter(&o, l)
		go makePieces(ctx, &o, int64(i), int64(jobs), free[i], pieces[i])
	}
	for piece := int64(0); piece*rowsAtATime < o.Rows; piece++ {
		i := piece % int64(jobs)
		select {
		case <-ctx.Done():
			return stats, ctx.Err()
		case p := <-pieces[i]:
			n, err := w.Write(p.buf)
			stats.Bytes += int64(n)
			if err != nil {
				return stats, err
			}
			stats.Rows += p.rows
			for f, count := range p.faults {
				if count > 0 {
					stats.ByFault[faults[f].code] += count
					stats.Faulty += count
				}
			}
			free[i] <- p
		}
	}
	return stats, nil
}

func makePieces(ctx context.Context, o *Options, first, step int64, free <-chan *writer, out chan<- *writer) {
	for piece := first; piece*rowsAtATime < o.Rows; piece += step {
		var p *writer
		select {
		case <-ctx.Done():
			return
		case p = <-free:
		}
		p.piece(piece*rowsAtATime, min((piece+1)*rowsAtATime, o.Rows))
		select {
		case <-ctx.Done():
			return
		case out <- p:
		}
	}
}
