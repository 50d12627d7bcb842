package guess

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// rank is how well a name fits a meaning; less is better.
type rank uint8

const (
	exactName  rank = iota // it is in the vocabulary, perhaps behind the word of an owner
	partOfName             // a part of it is
	noName                 // only the values say what it is
)

// named is what the name of a column says.
type named struct {
	meaning  meaning
	rank     rank
	language string // of the vocabulary
}

// known is the vocabulary by folded names.
var known = sync.OnceValue(func() map[string]named {
	m := make(map[string]named)
	for _, entry := range vocabulary {
		for name := range strings.SplitSeq(entry.names, ",") {
			for _, folded := range []string{fold(name), foldDigraphs(name)} {
				if _, there := m[folded]; !there {
					m[folded] = named{entry.meaning, exactName, entry.language}
				}
			}
		}
	}
	return m
})

// ownerWords are the owners, folded.
var ownerWords = sync.OnceValue(func() map[string]bool {
	m := make(map[string]bool)
	for word := range strings.SplitSeq(owners, ",") {
		m[fold(word)] = true
	}
	return m
})

// special are letters that no normal form takes apart, in the spelling of people who lack them.
var special = strings.NewReplacer("ß", "ss", "ẞ", "ss", "ł", "l", "Ł", "l", "ø", "o", "Ø", "o", "æ", "ae", "Æ", "ae", "œ", "oe", "Œ", "oe", "đ", "d", "Đ", "d", "ı", "i", "№", "no")

// digraphs are how umlauts and the like are written where there are none.
var digraphs = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "ae", "Ö", "oe", "Ü", "ue", "å", "aa", "Å", "aa", "ø", "oe", "Ø", "oe")

// maxName is how much of a name is compared, in bytes.
const maxName = 200

// fold returns the letters and digits of a name in lower case, without accents, and
// without a suffix in brackets.
func fold(name string) string {
	name = cutName(name)
	var b strings.Builder
	for _, r := range norm.NFKD.String(special.Replace(name)) {
		if !unicode.Is(unicode.Mn, r) && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

func foldDigraphs(name string) string { return fold(digraphs.Replace(norm.NFC.String(name))) }

// cutName returns a name without its suffix in brackets, unless that is all of it.
func cutName(name string) string {
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "")
	}
	name = strings.TrimSpace(name)
	for _, pair := range []string{"[]", "()"} {
		if at := strings.IndexByte(name, pair[0]); at > 0 && name[len(name)-1] == pair[1] {
			name = strings.TrimSpace(name[:at])
		}
	}
	return name
}

// words returns the words of a name, folded: parts between punctuation, and between a
// small and a capital letter.
func words(name string) (list []string) {
	name = cutName(name)
	start := 0
	add := func(end int) {
		if w := fold(name[start:end]); w != "" {
			list = append(list, w)
		}
		start = end
	}
	small := false
	for i, r := range name {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
		if !letter || small && unicode.IsUpper(r) {
			add(i)
		}
		small = unicode.IsLower(r)
	}
	add(len(name))
	return list
}

// maxWords is how many words of a name are looked at.
const maxWords = 8

// meaningOf returns what a name says of its column.
func meaningOf(name string) named {
	folded := fold(name)
	if n, ok := known()[folded]; ok {
		return n
	}
	list := words(name)
	if len(list) < 2 || len(list) > maxWords {
		return named{rank: noName}
	}
	own := list
	for len(own) > 1 && ownerWords()[own[0]] {
		own = own[1:]
		if n, ok := known()[strings.Join(own, "")]; ok {
			return n
		}
	}
	for n := len(list) - 1; n > 0; n-- { // the longest part first, of two that end and begin the name that at its end
		for _, part := range [][]string{list[len(list)-n:], list[:n]} {
			joined := strings.Join(part, "")
			if found, ok := known()[joined]; ok && len(joined) > 3 && found.meaning.proves() {
				found.rank = partOfName
				return found
			}
		}
	}
	return named{rank: noName}
}

// Names returns the names of the vocabulary that are hardly ever values, for a test whether
// a header is one.
func Names() (names []string) {
	for _, entry := range vocabulary {
		for name := range strings.SplitSeq(entry.names, ",") {
			if !entry.meaning.isHeading() {
				continue
			}
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names
}
