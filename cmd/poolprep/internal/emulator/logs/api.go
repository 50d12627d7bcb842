package logs

import (
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

type groupsInput struct {
	LogGroupNamePrefix  *string `json:"logGroupNamePrefix"`
	LogGroupNamePattern *string `json:"logGroupNamePattern"`
	NextToken           *string `json:"nextToken"`
	Limit               *int64  `json:"limit"`
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

// DescribeLogGroups lists the groups of the pools of which a job has run.
func (s *Service) DescribeLogGroups(_ *wire.Call, in *groupsInput) (any, error) {
	var check wire.Constraints
	check.Text("logGroupNamePrefix", in.LogGroupNamePrefix, wire.Text{Min: 1, Max: wire.MaxLogName, Form: wire.GroupForm})
	check.Text("logGroupNamePattern", in.LogGroupNamePattern, wire.Text{Max: wire.MaxLogName, Form: wire.GroupForm})
	check.Number("limit", in.Limit, false, 1, 50)
	if err := check.Err(); err != nil {
		return nil, err
	}
	if in.LogGroupNamePrefix != nil && in.LogGroupNamePattern != nil {
		return nil, wire.Invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	groups := []logGroup{}
	err := s.o.Store.View(func(tx *bbolt.Tx) error {
		for _, p := range s.o.Pools.List() {
			name := GroupName(p)
			if in.LogGroupNamePrefix != nil && !strings.HasPrefix(name, *in.LogGroupNamePrefix) ||
				in.LogGroupNamePattern != nil && !strings.Contains(name, *in.LogGroupNamePattern) {
				continue
			}
			jobs, err := s.streams(tx, p.Schema.ID)
			if err != nil {
				return err
			}
			if len(jobs) > 0 {
				groups = append(groups, logGroup{
					ARN: GroupARN(p) + ":*", LogGroupARN: GroupARN(p), LogGroupName: name,
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
func page[T any](s *Service, scope string, list []T, token *string, limit *int64) ([]T, string, error) {
	first, n := 0, 50
	if limit != nil {
		n = int(*limit)
	}
	if token != nil {
		position, ok := s.o.Store.Tokens().Position(scope, *token)
		if !ok {
			return nil, "", wire.Invalid("The specified nextToken is invalid.")
		}
		first = min(int(store.NumberOf(position)), len(list))
	}
	if first+n >= len(list) {
		return list[first:], "", nil
	}
	return list[first : first+n], s.o.Store.Tokens().Token(scope, store.Number(uint64(first+n))), nil
}

// groupInput names a log group.
type groupInput struct {
	LogGroupName       *string `json:"logGroupName"`
	LogGroupIdentifier *string `json:"logGroupIdentifier"`
}

// name returns that of the group, checked as far as its form goes.
func (in *groupInput) name(check *wire.Constraints) string {
	name := in.LogGroupName
	if name == nil && in.LogGroupIdentifier != nil {
		id := *in.LogGroupIdentifier
		if _, after, ok := strings.Cut(id, ":log-group:"); ok {
			id = strings.TrimSuffix(after, ":*")
		}
		name = &id
	}
	check.Text("logGroupName", name, wire.Text{Required: true, Min: 1, Max: wire.MaxLogName, Form: wire.GroupForm})
	if name == nil {
		return ""
	}
	return *name
}

// group returns the pool of a log group and its jobs that have a log.
func (s *Service) group(tx *bbolt.Tx, name string) (*pools.Pool, []*Job, error) {
	p := s.poolOfGroup(name)
	if p == nil {
		return nil, nil, wire.NotFound("The specified log group does not exist.")
	}
	jobs, err := s.streams(tx, p.Schema.ID)
	if err == nil && len(jobs) == 0 {
		err = wire.NotFound("The specified log group does not exist.")
	}
	return p, jobs, err
}

type streamsInput struct {
	groupInput
	LogStreamNamePrefix *string `json:"logStreamNamePrefix"`
	NextToken           *string `json:"nextToken"`
	OrderBy             *string `json:"orderBy"`
	Descending          bool    `json:"descending"`
	Limit               *int64  `json:"limit"`
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

var orders = wire.Whole(`LogStreamName|LastEventTime`)

// DescribeLogStreams lists the streams of a group: one for each job that has run.
func (s *Service) DescribeLogStreams(_ *wire.Call, in *streamsInput) (any, error) {
	var check wire.Constraints
	name := in.name(&check)
	check.Text("logStreamNamePrefix", in.LogStreamNamePrefix, wire.Text{Min: 1, Max: wire.MaxLogName, Form: wire.StreamForm})
	check.Text("orderBy", in.OrderBy, wire.Text{Max: 20, Form: orders})
	check.Number("limit", in.Limit, false, 1, 50)
	if err := check.Err(); err != nil {
		return nil, err
	}
	byTime := in.OrderBy != nil && *in.OrderBy == "LastEventTime"
	if byTime && in.LogStreamNamePrefix != nil {
		return nil, wire.Invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	var list []logStream
	err := s.o.Store.View(func(tx *bbolt.Tx) error {
		p, jobs, err := s.group(tx, name)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			if in.LogStreamNamePrefix != nil && !strings.HasPrefix(j.stream(), *in.LogStreamNamePrefix) {
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

func (x *stream) describe(p *pools.Pool) logStream {
	d := logStream{
		ARN: GroupARN(p) + ":log-stream:" + x.job.stream(), LogStreamName: x.job.stream(), CreationTime: millis(x.job.Started),
	}
	if x.count > 0 {
		first, last := x.event(0).time, x.event(x.count-1).time
		d.FirstEventTimestamp, d.LastEventTimestamp, d.LastIngestionTime = &first, &last, &last
	}
	return d
}
