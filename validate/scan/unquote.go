package scan

import "bytes"

// Unquote appends the given records, which are next to each other, as an import
// file holds them: without quotes, and with a backslash before each comma that
// stood between quotes. Where each ends in dst is appended to ends.
//
// Only for a block with Content, whose fields are separated by commas and whose
// records end with LF, or the last one with nothing; no quote may be doubled.
func (b *Block) Unquote(dst []byte, ends []uint32, records []Record) ([]byte, []uint32) {
	first, last := &records[0], &records[len(records)-1]
	if last.Next == last.End {
		if len(records) > 1 {
			dst, ends = b.Unquote(dst, ends, records[:len(records)-1])
		}
		dst = append(appendUnquoted(dst, b.Data[last.Start:last.End], b.Quote()), '\n')
		return dst, append(ends, uint32(len(dst)))
	}
	data := b.Data[first.Start:last.Next]
	if b.found.quoting&b.found.specials != 0 {
		return active.unquote(dst, data, len(records), ends, b.dialect.Quote)
	}
	base := uint32(len(dst)) - first.Start
	for i := range records {
		ends = append(ends, base+records[i].Next)
	}
	return append(dst, data...), ends
}

func (portable) unquote(dst, data []byte, _ int, ends []uint32, quote byte) ([]byte, []uint32) {
	for len(data) > 0 {
		open := bytes.IndexByte(data, quote)
		if open < 0 {
			open = len(data)
		}
		// Records that end before the next quote stay as they are.
		for plain := data[:open]; len(plain) > 0; {
			line := bytes.IndexByte(plain, '\n') + 1
			if line == 0 {
				dst = append(dst, plain...)
				break
			}
			dst, plain = append(dst, plain[:line]...), plain[line:]
			ends = append(ends, uint32(len(dst)))
		}
		if open == len(data) {
			break
		}
		shut := open + 1 + bytes.IndexByte(data[open+1:], quote)
		dst = appendEscaped(dst, data[open+1:shut])
		data = data[shut+1:]
	}
	return dst, ends
}

// appendUnquoted appends a record without quotes, see Unquote.
func appendUnquoted(dst, record []byte, quote byte) []byte {
	for quote != 0 {
		open := bytes.IndexByte(record, quote)
		if open < 0 {
			break
		}
		dst = append(dst, record[:open]...)
		shut := open + 1 + bytes.IndexByte(record[open+1:], quote)
		dst = appendEscaped(dst, record[open+1:shut])
		record = record[shut+1:]
	}
	return append(dst, record...)
}

// appendEscaped appends a value with a backslash before each comma.
func appendEscaped(dst, v []byte) []byte {
	for {
		i := bytes.IndexByte(v, ',')
		if i < 0 {
			return append(dst, v...)
		}
		dst = append(append(dst, v[:i]...), '\\', ',')
		v = v[i+1:]
	}
}
