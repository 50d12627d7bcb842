package validate

import (
	"context"
	"io"

	"poolprep/validate/scan"
	"poolprep/validate/shard"
	"poolprep/validate/source"
)

// This file reads a part of an input as a part of it: with the header, the dialect and the
// positions of the whole.

// Divisible reports whether ranges of an opened input can be read by themselves: it is a
// regular file or an object of UTF-8, not compressed, or of frames of which there may be
// several.
func (in *Input) Divisible() bool {
	return in.source != nil && (in.source.Plain() || in.source.Framed())
}

// GoTo makes an input, whose header was read, a range of itself, one of a plan; the first range
// goes on after the header. All of the input is read by its ranges. If the text ends before
// the range begins, it returns io.ErrUnexpectedEOF.
func (in *Input) GoTo(ctx context.Context, p *shard.Plan, r shard.Range) error {
	if end := p.FileEnd(r); end > 0 {
		in.source.Expect(end)
	}
	if from := r.Place(); from.Pos.Offset > 0 {
		if err := in.settleLineEnd(ctx); err != nil {
			return err
		}
		if err := in.seek(r); err != nil {
			return err
		}
		splitter, err := in.splitter.From(in.source, from)
		if err != nil {
			return err
		}
		in.splitter, in.blanks, in.blank = splitter, nil, 0 // blank lines before the header are in the first range
	}
	in.splitter.StopAt(p.End(r))
	return nil
}

// seek lets the text be read from the beginning of a range on.
func (in *Input) seek(r shard.Range) error {
	if in.source.Framed() {
		return in.source.GoToFrame(r.Frame, r.Offset)
	}
	return in.source.GoTo(r.Offset)
}

// settleLineEnd reads the first records where that alone tells what records end with.
func (in *Input) settleLineEnd(ctx context.Context) error {
	if in.splitter.Started() {
		return nil
	}
	_, err := source.Await(ctx, func() (struct{}, error) { return struct{}{}, in.splitter.Next(new(scan.Block)) })
	if err == io.EOF {
		return nil
	}
	return err
}

// Places tells c of the rows of the input, block by block, and of places from which GoTo can
// read on. There are so many of them that about aim bytes are between two, where records allow
// that; of a compressed input, which must be opened with Reading.Frames, the first one of each
// frame is named, so that nearly nothing is decompressed twice. The header must have been read;
// the input is read to its end. Each block is shown to block, in order, if that is not
// nil.
func (in *Input) Places(ctx context.Context, workers, aim int, c *shard.Cutter, block func(*scan.Block) error) error {
	in.splitter.AimAt(aim)
	type counted struct {
		index   scan.Index
		records int64 // without blank lines
		sum     uint32
	}
	var next *scan.Place // after the rows so far
	var last source.Frame
	err := scan.Run(ctx, in.splitter, workers, func() *counted { return new(counted) },
		func(b *scan.Block, n *counted) {
			n.sum = shard.Checksum(b.Data)
			records, _, ok := b.Count()
			if n.records = int64(records); ok {
				return
			}
			n.records = 0
			b.Index(&n.index)
			for i := range n.index.Records {
				if !n.index.Records[i].Blank {
					n.records++
				}
			}
		},
		func(b *scan.Block, n *counted) error {
			if len(b.Data) > 0 && next != nil { // text beyond the place was read, so its frame is known
				frame := in.source.FrameAt(next.Pos.Offset)
				if !in.source.Framed() || frame != last {
					c.Place(*next, frame)
				}
				next, last = nil, frame
			}
			c.Rows(n.records, int64(len(b.Data)), n.sum)
			if place, ok := b.After(); ok {
				next = &place
			}
			if block != nil {
				return block(b)
			}
			return nil
		})
	return in.broken(err)
}
