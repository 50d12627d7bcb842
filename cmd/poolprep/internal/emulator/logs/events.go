package logs

import (
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// maxAnswer is how many bytes of events are in an answer, each event counting
// with its message and 26 bytes more.
const (
	maxAnswer = 1 << 20
	eventSize = 26
)

type eventsInput struct {
	groupInput
	LogStreamName *string `json:"logStreamName"`
	NextToken     *string `json:"nextToken"`
	StartTime     *int64  `json:"startTime"`
	EndTime       *int64  `json:"endTime"`
	Limit         *int64  `json:"limit"`
	StartFromHead bool    `json:"startFromHead"`
}

type outputEvent struct {
	IngestionTime int64  `json:"ingestionTime"`
	Message       string `json:"message"`
	Timestamp     int64  `json:"timestamp"`
}

type eventsOutput struct {
	Events            []outputEvent `json:"events"`
	NextBackwardToken string        `json:"nextBackwardToken"`
	NextForwardToken  string        `json:"nextForwardToken"`
}

// events looks at which events of a log are asked for. Times are milliseconds since 1970.
func events(c *wire.Constraints, start, end, limit *int64, token *string) {
	c.Number("startTime", start, false, 0, 1<<62)
	c.Number("endTime", end, false, 0, 1<<62)
	c.Number("limit", limit, false, 1, wire.MaxLogEvents)
	c.Text("nextToken", token, wire.Text{Min: 1, Max: wire.MaxToken})
}

// GetLogEvents returns events of a stream, forward or backward.
func (s *Service) GetLogEvents(_ *wire.Call, in *eventsInput) (any, error) {
	var check wire.Constraints
	name := in.name(&check)
	check.Text("logStreamName", in.LogStreamName, wire.Text{Required: true, Min: 1, Max: wire.MaxLogName, Form: wire.StreamForm})
	events(&check, in.StartTime, in.EndTime, in.Limit, in.NextToken)
	if err := check.Err(); err != nil {
		return nil, err
	}
	var out eventsOutput
	err := s.o.Store.View(func(tx *bbolt.Tx) error {
		_, jobs, err := s.group(tx, name)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(jobs, func(j *Job) bool { return j.stream() == *in.LogStreamName })
		if i < 0 {
			return wire.NotFound("The specified log stream does not exist.")
		}
		x, err := s.openStream(tx, jobs[i])
		if err != nil {
			return err
		}
		out, err = s.eventPage(x, in)
		return err
	})
	return out, err
}

// eventPage returns the events that follow or come before a position in the stream.
func (s *Service) eventPage(x *stream, in *eventsInput) (out eventsOutput, err error) {
	scope := "events/" + x.job.ID
	low, high := x.between(in.StartTime, in.EndTime)
	forward := in.StartFromHead
	at := high
	if forward {
		at = low
	}
	if in.NextToken != nil {
		direction, token, _ := strings.Cut(*in.NextToken, "/")
		position, ok := s.o.Store.Tokens().Position(scope+direction, token)
		if !ok {
			return out, wire.Invalid("The specified nextToken is invalid.")
		}
		if forward, at = direction == "f", store.NumberOf(position); forward {
			at = max(at, low)
		} else {
			at = min(at, high)
		}
	}
	limit := uint64(wire.MaxLogEvents)
	if in.Limit != nil {
		limit = uint64(*in.Limit)
	}
	from, to := at, at
	out.Events = []outputEvent{}
	bytes := 0
	for uint64(len(out.Events)) < limit {
		n := to
		if !forward {
			n = from - 1
		}
		if forward && n >= high || !forward && (from == 0 || n < low) {
			break
		}
		e := x.event(n)
		if bytes += len(e.message) + eventSize; bytes > maxAnswer {
			break
		}
		out.Events = append(out.Events, outputEvent{e.time, e.message, e.time})
		if forward {
			to++
		} else {
			from--
		}
	}
	if !forward {
		slices.Reverse(out.Events)
	}
	out.NextForwardToken = "f/" + s.o.Store.Tokens().Token(scope+"f", store.Number(to))
	out.NextBackwardToken = "b/" + s.o.Store.Tokens().Token(scope+"b", store.Number(from))
	return out, nil
}

type filterInput struct {
	groupInput
	LogStreamNamePrefix *string  `json:"logStreamNamePrefix"`
	FilterPattern       *string  `json:"filterPattern"`
	NextToken           *string  `json:"nextToken"`
	LogStreamNames      []string `json:"logStreamNames"`
	StartTime           *int64   `json:"startTime"`
	EndTime             *int64   `json:"endTime"`
	Limit               *int64   `json:"limit"`
	StartFromHead       *bool    `json:"startFromHead"`
}

type filteredEvent struct {
	EventID       string `json:"eventId"`
	IngestionTime int64  `json:"ingestionTime"`
	LogStreamName string `json:"logStreamName"`
	Message       string `json:"message"`
	Timestamp     int64  `json:"timestamp"`
}

type filterOutput struct {
	Events             []filteredEvent `json:"events"`
	NextToken          string          `json:"nextToken,omitempty"`
	SearchedLogStreams []struct{}      `json:"searchedLogStreams"`
}

// FilterLogEvents returns the events of a group that a pattern lets through.
func (s *Service) FilterLogEvents(c *wire.Call, in *filterInput) (any, error) {
	var check wire.Constraints
	name := in.name(&check)
	check.Text("logStreamNamePrefix", in.LogStreamNamePrefix, wire.Text{Min: 1, Max: wire.MaxLogName, Form: wire.StreamForm})
	check.Text("filterPattern", in.FilterPattern, wire.Text{Max: 1024})
	events(&check, in.StartTime, in.EndTime, in.Limit, in.NextToken)
	if err := check.Err(); err != nil {
		return nil, err
	}
	switch {
	case in.LogStreamNames != nil && in.LogStreamNamePrefix != nil:
		return nil, wire.Invalid("LogStreamNamePrefix and LogStreamNames cannot be specified together.")
	case len(in.LogStreamNames) > 100:
		return nil, wire.Invalid("At most 100 log stream names can be given.")
	case in.StartFromHead != nil && !*in.StartFromHead:
		return nil, wire.Invalid("startFromHead false is not emulated for FilterLogEvents.")
	}
	f := &eventFilter{s: s, c: c, in: in, scope: "filter/" + name, pattern: &pattern{}}
	if in.FilterPattern != nil {
		var err error
		if f.pattern, err = parsePattern(*in.FilterPattern); err != nil {
			return nil, wire.Invalid("Invalid filter pattern: %v", err)
		}
	}
	f.out.Events, f.out.SearchedLogStreams = []filteredEvent{}, []struct{}{}
	err := s.o.Store.View(func(tx *bbolt.Tx) error {
		_, jobs, err := s.group(tx, name)
		if err != nil {
			return err
		}
		return f.search(tx, jobs)
	})
	return f.out, err
}

// eventFilter looks through the streams of a group.
type eventFilter struct {
	s       *Service
	c       *wire.Call
	in      *filterInput
	scope   string
	pattern *pattern
	out     filterOutput
	bytes   int
}

// wants reports whether the stream of a job is one to look through.
func (f *eventFilter) wants(j *Job) bool {
	return (f.in.LogStreamNames == nil || slices.Contains(f.in.LogStreamNames, j.stream())) &&
		(f.in.LogStreamNamePrefix == nil || strings.HasPrefix(j.stream(), *f.in.LogStreamNamePrefix))
}

func (f *eventFilter) search(tx *bbolt.Tx, jobs []*Job) error {
	for _, name := range f.in.LogStreamNames {
		if !slices.ContainsFunc(jobs, func(j *Job) bool { return j.stream() == name }) {
			return wire.NotFound("The specified log stream does not exist.")
		}
	}
	first := uint64(0)
	if f.in.NextToken != nil {
		position, ok := f.s.o.Store.Tokens().Position(f.scope, *f.in.NextToken)
		if !ok {
			return wire.Invalid("The specified nextToken is invalid.")
		}
		first = store.NumberOf(position)
		i := slices.IndexFunc(jobs, func(j *Job) bool { return j.Number == store.NumberOf(position[8:]) })
		jobs = jobs[max(i, 0):]
	}
	for _, j := range jobs {
		if f.wants(j) {
			full, err := f.searchStream(tx, j, first)
			if err != nil || full {
				return err
			}
		}
		first = 0
	}
	return nil
}

// searchStream looks through the events of a job from number first on, and reports
// whether the answer is full.
func (f *eventFilter) searchStream(tx *bbolt.Tx, j *Job, first uint64) (full bool, err error) {
	x, err := f.s.openStream(tx, j)
	if err != nil {
		return false, err
	}
	before := f.in.EndTime
	if before != nil {
		next := *before + 1 // events of that time are still in
		before = &next
	}
	limit := wire.MaxLogEvents
	if f.in.Limit != nil {
		limit = int(*f.in.Limit)
	}
	low, high := x.between(f.in.StartTime, before)
	for n := max(low, first); n < high; n++ {
		if n%4096 == 0 && f.c.Context.Err() != nil {
			return true, f.c.Context.Err()
		}
		e := x.event(n)
		if !f.pattern.matches(e.message) {
			continue
		}
		if f.bytes += len(e.message) + eventSize; len(f.out.Events) == limit || f.bytes > maxAnswer {
			f.out.NextToken = f.s.o.Store.Tokens().Token(f.scope, append(store.Number(n), store.Number(j.Number)...))
			return true, nil
		}
		f.out.Events = append(f.out.Events, filteredEvent{
			EventID: eventID(e, j), IngestionTime: e.time, LogStreamName: j.stream(), Message: e.message, Timestamp: e.time,
		})
	}
	return false, nil
}

// eventID returns an ID that no other event has: digits, in the order of time.
func eventID(e event, j *Job) string {
	return fmt.Sprintf("%020d%08d%028d", e.time, j.Number, e.number)
}
