package report

import (
	"errors"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"

	"poolprep/validate/escape"
	"poolprep/validate/rule"
)

// someOf returns list, nil if it is empty.
func someOf(list []string) any {
	if len(list) == 0 {
		return nil
	}
	return list
}

// htmlTrend are the last runs, drawn and as a table.
type htmlTrend struct {
	Width int // bars
	Most  int64
	From  string // days
	To    string
	Bars  []trendBar
	Table []trendRow // newest first
}

// trendBar is a run: what it accepted, and on top of that what it rejected, in percent of
// the most rows that a run read.
type trendBar struct {
	X                  int
	Accepted, Rejected string
	AcceptedY          string
	RejectedY          string
	Title              string
	Failed             bool
}

type trendRow struct {
	When, Verdict, Read, Rejected, Share string
	Failed                               bool
}

// maxTrendBars and maxTrendRows are how many runs are drawn and listed.
const maxTrendBars, maxTrendRows = 90, 14

// trend returns the runs before this one and it, nil if there are none before.
func (w *htmlWriter) trend(r *rule.Result) any {
	if len(r.Past) == 0 {
		return nil
	}
	s := &r.Summary
	now := rule.Past{Started: w.started, Read: s.RowsRead, Accepted: s.RowsAccepted, Rejected: s.RowsRejected, Verdict: rule.Passed, Stopped: r.StoppedAfter > 0}
	if verdict(r) == "FAILED" {
		now.Verdict = rule.Failed
	}
	return trendOf(append(r.Past[:len(r.Past):len(r.Past)], now))
}

// trendOf draws runs, oldest first, of which there is at least one.
func trendOf(runs []rule.Past) *htmlTrend {
	runs = runs[max(0, len(runs)-maxTrendBars):]
	day := func(t time.Time) string { return t.UTC().Format(time.DateOnly) }
	t := &htmlTrend{Width: len(runs), From: day(runs[0].Started), To: day(runs[len(runs)-1].Started)}
	for _, p := range runs {
		t.Most = max(t.Most, p.Read)
	}
	for i, p := range runs {
		height := func(n int64, least float64) float64 {
			if n == 0 || t.Most == 0 {
				return 0
			}
			return max(least, 97*float64(n)/float64(t.Most))
		}
		number := func(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }
		a, b := height(p.Accepted, 0), height(p.Rejected, 3)
		row := trendRow{
			When: p.Started.UTC().Format("2006-01-02 15:04"), Verdict: p.Verdict.String(), Failed: p.Verdict == rule.Failed,
			Read: humanize.Comma(p.Read), Rejected: humanize.Comma(p.Rejected),
		}
		if p.Read > 0 {
			row.Share = percent(p.Rejected, p.Read)
		}
		if p.Stopped {
			row.Verdict = "stopped"
		}
		t.Bars = append(t.Bars, trendBar{
			X: i, Accepted: number(a), AcceptedY: number(100 - a), Rejected: number(b), RejectedY: number(100 - a - b), Failed: row.Failed,
			Title: row.When + ", " + row.Verdict + ": " + row.Rejected + " of " + count(p.Read, "row") + " rejected",
		})
		t.Table = append([]trendRow{row}, t.Table[:min(len(t.Table), maxTrendRows-1)]...)
	}
	return t
}

// HistoryPage returns a page about the runs of a history, oldest first, of which there is at
// least one.
func HistoryPage(tool string, runs []rule.Past) ([]byte, error) {
	if len(runs) == 0 {
		return nil, errors.New("report: a history without runs")
	}
	last := runs[len(runs)-1]
	page := htmlPage{Tool: escape.String(tool), Command: "history", Started: last.Started.UTC().Format("2006-01-02 15:04:05 UTC")}
	word := "PASSED"
	if page.Failed = last.Verdict == rule.Failed; page.Failed {
		word = "FAILED"
	}
	page.Headline = word + ": the last of " + count(int64(len(runs)), "run") + ", with " + humanize.Comma(last.Rejected) + " of " + count(last.Read, "row") + " rejected"
	if err := page.add("trend", trendOf(runs)); err != nil {
		return nil, err
	}
	return page.render()
}
