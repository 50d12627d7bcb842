package emulator

import (
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/bbolt"
)

// maxAnswer is how many bytes of events are in an answer, each event counting
// with its message and 26 bytes more.
const (
	maxAnswer = 1 << 20
	eventSize = 26
)

type groupsInput struct {
	LogGroupNamePrefix, LogGroupNamePattern, NextToken *string
	Limit                                              *int64
}

type logGroup struct {
	ARN               string `json:"arn"`
	CreationTime      int64  `json:"creationTime"`
	LogGroupARN       string `json:"logGroupArn"`
	LogGroupClass     string `json:"logGroupClass"`
	LogGroupName      string `json:"logGroupName"`
	MetricFilterCount int    `json:"metricFilterCount"`
	StoredBytes       int64  `json:"storedBytes"`
}

type groupsOutput struct {
	LogGroups []logGroup `json:"logGroups"`
	NextToken string     `json:"nextToken,omitempty"`
}

// describeLogGroups lists the groups of the pools of which a job has run.
func describeLogGroups(s *Server, _ *call, in *groupsInput) (any, error) {
	var check constraints
	check.check("logGroupNamePrefix", in.LogGroupNamePrefix, text{min: 1, max: maxLogName, form: groupForm})
	check.check("logGroupNamePattern", in.LogGroupNamePattern, text{max: maxLogName, form: groupForm})
	check.number("limit", in.Limit, false, 1, 50)
	if err := check.err(); err != nil {
		return nil, err
	}
	if in.LogGroupNamePrefix != nil && in.LogGroupNamePattern != nil {
		return nil, invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	groups := []logGroup{}
	err := s.state.db.View(func(tx *bbolt.Tx) error {
		for _, id := range s.poolIDs {
			p := s.pools[id]
			name := p.logGroup()
			if in.LogGroupNamePrefix != nil && !strings.HasPrefix(name, *in.LogGroupNamePrefix) ||
				in.LogGroupNamePattern != nil && !strings.Contains(name, *in.LogGroupNamePattern) {
				continue
			}
			jobs, err := streams(tx, id)
			if err != nil {
				return err
			}
			if len(jobs) > 0 {
				groups = append(groups, logGroup{
					ARN: p.groupARN() + ":*", LogGroupARN: p.groupARN(), LogGroupName: name,
					CreationTime: millis(jobs[0].Started), LogGroupClass: "STANDARD",
				})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(groups, func(a, b logGroup) int { return strings.Compare(a.LogGroupName, b.LogGroupName) })
	out := groupsOutput{}
	out.LogGroups, out.NextToken, err = page(s, "groups", groups, in.NextToken, in.Limit)
	return out, err
}

// page returns the part of a list that a token and a limit (nil: 50) ask for,
// and the token of the next part.
func page[T any](s *Server, scope string, list []T, token *string, limit *int64) ([]T, string, error) {
	first, n := 0, 50
	if limit != nil {
		n = int(*limit)
	}
	if token != nil {
		place, ok := s.place(scope, *token)
		if !ok {
			return nil, "", invalid("The specified nextToken is invalid.")
		}
		first = min(int(numberOf(place)), len(list))
	}
	if first+n >= len(list) {
		return list[first:], "", nil
	}
	return list[first : first+n], s.token(scope, number(uint64(first+n))), nil
}

// groupInput names a log group.
type groupInput struct{ LogGroupName, LogGroupIdentifier *string }

// name returns that of the group, checked as far as its form goes.
func (in *groupInput) name(check *constraints) string {
	name := in.LogGroupName
	if name == nil && in.LogGroupIdentifier != nil {
		id := *in.LogGroupIdentifier
		if _, after, ok := strings.Cut(id, ":log-group:"); ok {
			id = strings.TrimSuffix(after, ":*")
		}
		name = &id
	}
	check.check("logGroupName", name, text{required: true, min: 1, max: maxLogName, form: groupForm})
	if name == nil {
		return ""
	}
	return *name
}

// group returns the pool of a log group and its jobs that have a log.
func (s *Server) group(tx *bbolt.Tx, name string) (*Pool, []*job, error) {
	p := s.poolOfGroup(name)
	if p == nil {
		return nil, nil, notFound("The specified log group does not exist.")
	}
	jobs, err := streams(tx, p.Schema.ID)
	if err == nil && len(jobs) == 0 {
		err = notFound("The specified log group does not exist.")
	}
	return p, jobs, err
}

type streamsInput struct {
	groupInput
	LogStreamNamePrefix, NextToken, OrderBy *string
	Descending                              bool
	Limit                                   *int64
}

type logStream struct {
	ARN                 string `json:"arn"`
	CreationTime        int64  `json:"creationTime"`
	FirstEventTimestamp *int64 `json:"firstEventTimestamp,omitempty"`
	LastEventTimestamp  *int64 `json:"lastEventTimestamp,omitempty"`
	LastIngestionTime   *int64 `json:"lastIngestionTime,omitempty"`
	LogStreamName       string `json:"logStreamName"`
	StoredBytes         int64  `json:"storedBytes"`
}

type streamsOutput struct {
	LogStreams []logStream `json:"logStreams"`
	NextToken  string      `json:"nextToken,omitempty"`
}

var orders = whole(`LogStreamName|LastEventTime`)

func describeLogStreams(s *Server, _ *call, in *streamsInput) (any, error) {
	var check constraints
	name := in.name(&check)
	check.check("logStreamNamePrefix", in.LogStreamNamePrefix, text{min: 1, max: maxLogName, form: streamForm})
	check.check("orderBy", in.OrderBy, text{max: 20, form: orders})
	check.number("limit", in.Limit, false, 1, 50)
	if err := check.err(); err != nil {
		return nil, err
	}
	byTime := in.OrderBy != nil && *in.OrderBy == "LastEventTime"
	if byTime && in.LogStreamNamePrefix != nil {
		return nil, invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	var list []logStream
	err := s.state.db.View(func(tx *bbolt.Tx) error {
		p, jobs, err := s.group(tx, name)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			if in.LogStreamNamePrefix != nil && !strings.HasPrefix(j.logStream(), *in.LogStreamNamePrefix) {
				continue
			}
			x, err := s.openStream(tx, j)
			if err != nil {
				return err
			}
			list = append(list, x.describe(p))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b logStream) int {
		order := strings.Compare(a.LogStreamName, b.LogStreamName)
		if byTime {
			order = compareTimes(a.LastEventTimestamp, b.LastEventTimestamp)
		}
		if in.Descending {
			order = -order
		}
		return order
	})
	out := streamsOutput{}
	scope := fmt.Sprint("streams/", name, byTime, in.Descending)
	out.LogStreams, out.NextToken, err = page(s, scope, list, in.NextToken, in.Limit)
	if out.LogStreams == nil {
		out.LogStreams = []logStream{}
	}
	return out, err
}

func compareTimes(a, b *int64) int {
	var x, y int64
	if a != nil {
		x = *a
	}
	if b != nil {
		y = *b
	}
	return int(min(max(x-y, -1), 1))
}

func (x *stream) describe(p *Pool) logStream {
	d := logStream{
		ARN: p.groupARN() + ":log-stream:" + x.job.logStream(), LogStreamName: x.job.logStream(), CreationTime: millis(x.job.Started),
	}
	if x.count > 0 {
		first, last := x.event(0).time, x.event(x.count-1).time
		d.FirstEventTimestamp, d.LastEventTimestamp, d.LastIngestionTime = &first, &last, &last
	}
	return d
}

type eventsInput struct {
	groupInput
	LogStreamName, NextToken  *string
	StartTime, EndTime, Limit *int64
	StartFromHead             bool
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

func getLogEvents(s *Server, _ *call, in *eventsInput) (any, error) {
	var check constraints
	name := in.name(&check)
	check.check("logStreamName", in.LogStreamName, text{required: true, min: 1, max: maxLogName, form: streamForm})
	check.number("startTime", in.StartTime, false, 0, 1<<62)
	check.number("endTime", in.EndTime, false, 0, 1<<62)
	check.number("limit", in.Limit, false, 1, maxLogEvents)
	check.check("nextToken", in.NextToken, text{min: 1, max: maxToken})
	if err := check.err(); err != nil {
		return nil, err
	}
	var out eventsOutput
	err := s.state.db.View(func(tx *bbolt.Tx) error {
		_, jobs, err := s.group(tx, name)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(jobs, func(j *job) bool { return j.logStream() == *in.LogStreamName })
		if i < 0 {
			return notFound("The specified log stream does not exist.")
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

// eventPage returns the events that follow or come before a place in the stream.
func (s *Server) eventPage(x *stream, in *eventsInput) (out eventsOutput, err error) {
	scope := "events/" + x.job.ID
	low, high := x.between(in.StartTime, in.EndTime)
	forward := in.StartFromHead
	at := high
	if forward {
		at = low
	}
	if in.NextToken != nil {
		direction, token, _ := strings.Cut(*in.NextToken, "/")
		place, ok := s.place(scope+direction, token)
		if !ok {
			return out, invalid("The specified nextToken is invalid.")
		}
		if forward, at = direction == "f", numberOf(place); forward {
			at = max(at, low)
		} else {
			at = min(at, high)
		}
	}
	limit := uint64(maxLogEvents)
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
	out.NextForwardToken = "f/" + s.token(scope+"f", number(to))
	out.NextBackwardToken = "b/" + s.token(scope+"b", number(from))
	return out, nil
}

type filterInput struct {
	groupInput
	LogStreamNamePrefix, FilterPattern, NextToken *string
	LogStreamNames                                []string
	StartTime, EndTime, Limit                     *int64
	StartFromHead                                 *bool
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

func filterLogEvents(s *Server, c *call, in *filterInput) (any, error) {
	var check constraints
	name := in.name(&check)
	check.check("logStreamNamePrefix", in.LogStreamNamePrefix, text{min: 1, max: maxLogName, form: streamForm})
	check.check("filterPattern", in.FilterPattern, text{max: 1024})
	check.number("startTime", in.StartTime, false, 0, 1<<62)
	check.number("endTime", in.EndTime, false, 0, 1<<62)
	check.number("limit", in.Limit, false, 1, maxLogEvents)
	check.check("nextToken", in.NextToken, text{min: 1, max: maxToken})
	if err := check.err(); err != nil {
		return nil, err
	}
	switch {
	case in.LogStreamNames != nil && in.LogStreamNamePrefix != nil:
		return nil, invalid("LogStreamNamePrefix and LogStreamNames cannot be specified together.")
	case len(in.LogStreamNames) > 100:
		return nil, invalid("At most 100 log stream names can be given.")
	case in.StartFromHead != nil && !*in.StartFromHead:
		return nil, invalid("startFromHead false is not emulated for FilterLogEvents.")
	}
	f := &eventFilter{s: s, c: c, in: in, scope: "filter/" + name, pattern: &pattern{}}
	if in.FilterPattern != nil {
		var err error
		if f.pattern, err = parsePattern(*in.FilterPattern); err != nil {
			return nil, invalid("Invalid filter pattern: %v", err)
		}
	}
	f.out.Events, f.out.SearchedLogStreams = []filteredEvent{}, []struct{}{}
	err := s.state.db.View(func(tx *bbolt.Tx) error {
		_, jobs, err := s.group(tx, name)
		if err != nil {
			return err
		}
		return f.run(tx, jobs)
	})
	return f.out, err
}

// eventFilter looks through the streams of a group.
type eventFilter struct {
	s       *Server
	c       *call
	in      *filterInput
	scope   string
	pattern *pattern
	out     filterOutput
	bytes   int
}

// wants reports whether the stream of a job is one to look through.
func (f *eventFilter) wants(j *job) bool {
	return (f.in.LogStreamNames == nil || slices.Contains(f.in.LogStreamNames, j.logStream())) &&
		(f.in.LogStreamNamePrefix == nil || strings.HasPrefix(j.logStream(), *f.in.LogStreamNamePrefix))
}

func (f *eventFilter) run(tx *bbolt.Tx, jobs []*job) error {
	for _, name := range f.in.LogStreamNames {
		if !slices.ContainsFunc(jobs, func(j *job) bool { return j.logStream() == name }) {
			return notFound("The specified log stream does not exist.")
		}
	}
	first := uint64(0)
	if f.in.NextToken != nil {
		place, ok := f.s.place(f.scope, *f.in.NextToken)
		if !ok {
			return invalid("The specified nextToken is invalid.")
		}
		first = numberOf(place)
		i := slices.IndexFunc(jobs, func(j *job) bool { return j.number == numberOf(place[8:]) })
		jobs = jobs[max(i, 0):]
	}
	for _, j := range jobs {
		if f.wants(j) {
			full, err := f.stream(tx, j, first)
			if err != nil || full {
				return err
			}
		}
		first = 0
	}
	return nil
}

// stream looks through the events of a job from number first on, and reports
// whether the answer is full.
func (f *eventFilter) stream(tx *bbolt.Tx, j *job, first uint64) (full bool, err error) {
	x, err := f.s.openStream(tx, j)
	if err != nil {
		return false, err
	}
	before := f.in.EndTime
	if before != nil {
		next := *before + 1 // events of that time are still in
		before = &next
	}
	limit := maxLogEvents
	if f.in.Limit != nil {
		limit = int(*f.in.Limit)
	}
	low, high := x.between(f.in.StartTime, before)
	for n := max(low, first); n < high; n++ {
		if n%4096 == 0 && f.c.ctx.Err() != nil {
			return true, f.c.ctx.Err()
		}
		e := x.event(n)
		if !f.pattern.matches(e.message) {
			continue
		}
		if f.bytes += len(e.message) + eventSize; len(f.out.Events) == limit || f.bytes > maxAnswer {
			f.out.NextToken = f.s.token(f.scope, append(number(n), number(j.number)...))
			return true, nil
		}
		f.out.Events = append(f.out.Events, filteredEvent{
			EventID: eventID(e, j), IngestionTime: e.time, LogStreamName: j.logStream(), Message: e.message, Timestamp: e.time,
		})
	}
	return false, nil
}

// eventID returns an ID that no other event has: digits, in the order of time.
func eventID(e event, j *job) string {
	return fmt.Sprintf("%020d%08d%028d", e.time, j.number, e.number)
}
