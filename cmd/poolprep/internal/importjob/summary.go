package importjob

import (
	"slices"

	"poolprep/transform/sink"
)

// Summary is what came of an import, or of a part of it.
type Summary struct {
	Chunks []ChunkSummary
	Chosen []int  // numbers of the chunks that were to be imported; nil: all
	Active string // ID of the job that may be running, ""
	Retry  int    // records in retry.csv or retry.ndjson
	Why    error  // that holds rows of the chunks instead of source records; nil: it does not
}

// ChunkSummary is what came of a chunk.
type ChunkSummary struct {
	Number int
	Rows   int64
	Counts Counts
	Status string // of the job, or another word for where the chunk is
	Job    string // its ID, "" if there is none
}

// Total returns the sum over the chunks.
func (o *Summary) Total() (c Counts) {
	for i := range o.Chunks {
		c.Add(o.Chunks[i].Counts)
	}
	return c
}

// ChosenTotal returns the sum over the chunks that were to be imported.
func (o *Summary) ChosenTotal() (c Counts) {
	for i := range o.Chunks {
		if o.Chosen == nil || slices.Contains(o.Chosen, o.Chunks[i].Number) {
			c.Add(o.Chunks[i].Counts)
		}
	}
	return c
}

// Left returns how many chunks have rows of which nothing is known.
func (o *Summary) Left() (n int) {
	for i := range o.Chunks {
		if c := &o.Chunks[i]; c.Counts.Rows()-c.Counts.Unknown < c.Rows {
			n++
		}
	}
	return n
}

// summary returns what the journal says.
func (d *driver) summary() *Summary {
	out := d.state.summary(d.Manifest)
	if a := d.state.active(); a != nil && !a.waiting {
		out.Active = a.job
	}
	return out
}

// summary returns what came of each chunk.
func (s *state) summary(m *sink.Manifest) *Summary {
	out := &Summary{}
	for i, c := range s.chunks {
		o := ChunkSummary{Number: c.number, Rows: m.Chunks[i].Rows, Status: "not begun"}
		a := c.current()
		if a != nil && !a.abandoned {
			o.Job = a.job
		}
		switch {
		case c.results != nil && c.noJobEnded():
			o.Status = "reconciled"
		case a == nil || a.abandoned:
		case a.ended != nil:
			o.Status = string(a.ended.Status)
		case a.startSent:
			o.Status = "started"
		case a.uploaded:
			o.Status = "uploaded"
		default:
			o.Status = "created"
		}
		switch {
		case c.results != nil:
			o.Counts = *c.results
		case a != nil && a.ended != nil:
			o.Counts = *a.ended.Counts
		}
		out.Chunks = append(out.Chunks, o)
	}
	return out
}
