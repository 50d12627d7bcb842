package importjob

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Kind says what a failed call means for the one who made it.
type Kind uint8

// The kinds.
const (
	Unsure    Kind = iota // no answer, or one that says nothing: it may have been carried out
	Throttled             // not carried out, for now
	Refused               // not carried out, and repeating it does not help
)

// CallError is a call to a service that did not succeed.
type CallError struct {
	Operation string
	Code      string // the service's name for the error, "" if it did not answer
	Message   string
	Kind      Kind
}

// Error goes without the full stop of the service's sentence: what to do may follow.
func (e *CallError) Error() string {
	text := e.Operation + ": "
	if e.Code != "" {
		text += e.Code + ": "
	}
	return text + strings.TrimSuffix(e.Message, ".")
}

// Codes of errors that are acted upon.
const (
	CodePrecondition = "PreconditionNotMetException"
	CodeLimit        = "LimitExceededException"
	CodeNotFound     = "ResourceNotFoundException"
)

// HasCode reports whether a service answered with the code.
func HasCode(err error, code string) bool {
	var e *CallError
	return errors.As(err, &e) && e.Code == code
}

// KindOf returns the kind of an error; one that is no CallError is not worth repeating.
func KindOf(err error) Kind {
	var e *CallError
	if errors.As(err, &e) {
		return e.Kind
	}
	return Refused
}

// How calls are repeated.
const (
	maxTries   = 10                     // in a row, before giving up
	firstPause = 200 * time.Millisecond // then doubled
	maxPause   = 30 * time.Second
	noteFrom   = 3                      // failures in a row from which on a note is printed
	minGap     = 200 * time.Millisecond // between two calls of an operation: five a second
	logGap     = 100 * time.Millisecond // the log service takes 25 a second, from everybody
)

const getLogEvents = "GetLogEvents"

// Caller makes calls no faster than the service likes, and repeats them as long
// as that can help. The SDK repeats nothing: so every wait can be broken off, and
// a call with consequences is never made again without a look at what it did.
type Caller struct {
	clock    Clock
	rand     *rand.Rand
	observer Observer
	gap      time.Duration // between two calls of an operation
	tries    int           // in a row
	last     map[string]time.Time
}

func newCaller(clock Clock, seed *rand.Rand, o Observer, poll time.Duration) *Caller {
	return &Caller{clock: clock, rand: seed, observer: o, gap: min(minGap, poll), tries: maxTries, last: make(map[string]time.Time)}
}

// Pace waits until the operation may be called again.
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

// read makes a call without consequences, and repeats it.
func (c *Caller) read(ctx context.Context, operation string, call func() error) error {
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

// Pause waits after the try-th failure in a row, or gives up.
func (c *Caller) Pause(ctx context.Context, try int, cause error) error {
	if c.tries == 1 {
		return cause
	}
	if try >= c.tries {
		return fmt.Errorf("%w; it was tried %d times. When the service answers again, the same command goes on", cause, try)
	}
	if try == noteFrom {
		notef(c.observer, "%v; trying again", cause)
	} else {
		detailf(c.observer, "%v; trying again", cause)
	}
	wait := min(firstPause<<(try-1), maxPause)
	return c.clock.Sleep(ctx, wait/2+time.Duration(c.rand.Int64N(int64(wait/2)+1)))
}

// newRand returns a source of chance that nobody can foresee.
func newRand() *rand.Rand { return rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) }
