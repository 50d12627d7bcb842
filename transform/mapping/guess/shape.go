package guess

import (
	"bytes"
	"hash/maphash"
	"slices"
	"strings"
	"sync"

	"poolprep/validate/value"
)

// shape is what a value looks like. A value may have several.
type shape uint8

const (
	isEmail         shape = iota
	isE164                // +41791234567
	isInternational       // the same with blanks and punctuation
	isZeroZero            // 0041 instead of +41
	isNational            // without its country
	isRewritten           // 4.43E+11
	isSeconds             // since 1970
	isMilliseconds
	isDate
	isBoolean
	isUUID
	isURL
	isLocale
	isUnderscored // a locale with _
	isZone
	isCountry   // two letters, or three
	isHash      // that can be imported
	isOtherHash // the same schemes, written in another way
	isForeignHash
	isNested // an object or list of JSON
	isSpaced // there is white space inside
	isNumber // digits only
	hasZeroInBrackets
	hasApostrophe // before it, as spreadsheets escape
	numShapes
)

// plural says what values of a shape are, for people; "" for what says too little.
var plural = [numShapes]string{
	isEmail: "e-mail addresses", isE164: "phone numbers in E.164", isInternational: "phone numbers with a country code", isZeroZero: "phone numbers that begin with 00",
	isNational: "phone numbers without a country code", isRewritten: "numbers that a spreadsheet rewrote", isSeconds: "seconds since 1970",
	isMilliseconds: "milliseconds since 1970", isDate: "dates", isBoolean: "words for yes and no", isUUID: "UUIDs", isURL: "URLs",
	isLocale: "language codes", isUnderscored: "language codes with _", isZone: "time zones", isCountry: "country codes", isHash: "password hashes",
	isOtherHash: "password hashes written in another way", isForeignHash: "password hashes of a scheme that cannot be imported", isNested: "objects or lists",
}

// column is what is known of a source column. It keeps no value.
type column struct {
	name string
	named
	path    bool // it is a member within others
	filled  int  // values that are not empty, and no word for that
	counts  [numShapes]int
	words   map[string]int // words for yes and no that occur
	hashes  [value.PBKDF2SHA256 + 1]int
	dates   map[dateForm]*order
	seen    map[uint64]bool // hashes of values, of columns that should be unique
	repeats int             // values that stood there before
}

func newColumn(name string) *column {
	c := &column{name: name, named: meaningOf(name)}
	if c.meaning == username || c.meaning == email || c.meaning == identifier {
		c.seen = make(map[uint64]bool)
	}
	return c
}

var seed = maphash.MakeSeed()

// maxForms is how many forms of dates are told apart in a column.
const maxForms = 16

// add takes note of a value that is trimmed and not empty.
func (c *column) add(v []byte) {
	c.filled++
	if c.seen != nil {
		key := maphash.Bytes(seed, v)
		if c.seen[key] {
			c.repeats++
		}
		c.seen[key] = true
	}
	if v[0] == '\'' && len(v) > 1 {
		c.counts[hasApostrophe]++
		v = v[1:]
	}
	count := func(s shape, is bool) {
		if is {
			c.counts[s]++
		}
	}
	text := string(v)
	count(isEmail, value.IsEmail(v))
	count(isURL, strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://"))
	count(isNested, v[0] == '{' || v[0] == '[')
	count(isSpaced, bytes.ContainsAny(v, " \t\u00a0"))
	count(isUUID, isUUIDText(text))
	count(isZone, strings.Contains(text, "/") && zones().MatchString(text))
	count(isCountry, (len(v) == 2 || len(v) == 3) && isUpper(v))
	c.addLocale(text)
	c.addBoolean(text)
	c.addHash(v)
	c.addNumber(v)
	if !c.addDate(text) {
		c.addPhone(text)
	}
}

func (c *column) addLocale(v string) {
	if !locales().MatchString(v) {
		return
	}
	c.counts[isLocale]++
	if strings.Contains(v, "_") {
		c.counts[isUnderscored]++
	}
}

func (c *column) addBoolean(v string) {
	if len(v) > 24 {
		return
	}
	word, ok := booleanWords()[strings.ToLower(v)]
	if !ok {
		return
	}
	c.counts[isBoolean]++
	if c.words == nil {
		c.words = make(map[string]int)
	}
	c.words[word]++
}

// booleanWords are all words for yes and no.
var booleanWords = sync.OnceValue(func() map[string]string {
	m := make(map[string]string)
	for _, b := range booleans {
		for _, word := range append(split(b.yes), split(b.no)...) {
			m[word] = word
		}
	}
	return m
})

// split returns the parts of a list with commas.
func split(list string) []string {
	parts := strings.Split(list, ",")
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
	}
	return parts
}

// foreignHashes is what hashes begin with that cannot be imported.
var foreignHashes = []string{"pbkdf2_", "pbkdf2:", "$P$", "$H$", "$S$", "$wp$", "$argon2i$", "$argon2d$", "$1$", "$5$", "$6$", "$y$", "$apr1$", "sha1$", "md5$", "sha256$", "sha512$", "bcrypt_sha256$", "{"}

// otherHashes is what hashes begin with that the step hash knows.
var otherHashes = []string{"pbkdf2_sha256$", "pbkdf2:sha256:", "bcrypt$$2", "argon2$argon2id$", "scrypt$", "scrypt:"}

func (c *column) addHash(v []byte) {
	if h := value.HashOf(v); h > value.HashAuto {
		c.counts[isHash]++
		c.hashes[h]++
		return
	}
	begins := func(p string) bool { return bytes.HasPrefix(v, []byte(p)) }
	if len(v) > 20 && slices.ContainsFunc(otherHashes, begins) {
		c.counts[isOtherHash]++
		return
	}
	foreign := len(v) > 20 && slices.ContainsFunc(foreignHashes, begins) && !bytes.ContainsAny(v, "\" ")
	if c.meaning == passwordHash && len(v) >= 32 && isHexText(string(v)) || foreign {
		c.counts[isForeignHash]++
	}
}

func (c *column) addNumber(v []byte) {
	if !value.AllDigits(v) {
		return
	}
	c.counts[isNumber]++
	switch {
	case len(v) == 9 || len(v) == 10 && v[0] < '4':
		c.counts[isSeconds]++
	case len(v) == 13 && v[0] < '4' || len(v) == 12:
		c.counts[isMilliseconds]++
	}
}

// addDate takes note of a date. Of eight digits without a separator the column must be
// called so.
func (c *column) addDate(v string) bool {
	form, what, ok := readDate(v)
	if !ok || form.kind == noSeparator && !c.meaning.isTime() {
		return false
	}
	if c.dates == nil {
		c.dates = make(map[dateForm]*order)
	}
	o := c.dates[form]
	if o == nil {
		if len(c.dates) == maxForms {
			return true
		}
		o = new(order)
		c.dates[form] = o
	}
	c.counts[isDate]++
	o.add(&what)
	return true
}

func (o *order) add(more *order) {
	o.count += more.count
	o.dayFirst += more.dayFirst
	o.monthFirst += more.monthFirst
	o.oneDigit = o.oneDigit || more.oneDigit
	o.oneHour = o.oneHour || more.oneHour
}

// punctuation is what people put between the digits of a phone number.
const punctuation = " -()./\u00a0"

func (c *column) addPhone(v string) {
	if scientific().MatchString(v) {
		c.counts[isRewritten]++
		return
	}
	if len(v) > 40 {
		return
	}
	if strings.Contains(v, "(0)") {
		v = strings.Replace(v, "(0)", "", 1)
		c.counts[hasZeroInBrackets]++
	}
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(punctuation, r) {
			return -1
		}
		return r
	}, v)
	switch {
	case value.IsPhone([]byte(v)) && len(v) >= 8:
		c.counts[isE164]++
	case value.IsPhone([]byte(digits)) && len(digits) >= 8:
		c.counts[isInternational]++
	case len(digits) < 6 || len(digits) > 17 || !value.AllDigits([]byte(digits)):
	case strings.HasPrefix(digits, "00") && len(digits) >= 10:
		c.counts[isZeroZero]++
	default:
		c.counts[isNational]++
	}
}

// phones returns how many values are phone numbers of any form.
func (c *column) phones() int {
	return c.counts[isE164] + c.counts[isInternational] + c.counts[isZeroZero] + c.counts[isNational]
}

// most reports whether nine of ten values are so many.
func (c *column) most(n int) bool { return c.filled > 0 && n*10 >= c.filled*9 }

// looks returns the shape that says most of the values, and how many have it; ok is false
// if nearly none has one.
func (c *column) looks() (s shape, n int, ok bool) {
	for candidate := range numShapes {
		if plural[candidate] != "" && c.counts[candidate] > n && (candidate != isBoolean || !c.mostlyNumbers()) {
			s, n = candidate, c.counts[candidate]
		}
	}
	if s == isNational && c.meaning != phone && c.meaning != mobile {
		return s, 0, false // any number may be one
	}
	return s, n, n*2 > c.filled
}

// mostlyNumbers reports whether 0 and 1 may be counts rather than words.
func (c *column) mostlyNumbers() bool { return c.counts[isNumber] > c.counts[isBoolean] }

// merged returns what is known of several columns together.
func merged(columns []*column) *column {
	if len(columns) == 1 {
		return columns[0]
	}
	m := &column{named: columns[0].named, words: make(map[string]int), dates: make(map[dateForm]*order)}
	for _, c := range columns {
		m.filled += c.filled
		m.repeats += c.repeats
		for s := range c.counts {
			m.counts[s] += c.counts[s]
		}
		for h := range c.hashes {
			m.hashes[h] += c.hashes[h]
		}
		for w, n := range c.words {
			m.words[w] += n
		}
		for f, o := range c.dates {
			if m.dates[f] == nil {
				m.dates[f] = new(order)
			}
			m.dates[f].add(o)
		}
	}
	return m
}

func isUpper(v []byte) bool {
	for _, b := range v {
		if b-'A' > 'Z'-'A' {
			return false
		}
	}
	return true
}

func isHexText(v string) bool { return strings.Trim(v, "0123456789abcdefABCDEF") == "" }

func isUUIDText(v string) bool {
	return len(v) == 36 && v[8] == '-' && v[13] == '-' && v[18] == '-' && v[23] == '-' && isHexText(strings.ReplaceAll(v, "-", ""))
}
