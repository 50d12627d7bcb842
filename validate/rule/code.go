package rule

import (
	"fmt"

	"poolprep/validate/suggest"
)

// Code names a kind of finding. Its text form is stable: scripts may rely on it.
type Code uint8

// The codes, in the order of the documentation.
const (
	FileBOM Code = iota
	FileCRLF
	FileTooLarge
	FileTooManyRows
	FileEncoding
	FileEmpty
	HeaderMissingColumn
	HeaderUnknownColumn
	HeaderDuplicateColumn
	HeaderNoAutoVerified
	RowFieldCount
	RowTooLong
	RowQuote
	RowUnclosedQuote
	RowEmbeddedRecord
	RowLineEnd
	RowEncoding
	RowControl
	RowJSON
	RowBlank
	RowHeaderAgain
	ValueLineBreak
	ValueQuoted
	ValueBackslash
	ValueQuoteInside
	ValueNullWord
	ValueInvisible
	ValueWhitespace
	ValueTooLong
	ValueTooShort
	RequiredMissing
	BooleanFormat
	NumberFormat
	NumberRange
	DateTimeFormat
	UsernameMissing
	UsernameWhitespace
	UsernameCharacters
	UsernameTooLong
	UsernameDuplicate
	UsernameNotEmail
	UsernameNotPhone
	UsernameLooksLikeAlias
	UsernameTwin
	EmailMissing
	EmailFormat
	EmailDuplicate
	PhoneMissing
	PhoneFormat
	PhoneDuplicate
	NotVerified
	BirthdateFormat
	BirthdateImpossible
	UpdatedAtFormat
	MFAMissing
	MFAMismatch
	HashFormat
	HashBounds
	HashOther
	HashUnexpected
	MapFailed
	MapLookupMiss
	SourceUnconfirmed
	PolicyRows
	PolicyFindings
	PolicyFilled
	PolicyEmpty
	PolicyDistinct
	PolicyUnreadable
	BaselineUnreadable
	// NumCodes is how many there are.
	NumCodes
)

// Codes returns every code in the order of the documentation.
func Codes() []Code {
	out := make([]Code, NumCodes)
	for i := range out {
		out[i] = Code(i)
	}
	return out
}

// String returns the stable text form, such as "email-format".
func (c Code) String() string {
	if c >= NumCodes {
		return fmt.Sprintf("code-%d", c)
	}
	return infos[c].name
}

// Info returns what is known of the code: nothing of one that there is not.
func (c Code) Info() Info {
	if c >= NumCodes {
		return Info{Code: c, info: new(info)}
	}
	return Info{Code: c, info: &infos[c]}
}

// MarshalText writes the stable text form.
func (c Code) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the name of a code.
func (c *Code) UnmarshalText(text []byte) (err error) {
	*c, err = ParseCode(string(text))
	return err
}

// ParseCode returns the code with the given text form.
func ParseCode(name string) (Code, error) {
	names := make([]string, 0, NumCodes)
	for _, c := range Codes() {
		if c.String() == name {
			return c, nil
		}
		names = append(names, c.String())
	}
	return 0, fmt.Errorf("unknown code %q%s", name, suggest.DidYouMean(name, names))
}

// Severity is how much a finding weighs. An Error rejects the row, or fails the
// file if it is about the file or its header.
type Severity uint8

// The severities from light to heavy. A finding with severity Off is not made.
const (
	Off Severity = iota
	Hint
	Warning
	Error
)

var severityNames = [...]string{"off", "info", "warning", "error"}

// String returns "off", "info", "warning" or "error".
func (s Severity) String() string {
	if int(s) >= len(severityNames) {
		return fmt.Sprintf("severity-%d", s)
	}
	return severityNames[s]
}

// ParseSeverity reads "error", "warning", "info" or "off".
func ParseSeverity(name string) (Severity, error) {
	for i, n := range severityNames {
		if n == name {
			return Severity(i), nil
		}
	}
	return 0, fmt.Errorf("unknown severity %q%s (error, warning, info or off)", name, suggest.DidYouMean(name, severityNames[:]))
}

// Evidence marks what a rule rests on.
type Evidence byte

// The marks. A rule marked Unknown is a choice of this project: where the
// service's behaviour is not known, the reading is taken that cannot import
// something wrong.
const (
	Documented Evidence = 'D' // the service's guide, API reference or API model
	AWSCode    Evidence = 'A' // what AWS's own sample code does
	Observed   Evidence = 'O' // reported by users of the service
	Unknown    Evidence = 'U'
	OwnRule    Evidence = '-' // not about the service: reading the file, or the mapping
)

// String returns the mark in words.
func (e Evidence) String() string {
	switch e {
	case Documented:
		return "documented by AWS"
	case AWSCode:
		return "what AWS's own sample code does"
	case Observed:
		return "observed by users"
	case Unknown:
		return "unknown: a choice of poolprep"
	}
	return "poolprep's own"
}

// Info is what `explain` prints of a code.
type Info struct {
	Code Code
	*info
}

// Severity is the level unless the user sets another.
func (i Info) Severity() Severity { return i.severity }

// Fixed reports that the level cannot be changed: a row with such a finding cannot be read, or
// cannot be written as an import row, or a file that the run is held against cannot be read.
func (i Info) Fixed() bool { return i.fixed }

// Evidence returns the marks of the rule, strongest first, and the source in a sentence.
func (i Info) Evidence() ([]Evidence, string) { return i.evidence, i.source }

// Rule, Reason, Example and Fix are sentences for a person.
func (i Info) Rule() string    { return i.rule }
func (i Info) Reason() string  { return i.reason }
func (i Info) Example() string { return i.example }
func (i Info) Fix() string     { return i.hint }

// Message is the text of a finding, with {got}, {want}, {text} and {first} for what is filled in.
func (i Info) Message() string { return i.message }
