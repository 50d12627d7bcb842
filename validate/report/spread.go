package report

import (
	"math/bits"
	"slices"
	"strconv"

	"poolprep/validate/escape"
	"poolprep/validate/rule"
)

// spread counts where in the inputs findings are: a histogram for each input over the
// numbers of its records. What it takes is bounded: a histogram that grows too long is
// folded to half as many bins, twice as wide.
type spread struct {
	files []spreadFile
	last  int // file of the last finding
	more  bool
}

const (
	maxBins        = 128
	maxSpreadFiles = 50
)

// spreadFile is the histogram of an input.
type spreadFile struct {
	name  string
	shift int // a bin has 1 << shift records
	bins  [maxBins]spreadBin
	used  int
}

type spreadBin struct{ errors, warnings int64 }

// add counts an error or a warning about a record.
func (s *spread) add(f *rule.Finding) {
	if f.Record <= 0 || f.Severity != rule.Error && f.Severity != rule.Warning {
		return
	}
	if s.last >= len(s.files) || s.files[s.last].name != f.File {
		s.last = slices.IndexFunc(s.files, func(file spreadFile) bool { return file.name == f.File })
		if s.last < 0 && len(s.files) == maxSpreadFiles {
			s.last, s.more = 0, true
			return
		}
		if s.last < 0 {
			s.last, s.files = len(s.files), append(s.files, spreadFile{name: f.File})
		}
	}
	bin := s.files[s.last].bin(f.Record)
	if f.Severity == rule.Error {
		bin.errors++
	} else {
		bin.warnings++
	}
}

// bin returns the bin of a record, from 1.
func (h *spreadFile) bin(record int64) *spreadBin {
	i := (record - 1) >> h.shift
	for ; i >= maxBins; i >>= 1 {
		h.fold()
	}
	h.used = max(h.used, int(i)+1)
	return &h.bins[i]
}

// fold makes bins of twice as many records.
func (h *spreadFile) fold() {
	for i := range maxBins / 2 {
		a, b := h.bins[2*i], h.bins[2*i+1]
		h.bins[i] = spreadBin{a.errors + b.errors, a.warnings + b.warnings}
	}
	clear(h.bins[maxBins/2:])
	h.shift, h.used = h.shift+1, (h.used+1)/2
}

// spreadCharts are the histograms as they are drawn.
type spreadCharts struct {
	Files    []spreadChart
	Warnings bool
	More     bool // there are inputs that are not drawn
}

// spreadChart is one of them: bars from left to right, heights in percent.
type spreadChart struct {
	Name  string
	Width int // bins
	Rows  int64
	Most  int64 // findings in the highest bar
	Bars  []spreadBar
}

type spreadBar struct {
	X                 int
	Errors, Warnings  string // heights
	ErrorY, WarningY  string
	Title             string
	HasError, HasWarn bool
}

// charts returns what is drawn, nil if there is nothing. The sources say how many rows an
// input has.
func (s *spread) charts(sources []rule.Source) any {
	if len(s.files) == 0 {
		return nil
	}
	out := spreadCharts{More: s.more}
	for i := range s.files {
		h := &s.files[i]
		var rows int64
		for _, source := range sources {
			if source.Name == h.name {
				rows = max(rows, source.Rows)
			}
		}
		chart := h.chart(rows)
		for _, b := range chart.Bars {
			out.Warnings = out.Warnings || b.HasWarn
		}
		out.Files = append(out.Files, chart)
	}
	return out
}

// chart draws a histogram of an input with at least so many rows.
func (h *spreadFile) chart(rows int64) spreadChart {
	if rows > 0 && bits.Len64(uint64(rows-1)>>h.shift) > bits.Len(maxBins-1) { // clean rows at the end
		findings := *h
		h = &findings
		for (rows-1)>>h.shift >= maxBins {
			h.fold()
		}
	}
	rows = max(rows, 1+int64(h.used-1)<<h.shift)
	c := spreadChart{Name: escape.String(h.name), Width: int((rows-1)>>h.shift) + 1, Rows: rows}
	for _, b := range h.bins[:h.used] {
		c.Most = max(c.Most, b.errors+b.warnings)
	}
	for i, b := range h.bins[:h.used] {
		if b.errors+b.warnings == 0 {
			continue
		}
		height := func(n int64) float64 {
			if n == 0 {
				return 0
			}
			return max(3, 97*float64(n)/float64(c.Most)) // seen, however few there are
		}
		number := func(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }
		e, w := height(b.errors), height(b.warnings)
		from, to := 1+int64(i)<<h.shift, min(rows, int64(i+1)<<h.shift)
		title := "rows " + strconv.FormatInt(from, 10) + " to " + strconv.FormatInt(to, 10) + ": "
		if from == to {
			title = "row " + strconv.FormatInt(from, 10) + ": "
		}
		title += count(b.errors, "error")
		if b.warnings > 0 {
			title += ", " + count(b.warnings, "warning")
		}
		c.Bars = append(c.Bars, spreadBar{
			X: i, Errors: number(e), ErrorY: number(100 - e), Warnings: number(w), WarningY: number(100 - e - w),
			Title: title, HasError: b.errors > 0, HasWarn: b.warnings > 0,
		})
	}
	return c
}
