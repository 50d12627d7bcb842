package emulator

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestQueries(t *testing.T) {
	r := start(t, Options{})
	r.run(many(3) + ",,,,,,,,,bad@example.com,FALSE,,,,,,,,,,bad\n")
	group := "/aws/cognito/userpools/local_default/default"
	now := time.Now().Unix()
	ask := func(query string, limit *int32) (rows []string, err error) {
		started, err := r.logs.StartQuery(r.ctx, &cloudwatchlogs.StartQueryInput{LogGroupName: &group, StartTime: aws.Int64(now - 3600), EndTime: aws.Int64(now + 3600), QueryString: &query, Limit: limit})
		if err != nil {
			return nil, err
		}
		out, err := r.logs.GetQueryResults(r.ctx, &cloudwatchlogs.GetQueryResultsInput{QueryId: started.QueryId})
		require.NoError(t, err)
		assert.Equal(t, types.QueryStatusComplete, out.Status)
		for _, row := range out.Results {
			var values []string
			for _, f := range row {
				if *f.Field == "@message" || *f.Field == "@logStream" {
					values = append(values, *f.Value)
				}
			}
			rows = append(rows, strings.Join(values, "/"))
		}
		return rows, nil
	}
	const (
		good        = "The import succeeded."
		notVerified = "The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true)."
		testLine    = "Cognito User Pools Import - Test Log"
	)
	for query, want := range map[string][]string{
		`fields @message | filter @message like /FAILED/`:                                                {"[FAILED] Line Number 5 - " + notVerified},
		`fields @timestamp, @message | filter @message like "SUCCEEDED" | sort @timestamp asc | limit 2`: {"[SUCCEEDED] Line Number 2 - " + good, "[SUCCEEDED] Line Number 3 - " + good},
		`filter @message like "SUCCEEDED" and @message not like /Number [34]/ | display @message`:        {"[SUCCEEDED] Line Number 2 - " + good},
		`filter @message = "x|y"`: nil,
		`filter @message like /Test Log|FAILED/ and @message != 'x' | sort @timestamp asc | fields @message`: {testLine, testLine, "[FAILED] Line Number 5 - " + notVerified},
	} {
		rows, err := ask(query, nil)
		require.NoError(t, err, query)
		assert.Equal(t, want, rows, query)
	}
	rows, err := ask("fields @message", aws.Int32(1))
	require.NoError(t, err)
	assert.Equal(t, []string{"[FAILED] Line Number 5 - " + notVerified}, rows, "the newest first")
	for _, query := range []string{"stats count(*)", "filter @message", "filter @message like /(/", "limit x", "sort @message", "fields a+b", "filter @message like \"a\" or @message like \"b\"", ""} {
		_, err := ask(query, nil)
		assert.ErrorAs(t, err, new(*types.MalformedQueryException), query)
	}
	_, err = r.logs.GetQueryResults(r.ctx, &cloudwatchlogs.GetQueryResultsInput{QueryId: aws.String("none")})
	assert.ErrorAs(t, err, new(*types.ResourceNotFoundException))
}
