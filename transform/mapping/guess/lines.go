package guess

import (
	"fmt"
	"slices"
	"strings"

	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// propose makes a line that fills a column of the pool from source columns: from the
// first of them that is not empty.
func (p *Proposal) propose(target string, fields []int) *Line {
	l := &Line{Target: target}
	e := p.expression(fields)
	c := p.columns(fields)
	l.because(p.why(target, fields))
	for _, i := range fields {
		text := p.coverage(p.sample.columns[i])
		if len(fields) > 1 {
			text = p.ref(i) + ": " + text
		}
		l.because(text)
	}
	if p.sample.columns[fields[0]].rank != exactName && !p.sameName(target, fields[0]) {
		l.doubt()
	}
	if c.counts[hasApostrophe] > 0 {
		e.steps = append(e.steps, `{unquote: "'"}`)
		l.because(values(c.counts[hasApostrophe]) + " with the apostrophe of a spreadsheet")
	}
	if c.counts[isNested] > 0 {
		l.because(share(c.counts[isNested], c.filled, "objects or lists, and not one value"))
		l.State, l.Decision = Open, DecideColumn
		return l
	}
	switch p.pool.Kind(target) {
	case schema.KindEmail:
		p.emails(l, e, c)
	case schema.KindPhone:
		p.phones(l, e, c)
	case schema.KindBirthdate, schema.KindUpdatedAt:
		p.dates(l, e, c)
	case schema.KindBoolean:
		p.flags(l, e, c)
	default:
		p.texts(l, e, c)
	}
	return l
}

// because adds a reason.
func (l *Line) because(text string) {
	if text != "" {
		l.Reasons = append(l.Reasons, text)
	}
}

// doubt makes a line Doubtful that was Sure.
func (l *Line) doubt() {
	if l.State == Sure {
		l.State = Doubtful
	}
}

// decide makes a line Open, with one more choice.
func (l *Line) decide(d Decision, e expression, label string) {
	l.State, l.Decision = Open, d
	l.Choices = append(l.Choices, Choice{e.String(), label})
}

// take gives a line its only choice.
func (l *Line) take(e expression) { l.Choices = []Choice{{Text: e.String()}} }

// expression returns the value of source columns as it is, and notes that they are used.
func (p *Proposal) expression(fields []int) (e expression) {
	for _, i := range fields {
		p.used[i] = true
		e.names = append(e.names, p.ref(i))
	}
	return e
}

// columns returns what is known of source columns together.
func (p *Proposal) columns(fields []int) *column {
	var columns []*column
	for _, i := range fields {
		columns = append(columns, p.sample.columns[i])
	}
	return merged(columns)
}

func (p *Proposal) sameName(target string, field int) bool {
	return schema.PlainName(p.sample.columns[field].name) == schema.PlainName(target)
}

// why says why source columns were chosen.
func (p *Proposal) why(target string, fields []int) string {
	c := p.sample.columns[fields[0]]
	switch {
	case p.sameName(target, fields[0]):
		return "the same name"
	case strings.HasPrefix(target, "custom:") && c.rank == exactName && c.meaning == identifier:
		return "an identifier of the source, by its name in " + c.language
	case c.rank == exactName && c.meaning != unknown && c.language != "":
		return "by its name, in " + c.language
	case c.rank == partOfName:
		return "by a part of its name"
	case strings.HasPrefix(target, "custom:") && c.meaning == unknown && fold(c.name) != "":
		return "by its name"
	}
	return "by its values alone"
}

func (p *Proposal) emails(l *Line, e expression, c *column) {
	n := c.counts[isEmail]
	l.take(e)
	switch {
	case c.filled == 0:
	case n == 0:
		l.because("none of them an e-mail address")
		l.State, l.Decision = Open, DecideColumn
	default:
		l.because(share(n, c.filled, "e-mail addresses"))
		if n*2 < c.filled {
			l.doubt()
		}
	}
	if c.repeats > 0 {
		l.because(values(c.repeats) + " again after an earlier record")
	}
}

func (p *Proposal) texts(l *Line, e expression, c *column) {
	switch l.Target {
	case "locale":
		if c.counts[isUnderscored] > 0 {
			e.steps = append(e.steps, `{replace: {_: "-"}}`)
			l.because(share(c.counts[isUnderscored], c.filled, "written with _"))
		}
	case "zoneinfo":
		if n := c.counts[isZone]; c.filled > 0 {
			l.because(share(n, c.filled, plural[isZone]+" such as Area/City"))
		}
	case "picture", "profile", "website":
		if n := c.counts[isURL]; c.filled > 0 {
			l.because(share(n, c.filled, plural[isURL]))
		}
	}
	if p.pool.Kind(l.Target) == schema.KindHash {
		p.hashes(l, &e, c)
	}
	l.take(e)
}

// hashes writes hashes as the import reads them, and leaves out those that it does not.
func (p *Proposal) hashes(l *Line, e *expression, c *column) {
	if n := c.counts[isOtherHash]; n > 0 {
		e.steps = append(e.steps, "hash")
		l.because(values(n) + " of such a scheme written in another way")
	}
	if n := c.filled - c.counts[isHash] - c.counts[isOtherHash]; n > 0 {
		e.soft = true
		l.because(values(n) + " of no scheme that can be imported: those users go without a password")
	}
}

// flags makes TRUE and FALSE of words, or of times at which something was confirmed.
func (p *Proposal) flags(l *Line, e expression, c *column) {
	n, dates := c.counts[isBoolean], c.counts[isDate]
	confirmed := c.meaning == emailConfirmedAt || c.meaning == phoneConfirmedAt
	switch {
	case dates > 0 && dates+c.counts[isMilliseconds]+c.counts[isSeconds] == c.filled || confirmed && n == 0:
		e = expression{kind: "test", names: e.names}
		l.because("TRUE where there is a time, FALSE where there is none")
		l.take(e)
	case n == 0 && c.filled > 0:
		e.steps = append(e.steps, "{boolean: {true: [yes], false: [no]}}")
		l.because("none of them a word for yes or no that is known; write the words of the source")
		l.decide(DecideColumn, e, "")
	default:
		step, language := booleanStep(c.words, c.language)
		e.steps = append(e.steps, step)
		l.take(e)
		if n > 0 {
			l.because(share(n, c.filled, "words for yes and no"+language))
		}
		if n < c.filled {
			l.because("the others are rejected; write their words, too")
			l.doubt()
		}
	}
}

// languages returns the languages of words for yes and no after English, that of the
// name of the column first.
func languages(first string) []booleanWordsOf {
	list := slices.Clone(booleans[1:])
	if i := slices.IndexFunc(list, func(w booleanWordsOf) bool { return w.language == first }); i > 0 {
		own := list[i]
		list = slices.Insert(slices.Delete(list, i, i+1), 0, own)
	}
	return list
}

// booleanStep returns the step for the words that occur, and their language in words.
// Words of several languages are those of the language that the column is named in.
func booleanStep(occur map[string]int, named string) (step, language string) {
	usual := append(split(booleans[0].yes), split(booleans[0].no)...)
	foreign := false
	for word := range occur {
		foreign = foreign || !slices.Contains(usual, word)
	}
	if !foreign {
		return "boolean", ""
	}
	var yes, no []string
	add := func(words []string, to *[]string, all bool) {
		for _, w := range words {
			if (all || occur[w] > 0) && !slices.Contains(*to, w) {
				*to = append(*to, w)
			}
		}
	}
	all := func(words []string) bool {
		for word := range occur {
			if !slices.Contains(words, word) {
				return false
			}
		}
		return true
	}
	for _, b := range languages(named) {
		if all(append(append(split(b.yes), split(b.no)...), usual...)) {
			add(split(b.yes), &yes, true)
			add(split(b.no), &no, true)
			language = " in " + b.language
			break
		}
	}
	for i, b := range booleans {
		if i == 0 || language == "" {
			add(split(b.yes), &yes, false)
			add(split(b.no), &no, false)
		}
	}
	no = slices.DeleteFunc(no, func(w string) bool { return slices.Contains(yes, w) })
	return fmt.Sprintf("{boolean: {true: %s, false: %s}}", list(yes), list(no)), language
}

// username is the column of the name of the user.
func (p *Proposal) username() *Line {
	emails, phones := p.fieldsFor("email"), p.fieldsFor("phone_number")
	if attributes := p.pool.UsernameAttributes; len(attributes) > 0 {
		for _, a := range []string{"email", "phone_number"} {
			if l := p.byName(a); l != nil && slices.Contains(attributes, a) {
				l.Target = schema.UsernameColumn
				l.Reasons = append([]string{"in this pool the username is the " + map[string]string{"email": "e-mail address", "phone_number": "phone number"}[a]}, l.Reasons...)
				return l
			}
		}
		return p.noUsername()
	}
	mayBeEmail := !slices.Contains(p.pool.Aliases, "email")
	fields := p.fieldsFor(schema.UsernameColumn)
	switch {
	case len(fields) > 0:
		fields = fields[:1]
		if c := p.sample.columns[fields[0]]; mayBeEmail && len(emails) > 0 && c.filled < p.sample.Records {
			fields = append(fields, emails[0])
		}
		return p.name128(p.propose(schema.UsernameColumn, fields), fields, mayBeEmail)
	case len(emails) > 0 && mayBeEmail:
		l := p.name128(p.propose(schema.UsernameColumn, emails[:1]), emails[:1], mayBeEmail)
		l.Reasons = append([]string{"the export has no login, so the e-mail address"}, l.Reasons[1:]...)
		return l
	case len(p.picked.byMeaning[identifier]) > 0:
		fields = p.picked.byMeaning[identifier][:1]
		l := p.name128(p.propose(schema.UsernameColumn, fields), fields, mayBeEmail)
		l.Reasons = append([]string{"the export has no login, so its identifier"}, l.Reasons[1:]...)
		l.doubt()
		return l
	case len(phones) > 0 && !slices.Contains(p.pool.Aliases, "phone_number"):
		l := p.byName("phone_number")
		l.Target = schema.UsernameColumn
		l.Reasons = append([]string{"the export has no login and no e-mail address, so the phone number"}, l.Reasons[1:]...)
		return l
	}
	return p.noUsername()
}

func (p *Proposal) noUsername() *Line {
	return &Line{Target: schema.UsernameColumn, State: Open, Decision: DecideColumn, Reasons: []string{"no column fits, and every row needs one"}}
}

// name128 says of usernames what the rules refuse.
func (p *Proposal) name128(l *Line, fields []int, mayBeEmail bool) *Line {
	c := p.columns(fields)
	if n := c.counts[isSpaced]; n > 0 {
		l.because(values(n) + " with a blank inside, which usernames must not have")
		l.doubt()
	}
	if c.repeats > 0 {
		l.because(values(c.repeats) + " again after an earlier record, and usernames must differ")
		l.doubt()
	}
	if n := c.counts[isEmail]; n > 0 && !mayBeEmail {
		l.because(share(n, c.filled, "e-mail addresses, which this pool does not take for usernames"))
		l.doubt()
	}
	return l
}

// verified is the column that says whether an address is verified.
func (p *Proposal) verified(target, attribute string, flag, confirmedAt meaning) *Line {
	if fields := p.fieldsFor(target); len(fields) > 0 {
		return p.propose(target, fields[:1])
	}
	mapped := slices.ContainsFunc(p.Lines, func(l *Line) bool { return l.Target == attribute })
	if attribute == "phone_number" {
		mapped = mapped || len(p.fieldsFor(attribute)) > 0
	}
	if !mapped || !slices.Contains(p.pool.AutoVerified, attribute) {
		return nil
	}
	l := &Line{Target: target, Reasons: []string{"no column says what is verified, and users without a verified address are not imported"}}
	l.decide(DecideVerified, expression{kind: "constant", text: "TRUE"}, "")
	return l
}

// name is the full name.
func (p *Proposal) name() *Line {
	if fields := p.picked.byMeaning[fullName]; len(fields) > 0 {
		return p.propose("name", fields[:1])
	}
	given, family := p.picked.byMeaning[givenName], p.picked.byMeaning[familyName]
	if len(given) == 0 || len(family) == 0 {
		return nil
	}
	e := expression{kind: "template", text: "{" + p.ref(given[0]) + "} {" + p.ref(family[0]) + "}"}
	if strings.ContainsAny(p.ref(given[0])+p.ref(family[0]), "{}") {
		return nil
	}
	l := &Line{Target: "name", Reasons: []string{"no column has the full name"}}
	l.decide(DecideName, e, "")
	if a, ok := p.pool.Attribute("name"); ok && a.Required {
		l.State = Doubtful
		l.because("the pool requires it, so it is composed")
	}
	return l
}

// address is the address, of its parts where it has several columns.
func (p *Proposal) address() *Line {
	whole := p.fieldsFor("address")
	var parts []int
	for _, m := range []meaning{street, houseNumber, postalCode, city, region, country} {
		if found := p.picked.byMeaning[m]; len(found) > 0 {
			parts = append(parts, found[0])
		}
	}
	local := len(p.picked.byMeaning[postalCode])+len(p.picked.byMeaning[city]) > 0
	switch {
	case len(whole) > 0 && !local:
		return p.propose("address", whole[:1])
	case len(whole) > 0 && len(p.picked.byMeaning[street]) == 0:
		parts = append([]int{whole[0]}, parts...)
	case len(parts) < 2 || !local:
		return nil
	}
	e := p.expression(parts)
	e.kind, e.text = "join", ", "
	l := &Line{Target: "address", Reasons: []string{"of its parts"}}
	l.take(e)
	return l
}

// hash is the column of password hashes. Nothing but hashes that can be imported is.
func (p *Proposal) hash() *Line {
	fields := p.fieldsFor(schema.HashColumn)
	if len(fields) == 0 {
		return nil
	}
	c := p.sample.columns[fields[0]]
	if c.counts[isHash]+c.counts[isOtherHash] == 0 {
		return nil
	}
	var schemes []string
	for h, n := range c.hashes {
		if n > 0 {
			schemes = append(schemes, value.HashAlgorithm(h).String())
		}
	}
	l := p.propose(schema.HashColumn, fields[:1])
	if schemes != nil {
		l.because(values(c.counts[isHash]) + " of the scheme " + strings.Join(schemes, ", "))
	}
	if p.o.PasswordHash == value.HashNone {
		l.State, l.Decision = Open, DecideHash
	}
	return l
}

// skips proposes which records to leave out.
func (p *Proposal) skips() {
	add := func(i int, condition, reason string) {
		p.used[i] = true
		l := &Line{Reasons: []string{reason, p.coverage(p.sample.columns[i])}}
		l.State, l.Decision = Open, DecideSkip
		l.Choices = []Choice{{Text: "{when: " + condition + ", reason: the account is not in use}"}}
		p.Skips = append(p.Skips, l)
	}
	for _, m := range []meaning{disabledFlag, activeFlag} {
		for _, i := range p.picked.byMeaning[m] {
			c := p.sample.columns[i]
			ref := scalar(p.ref(i))
			dates := c.counts[isDate] == c.filled && c.filled > 0
			switch n := c.counts[isBoolean]; {
			case m == disabledFlag && dates:
				add(i, "{not: {column: "+ref+", empty: true}}", "a time where the account is not in use, by its name in "+c.language)
			case n > 0 && n == c.filled:
				words := skipWords(c, m == disabledFlag)
				add(i, "{column: "+ref+", in: "+list(words)+", ignore-case: true}", "whether the account is in use, by its name in "+c.language)
			}
		}
	}
}

// skipWords returns the words of the languages that occur for yes, or for no.
func skipWords(c *column, yes bool) (words []string) {
	occur := c.words
	for i, b := range append(slices.Clip(booleans[:1]), languages(c.language)...) {
		said, other := split(b.yes), split(b.no)
		if !yes {
			said, other = other, said
		}
		occurs := func(w string) bool { return occur[w] > 0 }
		if i > 0 && !slices.ContainsFunc(said, occurs) && !slices.ContainsFunc(other, occurs) {
			continue
		}
		for _, w := range said {
			if (i > 0 || occurs(w)) && !slices.Contains(words, w) && !occursOpposite(w, yes) {
				words = append(words, w)
			}
		}
		if len(words) > 0 && i > 0 {
			break
		}
	}
	if words == nil {
		words = split(booleans[0].yes)
		if !yes {
			words = split(booleans[0].no)
		}
	}
	return words
}

// occursOpposite reports whether a word means the opposite in English.
func occursOpposite(word string, yes bool) bool {
	opposite := booleans[0].no
	if !yes {
		opposite = booleans[0].yes
	}
	return slices.Contains(split(opposite), word)
}
