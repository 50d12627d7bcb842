package cognito

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/dustin/go-humanize/english"
)

// How calls are made and repeated.
const (
	MaxTries   = 10                     // in a row, before giving up
	firstPause = 200 * time.Millisecond // then doubled
	maxPause   = 30 * time.Second
	noteFrom   = 3                      // failures in a row from which on a note is printed
	MinGap     = 200 * time.Millisecond // between two calls of an operation: five a second
	logGap     = 100 * time.Millisecond // the log service takes 25 a second, from everybody
)

// Notes receives what is to be printed.
type Notes interface {
	Note(text string)   // worth a line for everybody
	Detail(text string) // for those who want to know more
}

// CallerOptions say how calls are made. Only API and Notes are needed; Logs is, to read one.
type CallerOptions struct {
	API   API
	Logs  Logs
	Notes Notes
	Clock Clock         // nil: SystemClock
	Rand  *rand.Rand    // nil: seeded by the system
	Gap   time.Duration // least time between two calls of an operation; 0, or more than 200 ms: 200 ms; negative: none
	Tries int           // in a row, before giving up; 0: 10; 1: a failure is returned as it is
}

// Caller makes calls no faster than the service likes, and repeats them as long
// as that can help. The SDK repeats nothing: so every wait can be broken off, and
// a call with consequences is never made again without a look at what it did.
// It is for one goroutine.
type Caller struct {
	api   API
	logs  Logs
	notes Notes
	clock Clock
	rand  *rand.Rand
	gap   time.Duration
	tries int
	last  map[string]time.Time // by operation
}

// NewCaller returns a caller that has made no call yet.
func NewCaller(o CallerOptions) *Caller {
	c := &Caller{api: o.API, logs: o.Logs, notes: o.Notes, clock: o.Clock, rand: o.Rand, gap: o.Gap, tries: o.Tries, last: make(map[string]time.Time)}
	if c.clock == nil {
		c.clock = SystemClock{}
	}
	if c.rand == nil {
		c.rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	if c.gap == 0 || c.gap > MinGap {
		c.gap = MinGap
	}
	if c.tries == 0 {
		c.tries = MaxTries
	}
	return c
}

// Pace waits until the operation may be called again, or returns the error of ctx.
func (c *Caller) Pace(ctx context.Context, operation string) error {
	gap := c.gap
	if operation == getLogEvents {
		gap = min(gap, logGap)
	}
	if last, ok := c.last[operation]; ok {
		if wait := gap - c.clock.Now().Sub(last); wait > 0 {
			if err := c.clock.Sleep(ctx, wait); err != nil {
				return err
			}
		}
	}
	c.last[operation] = c.clock.Now()
	return ctx.Err()
}

// Pause waits after the try-th failure in a row, from 1, or gives up and returns why.
func (c *Caller) Pause(ctx context.Context, try int, cause error) error {
	if c.tries == 1 {
		return cause
	}
	if try >= c.tries {
		return fmt.Errorf("%w; it was tried %s. When the service answers again, the same command resumes", cause, english.Plural(try, "time", ""))
	}
	text := fmt.Sprintf("%v; trying again", cause)
	if try == noteFrom {
		c.notes.Note(text)
	} else {
		c.notes.Detail(text)
	}
	wait := min(firstPause<<(try-1), maxPause)
	return c.clock.Sleep(ctx, wait/2+time.Duration(c.rand.Int64N(int64(wait/2)+1)))
}

// repeat makes a call that may be made any number of times, until it succeeds or is refused.
func (c *Caller) repeat(ctx context.Context, operation string, call func() error) error {
	for try := 1; ; try++ {
		if err := c.Pace(ctx, operation); err != nil {
			return err
		}
		err := call()
		switch {
		case err == nil: // whatever else is, it was carried out
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case KindOf(err) == Refused:
			return err
		}
		if err := c.Pause(ctx, try, err); err != nil {
			return err
		}
	}
}
