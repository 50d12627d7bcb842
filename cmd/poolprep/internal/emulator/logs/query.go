package logs

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// This file answers queries of CloudWatch Logs Insights, as far as the log of an import needs:
// fields, filter, sort by time, limit.

// keptQueries is how many results are kept; the oldest make room.
const keptQueries = 100

// queries are the results that were asked for. It is safe for concurrent use.
type queries struct {
	mu      sync.Mutex
	ids     []string
	results map[string]queryOutput
}

func (q *queries) add(id string, out queryOutput) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.results == nil {
		q.results = make(map[string]queryOutput)
	}
	if q.ids = append(q.ids, id); len(q.ids) > keptQueries {
		delete(q.results, q.ids[0])
		q.ids = q.ids[1:]
	}
	q.results[id] = out
}

func (q *queries) get(id string) (queryOutput, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	out, ok := q.results[id]
	return out, ok
}

type startQueryInput struct {
	LogGroupName  *string  `json:"logGroupName"`
	LogGroupNames []string `json:"logGroupNames"`
	StartTime     *int64   `json:"startTime"` // seconds since 1970
	EndTime       *int64   `json:"endTime"`
	QueryString   *string  `json:"queryString"`
	Limit         *int64   `json:"limit"`
}

type queryID struct {
	QueryID *string `json:"queryId"`
}

type queryField struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

type queryOutput struct {
	Results    [][]queryField `json:"results"`
	Statistics struct {
		RecordsMatched float64 `json:"recordsMatched"`
		RecordsScanned float64 `json:"recordsScanned"`
		BytesScanned   float64 `json:"bytesScanned"`
	} `json:"statistics"`
	Status string `json:"status"`
}

// StartQuery carries out a query at once.
func (s *Service) StartQuery(c *wire.Call, in *startQueryInput) (any, error) {
	groups := in.LogGroupNames
	if in.LogGroupName != nil {
		groups = append(slices.Clone(groups), *in.LogGroupName)
	}
	switch {
	case len(groups) == 0 || len(groups) > 50:
		return nil, wire.Invalid("Exactly one of logGroupName and logGroupNames is expected, of 1 to 50 groups.")
	case in.StartTime == nil || in.EndTime == nil || in.QueryString == nil:
		return nil, wire.Invalid("startTime, endTime and queryString are required.")
	case *in.EndTime < *in.StartTime:
		return nil, wire.Fault("MalformedQueryException", "End time should not be before start time")
	case in.Limit != nil && (*in.Limit < 1 || *in.Limit > 10000):
		return nil, wire.Invalid("limit must be a number from 1 to 10000.")
	}
	q, err := parseQuery(*in.QueryString)
	if err != nil {
		return nil, wire.Fault("MalformedQueryException", "%v", err)
	}
	if in.Limit != nil {
		q.limit = int(*in.Limit)
	}
	out := queryOutput{Results: [][]queryField{}, Status: "Complete"}
	err = s.o.Store.View(func(tx *bbolt.Tx) error {
		for _, name := range groups {
			if err := s.query(tx, c, name, in, q, &out); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !q.ascending {
		slices.Reverse(out.Results)
	}
	out.Results = out.Results[:min(len(out.Results), q.limit)]
	id := wire.NewID()
	s.queries.add(id, out)
	return queryID{&id}, nil
}

// query adds what a query finds in a group, in the order of time.
func (s *Service) query(tx *bbolt.Tx, c *wire.Call, group string, in *startQueryInput, q *logQuery, out *queryOutput) error {
	_, jobs, err := s.group(tx, group)
	if err != nil {
		return err
	}
	from, before := *in.StartTime*1000, (*in.EndTime+1)*1000
	for _, j := range jobs {
		x, err := s.openStream(tx, j)
		if err != nil {
			return err
		}
		for n, high := x.between(&from, &before); n < high; n++ {
			if n%4096 == 0 && c.Context.Err() != nil {
				return c.Context.Err()
			}
			e := x.event(n)
			out.Statistics.RecordsScanned++
			out.Statistics.BytesScanned += float64(len(e.message))
			value := func(field string) string { return fieldOf(field, e, j, group) }
			if !q.matches(value) {
				continue
			}
			out.Statistics.RecordsMatched++
			if q.ascending && len(out.Results) >= q.limit {
				continue
			}
			var row []queryField
			for _, name := range q.fields {
				if v := value(name); v != "" {
					row = append(row, queryField{name, v})
				}
			}
			out.Results = append(out.Results, append(row, queryField{"@ptr", eventID(e, j)}))
		}
	}
	return nil
}

// fieldOf returns a field of an event, "" if it has none of the name.
func fieldOf(name string, e event, j *Job, group string) string {
	switch name {
	case "@timestamp", "@ingestionTime":
		return time.UnixMilli(e.time).UTC().Format("2006-01-02 15:04:05.000")
	case "@message":
		return e.message
	case "@logStream":
		return j.stream()
	case "@log":
		return pools.Account + ":" + group
	}
	return ""
}

// GetQueryResults returns what a query found.
func (s *Service) GetQueryResults(_ *wire.Call, in *queryID) (any, error) {
	if in.QueryID != nil {
		if out, ok := s.queries.get(*in.QueryID); ok {
			return out, nil
		}
	}
	return nil, wire.NotFound("The specified query does not exist.")
}

// logQuery is a query that was parsed.
type logQuery struct {
	fields    []string
	filters   []func(value func(field string) string) bool
	ascending bool
	limit     int
}

func (q *logQuery) matches(value func(string) string) bool {
	for _, f := range q.filters {
		if !f(value) {
			return false
		}
	}
	return true
}

// Forms of the commands of a query. Everything but these is an error.
var (
	filterTerm = wire.Compiled(`(?i)^\s*(@\w+)\s*(=|!=|not\s+like|like)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|/(?:[^/\\]|\\.)*/)\s*`)
	sortForm   = wire.Compiled(`(?i)^@timestamp(\s+(asc|desc))?$`)
	fieldForm  = wire.Compiled(`^@\w+$`)
)

// parseQuery reads commands separated by bars.
func parseQuery(text string) (*logQuery, error) {
	q := &logQuery{fields: []string{"@timestamp", "@message"}, limit: 10000}
	for _, command := range cutCommands(text) {
		name, rest, _ := strings.Cut(strings.TrimSpace(command), " ")
		rest = strings.TrimSpace(rest)
		switch strings.ToLower(name) {
		case "fields", "display":
			q.fields = nil
			for f := range strings.SplitSeq(rest, ",") {
				if f = strings.TrimSpace(f); !fieldForm().MatchString(f) {
					return nil, fmt.Errorf("the emulator knows fields such as @timestamp and @message, and no expressions")
				}
				q.fields = append(q.fields, f)
			}
		case "filter":
			if err := q.filter(rest); err != nil {
				return nil, err
			}
		case "sort":
			if !sortForm().MatchString(rest) {
				return nil, fmt.Errorf("the emulator sorts by @timestamp, asc or desc")
			}
			q.ascending = !strings.HasSuffix(strings.ToLower(rest), "desc")
		case "limit":
			n, err := strconv.Atoi(rest)
			if err != nil || n < 1 || n > 10000 {
				return nil, fmt.Errorf("limit: a number from 1 to 10000 is expected")
			}
			q.limit = n
		default:
			return nil, fmt.Errorf("the emulator knows the commands fields, display, filter, sort and limit")
		}
	}
	return q, nil
}

// filter adds terms that are joined by and.
func (q *logQuery) filter(text string) error {
	for {
		term := filterTerm().FindStringSubmatch(text)
		if term == nil {
			return fmt.Errorf(`filter: expected is FIELD like "text" or /expression/, not like, = or !=, joined by and`)
		}
		match, err := filterMatch(strings.Join(strings.Fields(strings.ToLower(term[2])), " "), term[3])
		if err != nil {
			return err
		}
		field := term[1]
		q.filters = append(q.filters, func(value func(string) string) bool { return match(value(field)) })
		if text = text[len(term[0]):]; text == "" {
			return nil
		}
		rest := strings.TrimPrefix(strings.TrimPrefix(text, "and "), "AND ")
		if rest == text {
			return fmt.Errorf("filter: the emulator joins terms by and")
		}
		text = rest
	}
}

// filterMatch returns the test of a term. operand is in quotes or between slashes.
func filterMatch(operator, operand string) (func(string) bool, error) {
	var match func(string) bool
	inner := operand[1 : len(operand)-1]
	if operand[0] == '/' {
		re, err := regexp.Compile(strings.ReplaceAll(inner, `\/`, "/"))
		if err != nil {
			return nil, fmt.Errorf("filter: not a regular expression")
		}
		match = re.MatchString
	} else {
		text := strings.NewReplacer(`\"`, `"`, `\'`, "'", `\\`, `\`).Replace(inner)
		match = func(v string) bool { return strings.Contains(v, text) }
		if operator == "=" || operator == "!=" {
			match = func(v string) bool { return v == text }
		}
	}
	if operator == "!=" || operator == "not like" {
		return func(v string) bool { return !match(v) }, nil
	}
	return match, nil
}

// cutCommands cuts a query at the bars that are not within quotes or slashes.
func cutCommands(text string) (commands []string) {
	var within byte
	start := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case within != 0 && c == '\\':
			i++
		case within != 0:
			if c == within {
				within = 0
			}
		case c == '"' || c == '\'' || c == '/':
			within = c
		case c == '|':
			commands = append(commands, text[start:i])
			start = i + 1
		}
	}
	return append(commands, text[start:])
}
