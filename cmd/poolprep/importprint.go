package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/cmd/poolprep/internal/importjob"
	"poolprep/validate/escape"
)

// importPrinter shows the progress of an import: on a terminal in one line
// that is written over, otherwise now and then in a line of its own.
type importPrinter struct {
	w        io.Writer
	terminal bool
	width    func() int // columns that a line on the terminal may have
	plain    bool
	quiet    bool
	verbose  bool
	shown    bool      // a line is there that the next one is written over
	begun    time.Time // of the first job's work
	base     int64     // rows that were done then
	told     time.Time
	last     cognito.Status
}

// plainEvery is the least time between two lines about the same state.
const plainEvery = 5 * time.Second

// Note tells something that everybody shall know.
func (t *importPrinter) Note(text string) {
	if !t.quiet {
		t.line(text)
	}
}

// Detail tells a step.
func (t *importPrinter) Detail(text string) {
	if t.verbose {
		t.line(text)
	}
}

func (t *importPrinter) line(text string) {
	t.end()
	printf(t.w, "%s\n", text)
}

// end clears the line of the progress.
func (t *importPrinter) end() {
	if t.shown {
		fmt.Fprint(t.w, "\r\x1b[K")
		t.shown = false
	}
}

// Progress shows how many rows are done.
func (t *importPrinter) Progress(p importjob.Progress) {
	if p.Status == "" {
		return
	}
	now := time.Now()
	if t.begun.IsZero() {
		t.begun, t.base = now, p.Before+p.Imported+p.Skipped+p.Failed
	}
	switch text := t.text(p, now); {
	case t.terminal:
		fmt.Fprintf(t.w, "\r%s\x1b[K", strings.ToValidUTF8(text[:min(len(text), t.width())], ""))
		t.shown = true
	case t.plain && (p.Status != t.last || now.Sub(t.told) >= plainEvery):
		fmt.Fprintln(t.w, text)
		t.told, t.last = now, p.Status
	}
}

// text returns how much of the rows is done and what became of them, and how long the rest
// takes at the rate so far. It fits a terminal of 80 columns but for enormous numbers.
func (t *importPrinter) text(p importjob.Progress, now time.Time) string {
	done := p.Before + p.Imported + p.Skipped + p.Failed
	var b strings.Builder
	printf(&b, "chunk %d/%d", p.Chunk, p.Chunks)
	if p.Status != cognito.InProgress {
		printf(&b, " %s", p.Status)
	}
	if p.Total > 0 {
		fmt.Fprintf(&b, " %d%%", 100*done/p.Total)
	}
	fmt.Fprintf(&b, ": %s imported, %s skipped, %s failed", humanize.Comma(p.Done.Imported+p.Imported), humanize.Comma(p.Done.Skipped+p.Skipped), humanize.Comma(p.Done.Failed+p.Failed))
	if elapsed := now.Sub(t.begun).Seconds(); done > t.base && elapsed > 0 {
		rate := float64(done-t.base) / elapsed
		left := time.Duration(float64(p.Total-done) / rate * float64(time.Second)).Round(time.Second)
		fmt.Fprintf(&b, ", %s left", left)
		if speed := fmt.Sprintf(", %s users/s", humanize.Comma(int64(rate))); b.Len()+len(speed) < 80 {
			b.WriteString(speed)
		}
	}
	return b.String()
}

// writeOutcome writes what came of each chunk as a table.
func writeOutcome(w io.Writer, out *importjob.Summary) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "CHUNK\tROWS\tIMPORTED\tSKIPPED\tFAILED\tUNKNOWN\tSTATUS\tJOB")
	var rows int64
	row := func(name string, rows int64, c importjob.Counts, status, job string) {
		line := strings.Join([]string{name, humanize.Comma(rows), humanize.Comma(c.Imported), humanize.Comma(c.Skipped),
			humanize.Comma(c.Failed), humanize.Comma(c.Unknown), escape.String(status), escape.String(job)}, "\t")
		fmt.Fprintln(t, strings.TrimRight(line, "\t"))
	}
	for i := range out.Chunks {
		c := &out.Chunks[i]
		rows += c.Rows
		row(fmt.Sprint(c.Number), c.Rows, c.Counts, c.Status, c.Job)
	}
	row("total", rows, out.Total(), "", "")
	return t.Flush()
}

// printOutcome says what is to be done now, and turns the counts into the error that
// sets the exit code.
func printOutcome(s *streams, run *importjob.RunDir, out *importjob.Summary, quiet bool) error {
	total, dir, w := out.Total(), run.Path, s.err
	if !quiet {
		printDone(w, out)
	}
	if total.Failed+total.Skipped > 0 && !quiet {
		if err := printReasons(w, run); err != nil {
			return err
		}
	}
	retry := run.RetryFile(out.Why != nil)
	if out.Why != nil && !quiet {
		printf(w, "%s contains header and rows of the chunks, not of the source: %v. With --source FILE it gets the records of the source.\n", retry, out.Why)
	}
	if total.Failed > 0 && !quiet {
		printf(w, "%s failed: %s/results.jsonl says why; fix %s/%s and convert it into a new run directory:\n%s\n", count(total.Failed, "row"), dir, dir, retry, retryCommand(s, run, out.Why != nil))
	}
	switch total := out.ChosenTotal(); {
	case total.Unknown > 0:
		return fmt.Errorf("the outcome of %s is unknown: the log has no line for them. Once it has, the same command, or `poolprep reconcile` with the whole log, completes %s/results.jsonl", count(total.Unknown, "row"), dir)
	case total.Failed > 0:
		return errFindings
	}
	return nil
}

// printDone says what came of the chunks in one line, and which are left.
func printDone(w io.Writer, out *importjob.Summary) {
	total, left := out.ChosenTotal(), out.Left()
	which := "All chunks are"
	switch {
	case len(out.Chunks) == 0 || total.Unknown > 0:
		return
	case len(out.Chosen) == 1:
		which = fmt.Sprintf("Chunk %d is", out.Chosen[0])
	case out.Chosen != nil:
		which = "The chosen chunks are"
	case left > 0:
		return
	}
	printf(w, "%s done: %s imported", which, humanize.Comma(total.Imported))
	if total.Skipped > 0 {
		printf(w, ", %s skipped", humanize.Comma(total.Skipped))
	}
	printf(w, ", %s failed.", humanize.Comma(total.Failed))
	if left > 0 {
		printf(w, " Left: %s, which the command without --chunks imports.", count(int64(left), "chunk"))
	}
	printf(w, "\n")
}

// mostReasons is how many reasons are printed.
const mostReasons = 5

// printReasons prints how many rows failed or were skipped for which reason.
func printReasons(w io.Writer, run *importjob.RunDir) error {
	reasons, err := run.Reasons()
	if err != nil {
		return err
	}
	for i, r := range reasons {
		if i == mostReasons {
			printf(w, "  and %s more; %s has all of them\n", count(int64(len(reasons)-i), "reason"), importjob.ResultsName)
			break
		}
		text := r.Message
		if text == "" {
			text = "other reasons"
		}
		printf(w, "  %s %s: %s\n", humanize.Comma(r.Rows), r.Status, text)
	}
	return nil
}

// writePlan writes what an import would do.
func writePlan(w io.Writer, plan []importjob.Step) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "CHUNK\tFILE\tROWS\tBYTES\tHASHES\tWOULD")
	for _, s := range plan {
		printf(t, "%d\t%s\t%s\t%s\t%s\t%s\n", s.Number, s.File, humanize.Comma(s.Rows), humanize.Bytes(uint64(s.Bytes)), s.Algorithm, s.Would)
	}
	return t.Flush()
}
