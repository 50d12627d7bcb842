package emulator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const defaultGroup = "/aws/cognito/userpools/local_default/default"

// get returns the messages of one page, and its tokens.
func (r *rig) get(in *cloudwatchlogs.GetLogEventsInput) (messages []string, forward, backward *string) {
	r.t.Helper()
	out, err := r.logs.GetLogEvents(r.ctx, in)
	require.NoError(r.t, err)
	for _, e := range out.Events {
		messages = append(messages, *e.Message)
	}
	return messages, out.NextForwardToken, out.NextBackwardToken
}

func TestGetLogEvents(t *testing.T) {
	r := start(t, Options{})
	j := r.run(many(7))
	all := r.lines(j)
	require.Len(t, all, 9)
	in := cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String(defaultGroup), LogStreamName: aws.String(stream1(j))}
	for limit := int32(1); limit <= 10; limit++ {
		head := in
		head.Limit, head.StartFromHead = &limit, aws.Bool(true)
		var got []string
		for {
			page, forward, _ := r.get(&head)
			got = append(got, page...)
			if head.NextToken != nil && *forward == *head.NextToken {
				assert.Empty(t, page)
				break
			}
			head.NextToken = forward
		}
		assert.Equal(t, all, got, "forward, %d a page", limit)

		tail := in
		tail.Limit = &limit
		got = nil
		for {
			page, _, backward := r.get(&tail)
			got = append(page, got...)
			if tail.NextToken != nil && *backward == *tail.NextToken {
				break
			}
			tail.NextToken = backward
		}
		assert.Equal(t, all, got, "backward, %d a page", limit)
	}
	arn := in
	arn.LogGroupName, arn.LogGroupIdentifier = nil, aws.String("arn:aws:logs:local:000000000000:log-group:"+defaultGroup)
	page, _, _ := r.get(&arn)
	assert.Equal(t, all, page)

	_, forward, _ := r.get(&in)
	other := r.run(many(1))
	for name, change := range map[string]func(in *cloudwatchlogs.GetLogEventsInput){
		"made up token":   func(in *cloudwatchlogs.GetLogEventsInput) { in.NextToken = aws.String("f/xxxx") },
		"other direction": func(in *cloudwatchlogs.GetLogEventsInput) { in.NextToken = aws.String("b" + (*forward)[1:]) },
		"token of another stream": func(in *cloudwatchlogs.GetLogEventsInput) {
			in.NextToken, in.LogStreamName = forward, aws.String(stream1(other))
		},
		"limit":       func(in *cloudwatchlogs.GetLogEventsInput) { in.Limit = aws.Int32(10_001) },
		"stream name": func(in *cloudwatchlogs.GetLogEventsInput) { in.LogStreamName = aws.String("a:b") },
	} {
		bad := in
		change(&bad)
		_, err := r.logs.GetLogEvents(r.ctx, &bad)
		var invalid *types.InvalidParameterException
		assert.ErrorAs(t, err, &invalid, name)
	}
	var notFound *types.ResourceNotFoundException
	bad := in
	bad.LogStreamName = aws.String("import-none/none")
	_, err := r.logs.GetLogEvents(r.ctx, &bad)
	assert.ErrorAs(t, err, &notFound)
}

// TestLogTimes reads by time, and not before the log's delay is over.
func TestLogTimes(t *testing.T) {
	c := newClock()
	server, err := New(Options{Now: c.Now, UsersPerSecond: 1, LogDelay: 10 * time.Second})
	require.NoError(t, err)
	g := newGate()
	server.jobs.Pause = g.pause
	r := serve(t, server)
	j := r.ready("job", many(3))
	begin := c.Now().UnixMilli()
	_, err = r.start(j)
	require.NoError(t, err)
	for range 3 { // a row each second
		g.wait(t)
		c.add(time.Second)
		g.open <- struct{}{}
	}
	j = r.wait(j)
	assert.Empty(t, r.lines(j))
	c.add(7*time.Second - time.Millisecond)
	assert.Empty(t, r.lines(j))
	c.add(time.Millisecond)
	assert.Len(t, r.lines(j), 3, "two lines at the beginning, and the first row")
	c.add(time.Second)
	assert.Len(t, r.lines(j), 4)
	c.add(time.Hour)
	assert.Len(t, r.lines(j), 5)

	for _, test := range []struct {
		from, to *int64
		get      int // GetLogEvents leaves out events at the end time
		filter   int // FilterLogEvents does not
	}{
		{nil, nil, 5, 5}, {aws.Int64(begin), nil, 5, 5}, {aws.Int64(begin + 1), nil, 2, 2}, {aws.Int64(begin + 1000), nil, 2, 2},
		{nil, aws.Int64(begin), 0, 3}, {nil, aws.Int64(begin + 1), 3, 3}, {aws.Int64(begin + 1000), aws.Int64(begin + 2000), 1, 2},
		{aws.Int64(begin + 2000), aws.Int64(begin + 1000), 0, 0}, {nil, aws.Int64(0), 0, 0}, {aws.Int64(begin + 5000), nil, 0, 0},
	} {
		for _, head := range []bool{true, false} {
			got, _, _ := r.get(&cloudwatchlogs.GetLogEventsInput{
				LogGroupName: aws.String(defaultGroup), LogStreamName: aws.String(stream1(j)), StartTime: test.from, EndTime: test.to, StartFromHead: &head,
			})
			assert.Len(t, got, test.get, "%+v", test)
		}
		out, err := r.logs.FilterLogEvents(r.ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String(defaultGroup), StartTime: test.from, EndTime: test.to})
		require.NoError(t, err)
		assert.Len(t, out.Events, test.filter, "%+v", test)
	}
}

func TestFilterLogEvents(t *testing.T) {
	r := start(t, Options{})
	one := r.run(csv("a@example.com TRUE a", "b@example.com FALSE b", "c TRUE c"))
	two := r.run(csv("a@example.com TRUE a", "d@example.com TRUE d"))
	filter := func(in cloudwatchlogs.FilterLogEventsInput) (messages []string) {
		t.Helper()
		in.LogGroupName = aws.String(defaultGroup)
		ids := make(map[string]bool)
		last := int64(0)
		pages := cloudwatchlogs.NewFilterLogEventsPaginator(r.logs, &in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(r.ctx)
			require.NoError(t, err)
			for _, e := range page.Events {
				assert.False(t, ids[*e.EventId])
				ids[*e.EventId] = true
				assert.GreaterOrEqual(t, *e.Timestamp, last)
				last = *e.Timestamp
				messages = append(messages, *e.Message)
			}
		}
		return messages
	}
	all := append(r.lines(one), r.lines(two)...)
	require.Len(t, all, 9)
	for limit := int32(1); limit < 10; limit++ {
		assert.Equal(t, all, filter(cloudwatchlogs.FilterLogEventsInput{Limit: &limit}), "%d a page", limit)
		assert.Len(t, filter(cloudwatchlogs.FilterLogEventsInput{Limit: &limit, FilterPattern: aws.String(`"[SUCCEEDED]"`)}), 2)
	}
	assert.Equal(t, r.lines(two), filter(cloudwatchlogs.FilterLogEventsInput{LogStreamNames: []string{stream1(two)}}))
	assert.Equal(t, r.lines(one), filter(cloudwatchlogs.FilterLogEventsInput{LogStreamNamePrefix: one.JobId}))
	for pattern, want := range map[string]int{
		"": 9, " ": 9, "FAILED": 2, `"[FAILED]"`: 2, "failed": 0, "?FAILED ?SKIPPED": 3, "Line -SUCCEEDED": 3, "-Line": 4,
		`"Line Number 2 "`: 2, "Line ?FAILED ?SKIPPED -email": 1, `"\[x"`: 0,
	} {
		assert.Len(t, filter(cloudwatchlogs.FilterLogEventsInput{FilterPattern: &pattern}), want, pattern)
	}
	first, err := r.logs.FilterLogEvents(r.ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String(defaultGroup), Limit: aws.Int32(1)})
	require.NoError(t, err)
	for name, in := range map[string]cloudwatchlogs.FilterLogEventsInput{
		"JSON pattern":   {FilterPattern: aws.String(`{ $.x = 1 }`)},
		"field pattern":  {FilterPattern: aws.String(`[FAILED]`)},
		"regex":          {FilterPattern: aws.String(`%x%`)},
		"open quote":     {FilterPattern: aws.String(`"x`)},
		"glued":          {FilterPattern: aws.String(`"x"y`)},
		"both":           {LogStreamNames: []string{"x"}, LogStreamNamePrefix: aws.String("x")},
		"token":          {NextToken: aws.String("x")},
		"too many names": {LogStreamNames: strings.Split(strings.Repeat("x ", 101), " ")},
		"backwards":      {StartFromHead: aws.Bool(false)},
	} {
		in.LogGroupName = aws.String(defaultGroup)
		_, err := r.logs.FilterLogEvents(r.ctx, &in)
		var invalid *types.InvalidParameterException
		assert.ErrorAs(t, err, &invalid, name)
	}
	var notFound *types.ResourceNotFoundException
	_, err = r.logs.FilterLogEvents(r.ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String(defaultGroup), LogStreamNames: []string{"none"}})
	assert.ErrorAs(t, err, &notFound)
	_, err = r.logs.FilterLogEvents(r.ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("other"), NextToken: first.NextToken})
	assert.ErrorAs(t, err, &notFound)
}

func TestLogGroupsAndStreams(t *testing.T) {
	odd := pool(t, "local_odd", `"AutoVerifiedAttributes":["email"]`)
	odd.Schema.Name = "my pool, the 2nd"
	r := start(t, Options{Pools: []*Pool{DefaultPool(), odd, pool(t, "local_idle", `"AutoVerifiedAttributes":["email"]`)}})
	groups := func(in cloudwatchlogs.DescribeLogGroupsInput) (names []string) {
		pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(r.logs, &in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(r.ctx)
			require.NoError(t, err)
			for _, g := range page.LogGroups {
				names = append(names, *g.LogGroupName)
				assert.NotZero(t, *g.CreationTime)
				assert.True(t, strings.HasSuffix(*g.Arn, *g.LogGroupName+":*"))
			}
		}
		return names
	}
	assert.Empty(t, groups(cloudwatchlogs.DescribeLogGroupsInput{}), "no job has run")
	var jobs []string
	for i := range 5 {
		j := r.run(csv(fmt.Sprintf("u@example.com TRUE u%d", i)))
		jobs = append(jobs, stream1(j))
	}
	r.run(many(1), "local_odd")
	const oddGroup = "/aws/cognito/userpools/local_odd/my_pool__the_2nd"
	assert.Equal(t, []string{defaultGroup, oddGroup}, groups(cloudwatchlogs.DescribeLogGroupsInput{}))
	assert.Equal(t, []string{defaultGroup, oddGroup}, groups(cloudwatchlogs.DescribeLogGroupsInput{Limit: aws.Int32(1)}))
	assert.Equal(t, []string{oddGroup}, groups(cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/aws/cognito/userpools/local_odd/")}))
	assert.Equal(t, []string{defaultGroup}, groups(cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePattern: aws.String("default")}))

	streams := func(in cloudwatchlogs.DescribeLogStreamsInput) (names []string) {
		in.LogGroupName = aws.String(defaultGroup)
		pages := cloudwatchlogs.NewDescribeLogStreamsPaginator(r.logs, &in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(r.ctx)
			require.NoError(t, err)
			for _, s := range page.LogStreams {
				names = append(names, *s.LogStreamName)
				assert.LessOrEqual(t, *s.FirstEventTimestamp, *s.LastEventTimestamp)
			}
		}
		return names
	}
	for limit := int32(1); limit <= 5; limit += 2 {
		assert.Equal(t, reversed(jobs), streams(cloudwatchlogs.DescribeLogStreamsInput{OrderBy: "LastEventTime", Descending: aws.Bool(true), Limit: &limit}))
	}
	assert.ElementsMatch(t, jobs, streams(cloudwatchlogs.DescribeLogStreamsInput{}))
	assert.IsIncreasing(t, streams(cloudwatchlogs.DescribeLogStreamsInput{}))
	assert.Equal(t, jobs[:1], streams(cloudwatchlogs.DescribeLogStreamsInput{LogStreamNamePrefix: &jobs[0]}))
	assert.Empty(t, streams(cloudwatchlogs.DescribeLogStreamsInput{LogStreamNamePrefix: aws.String("none")}))

	var invalid *types.InvalidParameterException
	_, err := r.logs.DescribeLogStreams(r.ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: aws.String(defaultGroup), OrderBy: "LastEventTime", LogStreamNamePrefix: aws.String("x")})
	assert.ErrorAs(t, err, &invalid)
	_, err = r.logs.DescribeLogStreams(r.ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: aws.String(defaultGroup), NextToken: aws.String("x")})
	assert.ErrorAs(t, err, &invalid)
	_, err = r.logs.DescribeLogGroups(r.ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("x"), LogGroupNamePattern: aws.String("x")})
	assert.ErrorAs(t, err, &invalid)
	var notFound *types.ResourceNotFoundException
	_, err = r.logs.DescribeLogStreams(r.ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: aws.String("/aws/cognito/userpools/local_idle/test")})
	assert.ErrorAs(t, err, &notFound)
}

func reversed(list []string) (out []string) {
	for i := len(list) - 1; i >= 0; i-- {
		out = append(out, list[i])
	}
	return out
}

// TestLongLog reads a log that needs several answers.
func TestLongLog(t *testing.T) {
	n := 25_000
	if testing.Short() {
		n = 11_000
	}
	r := start(t, Options{})
	j := r.run(many(n))
	lines := r.lines(j)
	require.Len(t, lines, n+2)
	for i, line := range lines[2:] {
		require.Equal(t, fmt.Sprintf("[SUCCEEDED] Line Number %d - The import succeeded.", i+2), line)
	}
	out, err := r.logs.GetLogEvents(r.ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String(defaultGroup), LogStreamName: aws.String(stream1(j)), StartFromHead: aws.Bool(true)})
	require.NoError(t, err)
	assert.Len(t, out.Events, 10_000)
}
