package guess

// phones brings phone numbers to E.164. Those without a country code are those of the
// country in another column, or of one that a person states.
func (p *Proposal) phones(l *Line, e expression, c *column) {
	n := c.counts
	numbers := c.phones()
	if n[isRewritten] > 0 {
		l.because(values(n[isRewritten]) + " rewritten by a spreadsheet, so that digits are lost")
		l.doubt()
	}
	if n[isZeroZero] > 0 {
		e.steps = append(e.steps, `{regex: {match: "^00", replace: "+", or-keep: true}}`)
	}
	switch {
	case c.filled > 0 && numbers == 0:
		l.because("none of them a phone number")
		l.decide(DecideColumn, e, "")
		return
	case n[isNational] > 0:
		e.steps = append(e.steps, p.region(l, n[isNational], c.filled))
	case numbers > n[isE164]:
		e.steps = append(e.steps, "phone")
	}
	l.take(e)
	if c.filled > 0 && n[isNational] < c.filled {
		l.because(share(numbers-n[isNational], c.filled, "phone numbers with a country code"))
	}
	if numbers < c.filled {
		l.because("those that are no phone numbers are rejected")
		l.doubt()
	}
}

// region returns the step for numbers without a country code.
func (p *Proposal) region(l *Line, n, of int) string {
	l.because(share(n, of, "phone numbers without a country code"))
	l.doubt()
	if at := p.picked.byMeaning[country]; len(at) > 0 {
		i := at[0]
		p.used[i] = true
		l.because("their country is that of " + p.ref(i))
		if c := p.sample.columns[i]; c.counts[isCountry] < c.filled {
			l.because("it has no codes, and of the names of countries those in English are known")
		}
		if l.Decision = DecideRegion; p.sample.columns[i].filled == p.sample.Records {
			l.Decision = NoDecision
		}
		return "{phone: {region: " + scalar(p.ref(i)) + "}}"
	}
	l.because("no column has their country")
	l.Decision = DecideRegion
	return "phone"
}
