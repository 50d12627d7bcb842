package mapping

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// PhoneMetadata is the version of the number plans by which the step phone reads numbers
// that are not yet in E.164: that of Google's libphonenumber from which
// github.com/nyaruka/phonenumbers has them.
const PhoneMetadata = "9.0.32"

// readPhone reads {region: COLUMN, default-region: CODE}.
func readPhone(r *reader, arg *yaml.Node) stepSpec {
	var columns []text
	fixed := ""
	if given(arg) {
		for _, e := range r.entries(arg, "phone", "region", "default-region") {
			switch e.key.Value {
			case "region":
				columns = []text{r.text(e.value, "region")}
			case "default-region":
				s := r.scalar(e.value, "default-region")
				if fixed = Region(s); fixed == "" {
					r.fail(e.value, "default-region: a country such as US or Germany is expected")
				}
			}
		}
	}
	return stepSpec{
		columns: columns,
		looks: func(o stepOptions) step {
			p := newPhones(o.look, len(columns) > 0, fixed)
			if p.region == "" {
				p.region = o.defaultRegion
			}
			return p.step
		},
		wide:  widePhone,
		tried: "not a phone number with its country",
		failures: [numStepResults]string{
			stepDigitsLost:    "phone: the digits are lost: a spreadsheet rewrote the number (such as 4.43E+11); export again, with the column as text",
			stepNoRegion:      "phone: a national number, and nothing says of which country: give the step a `region` or a `default-region`",
			stepUnknownRegion: "phone: a national number, and its region is no country that is known",
			stepExtension:     "phone: a number with an extension, which the import cannot hold",
			stepAmbiguous:     "phone: it may be a national number, or one with its country that lacks the plus; put `prefix` before `phone` if all of them lack it",
		},
	}
}

// Region returns the ISO code of a country that is written as such a code (of two or three
// letters, in any case) or by its English name; "" if it is none that has phone numbers.
func Region(country string) string {
	country = strings.TrimSpace(country)
	if len(country) == 2 || len(country) == 3 {
		if r, err := language.ParseRegion(strings.ToUpper(country)); err == nil && r.IsCountry() {
			if code := r.Canonicalize().String(); phonenumbers.GetSupportedRegions()[code] {
				return code
			}
		}
	}
	return countries()[strings.ToLower(country)]
}

// countries are the codes of countries by their English names, in lower case.
var countries = sync.OnceValue(func() map[string]string {
	names := map[string]string{
		"uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "united states of america": "US",
		"u.s.a.": "US", "u.s.": "US", "u.k.": "GB", "czech republic": "CZ", "turkey": "TR", "russian federation": "RU", "viet nam": "VN",
		"korea, republic of": "KR", "republic of korea": "KR", "south korea": "KR", "the netherlands": "NL", "holland": "NL", "ivory coast": "CI", "cape verde": "CV",
		"swaziland": "SZ", "macedonia": "MK", "burma": "MM", "hong kong": "HK", "macau": "MO", "iran, islamic republic of": "IR", "taiwan, province of china": "TW",
	}
	english := display.English.Regions()
	for code := range phonenumbers.GetSupportedRegions() {
		if r, err := language.ParseRegion(code); err == nil {
			names[strings.ToLower(english.Name(r))] = code
		}
	}
	return names
})

// phones brings numbers to E.164. It is for one goroutine.
type phones struct {
	look      func(k int) []byte // at the region's column
	hasColumn bool
	region    string            // where the column has none
	regions   map[string]string // codes by what the column has
	known     map[string]string // numbers by region and text; a failure begins with a zero byte
}

// mostKnown is how many numbers and regions are remembered.
const mostKnown = 4096

func newPhones(look func(k int) []byte, hasColumn bool, region string) *phones {
	return &phones{look: look, hasColumn: hasColumn, region: region, regions: map[string]string{}, known: map[string]string{}}
}

func (p *phones) step(dst, v []byte) ([]byte, stepResult) {
	if isE164(v) {
		return append(dst, v...), stepDone
	}
	region, unknown := p.region, false
	if p.hasColumn {
		if column := p.look(0); len(column) > 0 {
			region = p.regionOf(column)
			unknown = region == ""
		}
	}
	var scratch [64]byte
	key := append(append(append(scratch[:0], region...), ' '), v...)
	out, there := p.known[string(key)]
	if !there {
		out = e164(v, region)
		if len(v) <= 64 {
			if len(p.known) >= mostKnown {
				clear(p.known)
			}
			p.known[string(key)] = out
		}
	}
	if out[0] != 0 {
		return append(dst, out...), stepDone
	}
	result := stepResult(out[1])
	if result == stepNoRegion && unknown {
		result = stepUnknownRegion
	}
	return dst, result
}

// regionOf returns the code of the region that a column names, "" if that is none.
func (p *phones) regionOf(column []byte) string {
	code, there := p.regions[string(column)]
	if !there {
		code = Region(string(column))
		if len(p.regions) >= mostKnown {
			clear(p.regions)
		}
		if len(column) <= 64 {
			p.regions[string(column)] = code
		}
	}
	return code
}

// asNumber is how a spreadsheet writes long numbers.
var asNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+$`) })

// twoNumbers is how the library takes a second number, or extension, which it leaves out.
var twoNumbers = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[\\/] *x`) })

// leastE164 is the length of the shortest numbers in E.164 that are not looked at: those
// with fewer than seven digits are judged by the lengths that their country has.
const leastE164 = 8

// isE164 reports whether a number is a plus and 7 to 15 digits, the first not 0.
func isE164(v []byte) bool { return len(v) >= leastE164 && value.IsPhone(v) }

// e164 returns a number in E.164, or a zero byte and why there is none.
func e164(v []byte, region string) string {
	fail := func(r stepResult) string { return string([]byte{0, byte(r)}) }
	v = bytes.TrimFunc(bytes.TrimPrefix(bytes.TrimFunc(v, isAround), []byte("'")), isAround)
	if isE164(v) {
		return string(v)
	}
	if asNumber().Match(v) {
		return fail(stepDigitsLost)
	}
	n, err := phonenumbers.Parse(string(v), region)
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode) && region == "" && !mayBeInternational(v):
		return fail(stepNoRegion)
	case err != nil:
		return fail(stepFailed)
	case n.GetExtension() != "" || twoNumbers().Match(v):
		return fail(stepExtension)
	case phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE:
		return fail(stepFailed)
	case mayLackPlus(v, n, region):
		return fail(stepAmbiguous)
	}
	out := phonenumbers.Format(n, phonenumbers.E164)
	if !value.IsPhone([]byte(out)) {
		return fail(stepFailed)
	}
	return out
}

// isAround reports whether a character may stand around a number, and says nothing: white
// space, and the marks of directions with which numbers are copied from some programs. A
// character that was lost may have been a digit.
func isAround(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(value.Invisible, r) && r < 0xFFF0
}

// mayLackPlus reports whether n, which was read from v as a national number, would be a
// number of the same country as well if a plus came before it. A national number would have
// a zero, or so, before it, but spreadsheets take away both. In most countries the lengths
// tell the two apart; in Germany, for one, they do not.
func mayLackPlus(v []byte, n *phonenumbers.PhoneNumber, region string) bool {
	national := phonenumbers.GetNationalSignificantNumber(n)
	if mayBeInternational(v) || !strings.HasPrefix(national, strconv.Itoa(int(n.GetCountryCode()))) ||
		phonenumbers.NormalizeDigitsOnly(string(v)) != national || phonenumbers.GetNddPrefixForRegion(region, true) == "" {
		return false
	}
	with, err := phonenumbers.Parse("+"+national, "")
	return err == nil && phonenumbers.IsValidNumber(with)
}

// mayBeInternational reports whether a number begins with a plus.
func mayBeInternational(v []byte) bool {
	return bytes.HasPrefix(v, []byte("+")) || bytes.HasPrefix(v, []byte("\uFF0B")) || bytes.HasPrefix(bytes.ToLower(v), []byte("tel:+"))
}

// widePhone leaves alone what is in E.164 already.
func widePhone(exact step) columnStep {
	return func(c *Columns, values []scan.Span) {
		c.reserve(0)
		padded := c.Buf[:cap(c.Buf)]
		for i, v := range values {
			if size := v.Len(); size != 0 && (size < leastE164 || !value.SoundPhone(value.Ahead(padded, v), size)) {
				c.one(exact, values, i)
				padded = c.Buf[:cap(c.Buf)]
			}
		}
	}
}
