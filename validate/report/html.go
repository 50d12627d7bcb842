package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"poolprep/validate/escape"
	"poolprep/validate/rule"
)

// htmlWriter is a report as one page that needs nothing else: no network, no script, no
// font. html/template escapes whatever comes from an input; a content security policy in
// the page allows its one style sheet, by hash, and nothing else.
type htmlWriter struct {
	*lines
	run      Run
	started  time.Time
	finished time.Time
	spread   spread
	broken   brokenPolicy
	examples [rule.Error + 1][rule.NumCodes][]example
}

// example is where a finding is, and its value if it has one.
type example struct{ Place, Value string }

// maxExamples is how many places are listed of a code at a level.
const maxExamples = 5

func newHTML(l *lines, _ Options) Writer { return &htmlWriter{lines: l} }

//go:embed report.html
var htmlText string

//go:embed report.css
var htmlStyle string

// htmlTemplates is the page, and a template for each section.
var htmlTemplates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{"comma": humanize.Comma}).Parse(htmlText))
})

// htmlSections are the sections of the page in their order: the name of a template in
// report.html, and what it is filled from. A section is left out where that is nil: to add
// one, add a line here and its template.
var htmlSections = []struct {
	template string
	data     func(*htmlWriter, *rule.Result) any
}{
	{"policy", func(w *htmlWriter, _ *rule.Result) any { return someOf([]string(w.broken)) }},
	{"totals", (*htmlWriter).totals},
	{"drift", func(_ *htmlWriter, r *rule.Result) any { return someOf(driftLines(r)) }},
	{"errors", func(w *htmlWriter, r *rule.Result) any { return w.codes(r, rule.Error) }},
	{"shapes", (*htmlWriter).shapes},
	{"columns", (*htmlWriter).columns},
	{"trend", (*htmlWriter).trend},
	{"where", func(w *htmlWriter, r *rule.Result) any { return w.spread.charts(r.Sources) }},
	{"fixes", func(w *htmlWriter, r *rule.Result) any { return w.codes(r, rule.Error) }},
	{"warnings", func(w *htmlWriter, r *rule.Result) any { return w.codes(r, rule.Warning) }},
	{"infos", func(w *htmlWriter, r *rule.Result) any { return w.codes(r, rule.Hint) }},
	{"inputs", (*htmlWriter).inputs},
}

func (w *htmlWriter) Start(run Run) error {
	w.run, w.started = run, run.clock()
	return nil
}

func (w *htmlWriter) Finding(f *rule.Finding) error {
	w.spread.add(f)
	w.broken.add(f)
	if int(f.Severity) >= len(w.examples) {
		return nil
	}
	if list := &w.examples[f.Severity][f.Code]; len(*list) < maxExamples {
		e := example{Place: escape.String(f.File) + ":" + strconv.FormatInt(f.Pos.Line, 10) + ":" + strconv.Itoa(f.Pos.Column)}
		if f.Value != nil {
			e.Value = escape.String(string(f.Value[:min(len(f.Value), 200)]))
		}
		*list = append(*list, e)
	}
	return nil
}

// htmlPage is what the page is filled from.
type htmlPage struct {
	Style     template.CSS
	Policy    template.HTMLAttr // content security policy
	Headline  string
	Failed    bool
	Tool      string
	Command   string
	Started   string
	Took      string
	Truncated bool
	Sections  []template.HTML
}

func (w *htmlWriter) Finish(result rule.Result) error {
	w.finished = w.run.clock()
	page := htmlPage{
		Headline: headline(&result), Failed: verdict(&result) == "FAILED",
		Tool: escape.String(w.run.Tool), Command: escape.String(w.run.Command),
		Started: w.started.Format("2006-01-02 15:04:05 UTC"), Took: seconds(w.finished.Sub(w.started)), Truncated: result.Truncated,
	}
	for _, s := range htmlSections {
		if err := page.add(s.template, s.data(w, &result)); err != nil {
			return err
		}
	}
	text, err := page.render()
	w.buf = append(w.buf, text...)
	return errors.Join(err, w.endLine())
}

// add adds a section, unless there is nothing to fill it from.
func (p *htmlPage) add(section string, data any) error {
	if data == nil {
		return nil
	}
	var text bytes.Buffer
	err := htmlTemplates().ExecuteTemplate(&text, section, data)
	p.Sections = append(p.Sections, template.HTML(text.String())) // escaped by its template
	return err
}

// render returns the page.
func (p *htmlPage) render() ([]byte, error) {
	sum := sha256.Sum256([]byte(htmlStyle))
	p.Style = template.CSS(htmlStyle)
	p.Policy = template.HTMLAttr(`content="default-src 'none'; style-src 'sha256-` + base64.StdEncoding.EncodeToString(sum[:]) +
		`'; base-uri 'none'; form-action 'none'"`)
	var text bytes.Buffer
	err := htmlTemplates().Execute(&text, p)
	return text.Bytes(), err
}

// htmlTotal is a number with its name.
type htmlTotal struct {
	Name  string
	N     int64
	Share string // of the rows; "" where that says nothing
	Class string
}

func (w *htmlWriter) totals(r *rule.Result) any {
	s := &r.Summary
	share := func(n int64) string {
		if s.RowsRead == 0 || n == 0 {
			return ""
		}
		return percent(n, s.RowsRead)
	}
	out := []htmlTotal{
		{Name: "rows read", N: s.RowsRead},
		{"accepted", s.RowsAccepted, share(s.RowsAccepted), "good"},
		{"rejected", s.RowsRejected, share(s.RowsRejected), "bad"},
	}
	if s.RowsSkipped > 0 {
		out = append(out, htmlTotal{"skipped", s.RowsSkipped, share(s.RowsSkipped), ""})
	}
	if s.RowsBlank > 0 {
		out = append(out, htmlTotal{Name: "blank lines", N: s.RowsBlank})
	}
	return out
}

// percent returns a share with one decimal, never 0 % or 100 % of what is only nearly so.
func percent(n, all int64) string {
	share := 100 * float64(n) / float64(all)
	switch {
	case n > 0 && share < 0.1:
		return "< 0.1 %"
	case n < all && share > 99.9:
		return "> 99.9 %"
	}
	return strconv.FormatFloat(share, 'f', 1, 64) + " %"
}

// htmlCode is a code with its bar.
type htmlCode struct {
	Code     string
	N        int64
	Width    string // of the bar, in percent of the longest one
	Columns  string
	Meaning  string
	Reason   string
	Fix      string
	Examples []example
}

// codes returns the codes of a level, nil if there are none.
func (w *htmlWriter) codes(r *rule.Result, level rule.Severity) any {
	var out []htmlCode
	var most int64
	for _, c := range w.tally.Counts() {
		if c.Severity != level {
			continue
		}
		n := findingsOf(&c, &r.Summary)
		most = max(most, n)
		info := c.Code.Info()
		out = append(out, htmlCode{
			Code: c.Code.String(), N: n, Columns: columnsText(&c), Meaning: info.Rule(), Reason: info.Reason(), Fix: strings.ReplaceAll(info.Fix(), "`", ""),
			Width: strconv.FormatFloat(max(0.5, 100*float64(n)/float64(most)), 'f', 1, 64), Examples: w.examples[level][c.Code],
		})
	}
	if out == nil {
		return nil
	}
	return out
}

// htmlInput is an input.
type htmlInput struct {
	Name   string
	Rows   int64
	Size   string
	SHA256 string
}

func (w *htmlWriter) inputs(r *rule.Result) any {
	if len(r.Sources) == 0 {
		return nil
	}
	var out []htmlInput
	for _, s := range r.Sources {
		in := htmlInput{Name: escape.String(s.Name), Rows: s.Rows, SHA256: s.SHA256}
		if s.Size >= 0 {
			in.Size = humanize.Comma(s.Size)
		}
		out = append(out, in)
	}
	return out
}
