package legacy

import (
	"bytes"
	"net/url"

	"github.com/valyala/fastjson"

	"poolprep/validate/row"
	"poolprep/validate/scan"
)

// Mender returns what reads the records that the exporter of a system writes wrong, for
// records of so many fields; nil: nothing is known of such records.
func Mender(system string, fields int) row.Mender {
	if system == "firebase" && (fields == 29 || fields == 53) {
		return unescaped{firebaseFields(fields)}
	}
	return nil
}

// field is what stands in a field of Firebase's CSV.
type field uint8

const (
	fieldEmpty  field = iota
	fieldID           // a text without commas and quotes
	fieldEmail        // an address, or empty
	fieldFlag         // true, false, or empty
	fieldBase64       // or empty
	fieldName         // any text: in quotes if it has a comma
	fieldURL          // or empty
	fieldNumber       // digits, or empty
	fieldPhone        // digits after a plus, or empty
	fieldJSON         // an object, in quotes, or empty
	// The id of a user at a provider. If it is empty, so are the three fields after it.
	fieldProvider
)

// firebaseFields are the fields of a record: 28 and nothing after the last comma, or 52.
func firebaseFields(n int) []field {
	provider := []field{fieldProvider, fieldEmail, fieldName, fieldURL}
	fields := []field{fieldID, fieldEmail, fieldFlag, fieldBase64, fieldBase64, fieldName, fieldURL}
	for range 4 {
		fields = append(fields, provider...)
	}
	fields = append(fields, fieldNumber, fieldNumber, fieldPhone, fieldFlag, fieldJSON)
	for len(fields)+1 < n {
		fields = append(fields, provider...)
	}
	return append(fields, fieldEmpty)
}

// What of a record is looked at.
const (
	maxMended = 16 << 10 // bytes
	maxCommas = 256      // in values
	maxLooks  = 1 << 20  // bytes looked at, again and again
)

// unescaped reads records of firebase-tools before May 2026. It put quotes around a name
// with a comma, and doubled no quote in it; in the JSON of claims it doubled those quotes
// that have no backslash before them. The fields that cannot hold a comma or a quote say
// where the others begin and end. What can be read in two ways is not read.
type unescaped struct{ fields []field }

// Mend is that of row.Mender.
func (u unescaped) Mend(buf []byte, rec scan.Span, fields []scan.Span) ([]byte, bool) {
	n := len(u.fields)
	if rec.Len() > maxMended || len(fields) != n {
		return buf, false
	}
	text := rec.Of(buf)
	surplus := bytes.Count(text, []byte{','}) - (n - 1)
	if surplus < 0 || surplus > maxCommas || bytes.IndexByte(text, 0) >= 0 {
		return buf, false
	}
	r := reading{fields: u.fields, text: text, surplus: surplus}
	r.ends = make([]int, 0, n+surplus)
	for i, c := range text {
		if c == ',' {
			r.ends = append(r.ends, i)
		}
	}
	r.ends = append(r.ends, len(text))
	r.ways = make([]int8, 2*n*(surplus+1))
	if r.count(0, 0, false) != 1 || r.looks > maxLooks {
		return buf, false
	}
	r.looks = 0 // count knows all that is asked from here on, but for one look at each value
	for i, used, none := 0, 0, false; i < n; i++ {
		var more int
		for ; r.then(i, used, more, none) == 0; more++ {
		}
		value := r.value(i, used, more)
		fields[i] = scan.Span{Start: rec.Start + uint32(value.start), End: rec.Start + uint32(value.end)}
		if u.fields[i] == fieldJSON && value.start < value.end {
			claims, _ := claimsOf(r.text[r.start(i, used):r.ends[i+used+more]])
			start := uint32(len(buf))
			buf = append(buf, claims...)
			fields[i] = scan.Span{Start: start, End: uint32(len(buf))}
		}
		none = r.noProvider(i, used, more, none)
		used += more
	}
	return buf, true
}

// reading finds the ways in which a record can be read.
type reading struct {
	fields  []field
	text    []byte
	ends    []int // where commas are, and the end
	surplus int   // commas that belong to values
	looks   int
	ways    []int8 // count by its arguments, and 1; 0: not yet known
}

// span is a part of the text.
type span struct{ start, end int }

// start returns where field i begins if used commas are in values before it.
func (r *reading) start(i, used int) int {
	if i+used == 0 {
		return 0
	}
	return r.ends[i+used-1] + 1
}

// value returns where the value of field i is, with more commas in it.
func (r *reading) value(i, used, more int) span {
	s := span{r.start(i, used), r.ends[i+used+more]}
	if r.fields[i] == fieldName && more > 0 && s.end-s.start > 1 && r.text[s.start] == '"' && r.text[s.end-1] == '"' {
		return span{s.start + 1, s.end - 1}
	}
	return s
}

// count returns in how many ways, 2 standing for more, the fields from i on can be read.
// none is true in the fields of a provider that the user does not have.
func (r *reading) count(i, used int, none bool) int {
	if i == len(r.fields) {
		if used == r.surplus {
			return 1
		}
		return 0
	}
	known := &r.ways[2*(i*(r.surplus+1)+used)]
	if none {
		known = &r.ways[2*(i*(r.surplus+1)+used)+1]
	}
	if *known == 0 {
		ways := 0
		for more := 0; used+more <= r.surplus && ways < 2; more++ {
			ways += r.then(i, used, more, none)
		}
		*known = int8(min(ways, 2) + 1)
	}
	return int(*known) - 1
}

// then is count if field i has more commas.
func (r *reading) then(i, used, more int, none bool) int {
	if !r.fits(i, used, more, none) {
		return 0
	}
	return r.count(i+1, used+more, r.noProvider(i, used, more, none))
}

// noProvider returns none for the field after i.
func (r *reading) noProvider(i, used, more int, none bool) bool {
	if r.fields[i] == fieldProvider {
		return r.start(i, used) == r.ends[i+used+more]
	}
	return none && i+1 < len(r.fields) && (r.fields[i] == fieldEmail || r.fields[i] == fieldName)
}

// fits reports whether what stands in field i, with more commas, can be its value.
func (r *reading) fits(i, used, more int, none bool) bool {
	text := r.text[r.start(i, used):r.ends[i+used+more]]
	if r.looks += len(text) + 1; r.looks > maxLooks {
		return false
	}
	if more > 0 && r.fields[i] != fieldName && r.fields[i] != fieldURL && r.fields[i] != fieldJSON || none && len(text) > 0 {
		return false
	}
	if len(text) == 0 {
		return r.fields[i] != fieldID
	}
	switch r.fields[i] {
	case fieldID, fieldProvider:
		return plain(text)
	case fieldEmail:
		return plain(text) && bytes.IndexByte(text, '@') > 0 && bytes.IndexByte(text, ' ') < 0
	case fieldFlag:
		return string(text) == "true" || string(text) == "false"
	case fieldBase64:
		return len(bytes.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-")) == 0
	case fieldName:
		return isName(text, more > 0)
	case fieldURL:
		return isURL(text)
	case fieldNumber:
		return allDigits(text)
	case fieldPhone:
		return text[0] == '+' && len(text) > 1 && allDigits(text[1:])
	case fieldJSON:
		_, ok := claimsOf(text)
		return ok
	}
	return false
}

func allDigits(text []byte) bool { return len(bytes.Trim(text, "0123456789")) == 0 }

// plain reports whether a text has neither quotes nor control characters.
func plain(text []byte) bool {
	return bytes.IndexFunc(text, func(r rune) bool { return r == '"' || r < ' ' }) < 0
}

// isName reports whether a text can be a name as it was written: in quotes exactly if it has
// a comma. Where somebody doubled the quotes in it, nobody knows which ones are meant.
func isName(text []byte, comma bool) bool {
	first, last := text[0] == '"', len(text) > 1 && text[len(text)-1] == '"'
	if !comma {
		return !first
	}
	return first && last && !bytes.Contains(text[1:len(text)-1], []byte(`""`))
}

// isURL reports whether a text is the address of a picture.
func isURL(text []byte) bool {
	if !bytes.HasPrefix(text, []byte("https://")) && !bytes.HasPrefix(text, []byte("http://")) || !plain(text) || bytes.IndexByte(text, ' ') >= 0 {
		return false
	}
	u, err := url.Parse(string(text))
	return err == nil && u.Host != ""
}

// claimsOf returns the JSON object in a field. There must be only one.
func claimsOf(text []byte) (claims []byte, ok bool) {
	if len(text) < 2 || text[0] == '{' != (text[len(text)-1] == '}') {
		return nil, false
	}
	candidates := [][]byte{text}
	if text[0] == '"' {
		if text[len(text)-1] != '"' {
			return nil, false
		}
		inner := text[1 : len(text)-1]
		candidates = [][]byte{inner, halved(inner, false), halved(inner, true)}
	}
	for _, c := range candidates {
		if len(c) < 2 || c[0] != '{' || fastjson.ValidateBytes(c) != nil || ok && bytes.Equal(c, claims) {
			continue
		}
		if ok {
			return nil, false
		}
		claims, ok = c, true
	}
	return claims, ok
}

// halved returns a text with one quote in the place of two; nil if there is a single one,
// unless a backslash stands before it, where afterBackslash says that such quotes were not
// doubled.
func halved(text []byte, afterBackslash bool) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		out = append(out, c)
		switch {
		case c != '"' || afterBackslash && i > 0 && text[i-1] == '\\':
		case i+1 == len(text) || text[i+1] != '"':
			return nil
		default:
			i++
		}
	}
	return out
}
