package source

import (
	"bytes"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// GuessCharset names the character set that a sample is likely written in when it
// is not UTF-8, in the form that Options.Encoding takes; "" if it is UTF-8 or nothing is
// likely. It is a guess by what people write: letters within words, in the sets of
// Western and Central Europe, Cyrillic, Japanese and Chinese. A sample with many
// NULs in one half of its positions is UTF-16.
//
// It looks at the first 64 KiB, and is safe for concurrent use.
func GuessCharset(sample []byte) string {
	if len(sample) >= charsetSample {
		sample = wholeCharacters(sample[:charsetSample])
	}
	if s := guessUTF16(sample); s != "" || utf8.Valid(sample) {
		return s
	}
	text := withoutUTF8(sample)
	best, most := "", 0
	for _, c := range singleByte() {
		if n := c.score(text); n > most {
			best, most = c.name, n
		}
	}
	for _, c := range doubleByte {
		if n := c.score(text); n > most {
			best, most = c.name, n
		}
	}
	return best
}

func guessUTF16(sample []byte) string {
	var nuls [2]int
	for i, c := range sample {
		if c == 0 {
			nuls[i%2]++
		}
	}
	half := len(sample) / 2
	switch {
	case half >= 2 && nuls[1] > half*7/10 && nuls[0] < half/10+1:
		return "utf-16le"
	case half >= 2 && nuls[0] > half*7/10 && nuls[1] < half/10+1:
		return "utf-16be"
	}
	return ""
}

// wholeCharacters takes a UTF-8 character off that the end of a sample cuts off.
func wholeCharacters(sample []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(sample); n++ {
		if at := len(sample) - n; utf8.RuneStart(sample[at]) {
			if !utf8.FullRune(sample[at:]) {
				return sample[:at]
			}
			break
		}
	}
	return sample
}

// withoutUTF8 returns the sample itself, or where most of it outside ASCII is UTF-8,
// the sample with a letter for each such character: then only the odd bytes count.
func withoutUTF8(sample []byte) []byte {
	good, bad := 0, 0
	for i := 0; i < len(sample); {
		r, n := utf8.DecodeRune(sample[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		i += n
	}
	if good <= bad {
		return sample
	}
	var out []byte
	for i := 0; i < len(sample); {
		_, n := utf8.DecodeRune(sample[i:])
		if n > 1 {
			out = append(out, 'x')
		} else {
			out = append(out, sample[i])
		}
		i += n
	}
	return out
}

// What is likely in names and addresses, in letters of a set.
const (
	westernLetters = "éèàçäöüßñáíóúâêîôûåøæãõ"
	centralLetters = "čěřšžýáíéúůňďťąćęłńóśźżäöüőű"
)

// singleByteSet is a character set with a character for each byte.
type singleByteSet struct {
	name   string
	likely string // its frequent small letters outside ASCII; "": Cyrillic
	table  [256]rune
}

// singleByte are the sets in the order of preference where several fit equally well.
var singleByte = sync.OnceValue(func() []singleByteSet {
	sets := []singleByteSet{
		{name: "windows-1252", likely: westernLetters}, {name: "windows-1250", likely: centralLetters}, {name: "iso-8859-2", likely: centralLetters},
		{name: "windows-1251"}, {name: "koi8-r"}, {name: "macintosh", likely: westernLetters}, {name: "ibm850", likely: westernLetters},
	}
	maps := []*charmap.Charmap{
		charmap.Windows1252, charmap.Windows1250, charmap.ISO8859_2, charmap.Windows1251, charmap.KOI8R, charmap.Macintosh, charmap.CodePage850,
	}
	for i := range sets {
		for b := range 256 {
			sets[i].table[b] = maps[i].DecodeByte(byte(b))
		}
	}
	return sets
})

// score tells how likely text is written in the set; below 1 it is not.
func (s *singleByteSet) score(text []byte) (score int) {
	at := func(i int) rune {
		if i < 0 || i >= len(text) {
			return ' '
		}
		return s.table[text[i]]
	}
	for i, b := range text {
		if b >= utf8.RuneSelf {
			score += s.letter(at(i-1), at(i), at(i+1))
		}
	}
	return score
}

// letter rates a character by its neighbours.
func (s *singleByteSet) letter(before, r, after rune) int {
	inWord := unicode.IsLetter(before) || unicode.IsLetter(after)
	switch {
	case r == utf8.RuneError || unicode.IsControl(r):
		return -20
	case !unicode.IsLetter(r):
		if unicode.IsLetter(before) && unicode.IsLetter(after) {
			return -4 // in the middle of a word
		}
		return -1
	case unicode.IsUpper(r) && unicode.IsLower(before):
		return -6
	case s.likely == "":
		if !unicode.Is(unicode.Cyrillic, r) || isLatin(before) || isLatin(after) {
			return -4
		}
		if inWord {
			return 3
		}
		return 1
	case before >= utf8.RuneSelf && after >= utf8.RuneSelf && unicode.IsLetter(before) && unicode.IsLetter(after):
		return -4 // three letters in a row outside ASCII are rare
	case strings.ContainsRune(s.likely, unicode.ToLower(r)):
		return 4
	}
	return 1
}

func isLatin(r rune) bool { return r < utf8.RuneSelf && unicode.IsLetter(r) }

// doubleByteSet is a character set of the Far East.
type doubleByteSet struct {
	name string
	enc  encoding.Encoding
	rate func(r rune, lead byte) int // of a character of two bytes
}

var doubleByte = []doubleByteSet{
	{"shift_jis", japanese.ShiftJIS, func(r rune, lead byte) int {
		switch {
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			return 12
		case unicode.Is(unicode.Han, r) && lead >= 0x88 && lead <= 0x97: // the frequent ones
			return 8
		}
		return 1
	}},
	{"gbk", simplifiedchinese.GBK, func(r rune, lead byte) int {
		if unicode.Is(unicode.Han, r) && lead >= 0xB0 && lead <= 0xD7 { // the frequent ones
			return 8
		}
		return 0
	}},
}

// score tells how likely text is written in the set; below 1 it is not. Every
// character must be one of the set.
func (s *doubleByteSet) score(text []byte) (score int) {
	decoder := s.enc.NewDecoder()
	for len(text) > 0 {
		start := bytes.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
		if start < 0 {
			break
		}
		text = text[start:]
		n := min(2, len(text))
		decoded, err := decoder.Bytes(text[:n])
		if r, size := utf8.DecodeRune(decoded); err == nil && r != utf8.RuneError && size == len(decoded) {
			score += s.rate(r, text[0])
		} else {
			score -= 20
		}
		text = text[n:]
	}
	return score
}
