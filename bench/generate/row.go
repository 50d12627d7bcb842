package generate

import "strconv"

// random is splitmix64: its stream is fixed by its definition, on every
// platform and for ever.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number in [0, n), for n far below 2^32.
func (r *random) below(n int) int { return int(r.next() >> 32 * uint64(n) >> 32) }

// chance is true for about share of 2^32.
func (r *random) chance(share uint64) bool { return r.next()>>32 < share }

func share(s float64) uint64 { return uint64(s * (1 << 32)) }

var (
	givenNames = []string{
		"Anna", "Ben", "Chloé", "David", "Élodie", "Farid", "Grażyna", "Hiroshi", "Ines", "Jürgen", "Katarzyna", "Liam",
		"María", "Nuno", "Olga", "Paul", "Quentin", "Rosa", "Søren", "Tara", "Uwe", "Vera", "Wanda", "Ximena", "Yusuf", "Zoë", "美咲", "伟",
	}
	familyNames = []string{
		"Almeida", "Berg", "Castillo", "Dvořák", "Eriksson", "Fischer", "García", "Haddad", "Ito", "Jansen", "Kowalski", "Łukasik",
		"Meyer", "Núñez", "O'Brien", "Petrov", "Quist", "Rossi", "Sørensen", "Tanaka", "Ünal", "Varga", "Weber", "Yılmaz", "Zimmermann", "山田", "王",
	}
	plainGiven  = []string{"anna", "ben", "chloe", "david", "elodie", "farid", "hiroshi", "ines", "jurgen", "liam", "maria", "nuno", "olga", "paul", "rosa", "soren"}
	domains     = []string{"mail.example.com", "example.org", "post.example.net", "people.example.com", "example.com", "team.example.org"}
	zones       = []string{"Europe/Zurich", "America/New_York", "Asia/Tokyo", "Europe/Warsaw", "America/Sao_Paulo", "Africa/Cairo"}
	locales     = []string{"de-CH", "en-US", "ja-JP", "pl-PL", "pt-BR", "fr-FR", "es-ES"}
	genders     = []string{"female", "male", "other", ""}
	streets     = []string{"Main Street", "Rue du Lac", "Bahnhofstrasse", "Calle Mayor", "ul. Długa", "Via Roma"}
	cities      = []string{"Springfield", "Genève", "Zürich", "Toledo", "Kraków", "Torino"}
	nicknames   = []string{"Annie", "Benny", "Coco", "Dave", "Ellie", "Max"}
	quotedWords = []string{`the ""Great""`, `aka ""Red""`, `""Junior"" is inside`}
)

// writer makes rows of one piece.
type writer struct {
	o      *Options
	layout *layout
	r      random
	buf    []byte
	rows   int64
	faults [len(faults)]int64
	fields int // in the row at hand
	person
	plainRow, room []byte // of laidOut
}

func newWriter(o *Options, l *layout) *writer { return &writer{o: o, layout: l} }

// piece makes the rows from first up to but without end, numbered from 0.
func (w *writer) piece(first, end int64) {
	w.buf, w.rows, w.faults = w.buf[:0], end-first, [len(faults)]int64{}
	for n := first; n < end; n++ {
		// A row depends on the seed and its number only.
		w.r = random(w.o.Seed ^ uint64(n)*0xd1342543de82ef95)
		w.r.next()
		if w.o.Shape == Template {
			start := len(w.buf)
			w.row(n)
			w.endRow(start)
		} else {
			w.laidOut(n)
		}
	}
}

// field begins the next field.
func (w *writer) field() {
	if w.fields > 0 {
		w.buf = append(w.buf, ',')
	}
	w.starts[w.fields] = len(w.buf)
	w.fields++
}

// text writes a field of parts that need no quoting.
func (w *writer) text(parts ...string) {
	w.field()
	quoted := w.o.Quoting == All || w.o.Quoting == Mixed && w.r.chance(quoteAnyway)
	if quoted {
		w.buf = append(w.buf, '"')
	}
	for _, p := range parts {
		w.buf = append(w.buf, p...)
	}
	if quoted {
		w.buf = append(w.buf, '"')
	}
}

// quoteAnyway is the share of fields that are quoted without need in Mixed.
const quoteAnyway = 1 << 32 / 40

// empty writes fields without value.
func (w *writer) empty(n int) {
	for range n {
		w.text()
	}
}

// sometimes writes parts in one row of n, else an empty field.
func (w *writer) sometimes(n int, parts ...string) {
	if w.r.below(n) == 0 {
		w.text(parts...)
	} else {
		w.text()
	}
}

// pad appends n with at least width digits.
func pad(dst []byte, n int64, width int) []byte {
	for limit, d := int64(10), 1; d < width; d++ {
		if n < limit {
			dst = append(dst, '0')
		}
		limit *= 10
	}
	return strconv.AppendInt(dst, n, 10)
}

// digits writes a field of digits after a prefix.
func (w *writer) digits(prefix string, n int64, width int, suffix string) {
	var room [64]byte
	b := append(room[:0], prefix...)
	b = pad(b, n, width)
	b = append(b, suffix...)
	w.field()
	quoted := w.o.Quoting == All || w.o.Quoting == Mixed && w.r.chance(quoteAnyway)
	if quoted {
		w.buf = append(w.buf, '"')
	}
	w.buf = append(w.buf, b...)
	if quoted {
		w.buf = append(w.buf, '"')
	}
}

func pick[T any](r *random, list []T) T { return list[r.below(len(list))] }

// row makes row n of Template, without its end.
func (w *writer) row(n int64) {
	w.fields, w.number, w.fault = 0, n, w.pickFault(n)
	given, family := pick(&w.r, givenNames), pick(&w.r, familyNames)
	w.name(given, family)
	w.text(given)
	w.text(family)
	w.sometimes(8, pick(&w.r, givenNames))
	w.sometimes(10, pick(&w.r, nicknames))
	w.empty(1)
	if w.r.below(6) == 0 {
		w.digits("https://people.example.com/", n, 7, "")
	} else {
		w.text()
	}
	if w.r.below(5) == 0 {
		w.digits("https://cdn.example.org/avatars/", n, 7, ".png")
	} else {
		w.text()
	}
	w.sometimes(12, "https://", pick(&w.r, plainGiven), ".example.net/")
	w.email(n)
	w.verified(true)
	w.text(pick(&w.r, genders))
	w.birthdate()
	w.text(pick(&w.r, zones))
	w.text(pick(&w.r, locales))
	w.phone(n)
	w.verified(false)
	w.address()
	w.digits("", 1_500_000_000+int64(w.r.below(250_000_000)), 10, "")
	w.text("FALSE")
	w.username(n)
}

// name writes the full name, in Mixed sometimes with the family name first or a nickname in quotes.
func (w *writer) name(given, family string) {
	if w.fault != nil && w.fault.bareQuote {
		w.field()
		w.buf = append(w.buf, w.fault.value...)
		return
	}
	if w.o.Quoting == Mixed {
		switch w.r.below(5) {
		case 0:
			w.quoted(family, ", ", given)
			return
		case 1:
			if w.r.below(20) == 0 {
				words := pick(&w.r, quotedWords)
				if w.o.Clean {
					break
				}
				w.quoted(given, " ", words, " ", family)
				return
			}
		}
	}
	w.text(given, " ", family)
}

// quoted writes a field that needs its quotes.
func (w *writer) quoted(parts ...string) {
	w.field()
	w.buf = append(w.buf, '"')
	for _, p := range parts {
		w.buf = append(w.buf, p...)
	}
	w.buf = append(w.buf, '"')
}

func (w *writer) email(n int64) {
	name, domain := pick(&w.r, plainGiven), pick(&w.r, domains)
	if w.replaced("email") {
		return
	}
	var room [32]byte
	local := append(room[:0], name...)
	local = append(local, '.')
	local = pad(local, n, 7)
	w.field()
	quoted := w.o.Quoting == All || w.o.Quoting == Mixed && w.r.chance(quoteAnyway)
	if quoted {
		w.buf = append(w.buf, '"')
	}
	w.buf = append(w.buf, local...)
	w.buf = append(w.buf, '@')
	w.buf = append(w.buf, domain...)
	if quoted {
		w.buf = append(w.buf, '"')
	}
}

func (w *writer) verified(email bool) {
	if email && w.fault != nil && w.fault.unverified || !email {
		w.text("FALSE")
		return
	}
	w.text("TRUE")
}

func (w *writer) birthdate() {
	w.month, w.day, w.year = int64(w.r.below(12)+1), int64(w.r.below(28)+1), int64(1940+w.r.below(68))
	empty := w.r.below(4) == 0
	if w.replaced("birthdate") {
		return
	}
	if empty {
		w.text()
		return
	}
	var room [10]byte
	b := append(pad(append(pad(room[:0], w.month, 2), '/'), w.day, 2), '/')
	w.text(string(pad(b, w.year, 4)))
}

func (w *writer) phone(n int64) {
	empty := w.r.below(3) == 0
	switch {
	case w.replaced("phone_number"):
	case empty:
		w.text()
	default:
		w.digits("+1201555", n%10_000_000, 7, "")
	}
}

func (w *writer) address() {
	street, city, house := pick(&w.r, streets), pick(&w.r, cities), int64(1+w.r.below(200))
	w.street, w.city, w.house = street, city, house
	var room [8]byte
	number := string(pad(room[:0], house, 1))
	if w.o.Quoting == Plain {
		w.sometimes(2, street, " ", number)
		return
	}
	if w.fault != nil && w.fault.lineBreak {
		w.quoted(street, " ", number, "\n", city)
		return
	}
	if w.r.below(2) == 0 {
		w.quoted(street, " ", number, ", ", city)
	} else {
		w.text()
	}
}

func (w *writer) username(n int64) {
	if w.replaced("cognito:username") {
		return
	}
	if w.fault != nil && w.fault.duplicate {
		n = cleanBefore(n)
	}
	suffix := ""
	if w.fault != nil {
		suffix = w.fault.invalid
	}
	w.digits("user-", n, 8, suffix)
}
