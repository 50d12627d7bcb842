package report

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"poolprep/validate/escape"
	"poolprep/validate/rule"
	"poolprep/validate/suggest"
)

// profiled is a column of a profile in words, escaped.
type profiled struct {
	Name     string
	Filled   string // share of the records
	Width    string // of its bar, in percent
	None     bool   // it has no value
	Distinct string
	Length   string // in characters
	Values   string // what they are: truths, dates or the most frequent shapes
	Domains  string
	Rejected []profiledShape // the most frequent ones
	Sound    string          // the most frequent shapes, to compare
	N        int64           // values that were rejected, as far as they are in Rejected
}

// profiledShape is a shape with its number.
type profiledShape struct {
	Shape string
	N     int64
	Width string // of its bar, in percent of the longest one
}

// fewShapes is how many shapes or domains are shown beside each other.
const fewShapes = 3

// profileOf returns the columns of a profile in words, and how many records they are of.
func profileOf(p *rule.Profile) (columns []profiled, records int64) {
	for i := range p.Columns {
		c := &p.Columns[i]
		records = c.Filled + c.Empty
		out := profiled{
			Name: escape.String(suggest.Short(c.Name)), Filled: "-", Width: "0", None: c.Filled == 0, Distinct: humanize.Comma(c.Distinct),
			Sound: shares(c.Shapes, c.Filled), Domains: shares(c.Domains, c.Filled),
		}
		if records > 0 {
			out.Filled = percent(c.Filled, records)
			out.Width = strconv.FormatFloat(100*float64(c.Filled)/float64(records), 'f', 1, 64)
		}
		if c.DistinctError > 0 {
			out.Distinct = "about " + out.Distinct
		}
		switch {
		case c.Shortest == c.Longest:
			out.Length = humanize.Comma(c.Longest)
		default:
			out.Length = humanize.Comma(c.Shortest) + " to " + humanize.Comma(c.Longest)
		}
		switch {
		case c.True+c.False > 0:
			out.Values = shares([]rule.Count{{Value: "true", Count: c.True}, {Value: "false", Count: c.False}}, c.Filled)
		case c.First != "" && c.First != c.Last:
			out.Values = c.First + " to " + c.Last
		case c.First != "":
			out.Values = c.First
		default:
			out.Values = out.Sound
		}
		for _, s := range c.RejectedShapes {
			out.N += s.Count
			out.Rejected = append(out.Rejected, profiledShape{
				shapeText(s.Value), s.Count, strconv.FormatFloat(max(0.5, 100*float64(s.Count)/float64(c.RejectedShapes[0].Count)), 'f', 1, 64),
			})
		}
		columns = append(columns, out)
	}
	return columns, records
}

// shares lists the first counts with their shares.
func shares(counts []rule.Count, all int64) string {
	var parts []string
	for _, c := range counts[:min(fewShapes, len(counts))] {
		if c.Count > 0 {
			parts = append(parts, shapeText(c.Value)+" "+percent(c.Count, all))
		}
	}
	return strings.Join(parts, ", ")
}

// shapeText returns a shape escaped, and in quotes if it could be taken for several.
func shapeText(shape string) string {
	shape = escape.String(shape)
	if strings.ContainsAny(shape, ` ,"`) || shape == "" {
		return `"` + strings.ReplaceAll(shape, `"`, `\"`) + `"`
	}
	return shape
}

// numbers lists the first rejected shapes with their numbers.
func (c *profiled) numbers() string {
	var parts []string
	for _, s := range c.Rejected[:min(fewShapes, len(c.Rejected))] {
		parts = append(parts, s.Shape+" "+humanize.Comma(s.N))
	}
	return strings.Join(parts, ", ")
}

// appendTextProfile appends the profile as a table for a terminal.
func appendTextProfile(dst []byte, p *rule.Profile) []byte {
	columns, records := profileOf(p)
	widths := [3]int{len("column"), len("filled"), len("different")}
	for i := range columns {
		for k, cell := range []string{columns[i].Name, columns[i].Filled, columns[i].Distinct} {
			widths[k] = max(widths[k], utf8.RuneCountInString(cell))
		}
	}
	row := func(cells ...string) {
		line := "  " + padded(cells[0], -widths[0]) + "  " + padded(cells[1], widths[1]) + "  " + padded(cells[2], widths[2]) + "  " + cells[3]
		dst = append(dst, strings.TrimRight(line, " ")+"\n"...)
	}
	dst = append(dst, "\nProfile of "+count(records, "record")+":\n"...)
	row("column", "filled", "different", "values")
	for i := range columns {
		c := &columns[i]
		row(c.Name, c.Filled, c.Distinct, c.Values)
		if c.Domains != "" {
			row("", "", "", "domains: "+c.Domains)
		}
		if len(c.Rejected) > 0 {
			row("", "", "", "rejected: "+c.numbers())
		}
	}
	return dst
}

// padded returns a cell with blanks before it, or with a negative width behind it.
func padded(cell string, width int) string {
	n := utf8.RuneCountInString(cell)
	if width < 0 {
		return cell + strings.Repeat(" ", max(0, -width-n))
	}
	return strings.Repeat(" ", max(0, width-n)) + cell
}

// profile appends the profile as a table.
func (w *markdownWriter) profile(p *rule.Profile) {
	columns, records := profileOf(p)
	w.add("\n### Profile of " + count(records, "record") + "\n\n| column | filled | different | values | domains | rejected values |\n|---|---:|---:|---|---|---|\n")
	for i := range columns {
		c := &columns[i]
		w.row(markdownName(c.Name), markdownName(c.Filled), c.Distinct, markdownName(c.Values), markdownName(c.Domains), markdownName(c.numbers()))
	}
}

// htmlColumns are the columns of a profile.
type htmlColumns struct {
	Records int64
	Columns []profiled
}

func (w *htmlWriter) columns(r *rule.Result) any {
	if r.Profile == nil || len(r.Profile.Columns) == 0 {
		return nil
	}
	var out htmlColumns
	out.Columns, out.Records = profileOf(r.Profile)
	return out
}

// shapes returns the columns with rejected values.
func (w *htmlWriter) shapes(r *rule.Result) any {
	if r.Profile == nil {
		return nil
	}
	var out []profiled
	columns, _ := profileOf(r.Profile)
	for _, c := range columns {
		if len(c.Rejected) > 0 {
			out = append(out, c)
		}
	}
	if out == nil {
		return nil
	}
	return out
}
