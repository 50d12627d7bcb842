package judge

import (
	"fmt"
	"slices"
	"strings"

	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// Validator judges rows of one layout. It is immutable and safe for concurrent
// use; the state of a goroutine is a Checker, or a FastBlock.
type Validator struct {
	columns  []column
	origins  []Origin // of each column
	severity [rule.NumCodes]rule.Severity
	contact  rule.Severity // of ValueInvisible in a username, an e-mail address, a phone number
	rules    Rules
	mfa      schema.MFA
	hash     value.HashAlgorithm
	silent   bool // TrimSilently
	fold     bool // usernames and e-mail addresses ignore letter case
	keys     []KeyColumn
	twins    bool // the first of keys is the username, and twins are looked for
	nulls    [][]byte

	// Where the columns are that are judged together; -1: not there.
	username, email, phone, emailVerified, phoneVerified int

	required        []int // columns that must not be empty
	verifiers       []int // the *_verified columns of the pool's auto-verified attributes
	verifierNames   string
	emailUsernames  bool // UsernameAttributes
	phoneUsernames  bool
	aliasEmail      bool
	aliasPhone      bool
	templateHasHash bool
}

type column struct {
	name       string
	kind       schema.Kind
	required   bool
	computed   bool
	minLength  int // code points; 0: none
	maxLength  int // code points
	minNumber  *int64
	maxNumber  *int64
	isVerified bool // one of the *_verified columns
}

// KeyColumn is a column whose values must be unique, one of ledger.MaxKeys at most:
// username, email, phone_number.
type KeyColumn struct {
	Column    int       // from 0
	Code      rule.Code // of a duplicate
	space     uint8     // of its fingerprints
	fold      bool
	onlyWhile int // the *_verified column that must be true, or -1
}

// New compiles the rules. It returns an error for options that contradict each other.
func New(o Options) (*Validator, error) {
	pool := o.poolOf()
	names := o.Columns
	if names == nil {
		names = TargetColumns(pool, o.PasswordHash)
	}
	if err := o.misuse(names); err != nil {
		return nil, err
	}
	v := &Validator{
		rules: o.Rules, silent: o.TrimSilently, mfa: pool.MFA, hash: o.PasswordHash, fold: !pool.CaseSensitive,
		emailUsernames: slices.Contains(pool.UsernameAttributes, "email"),
		phoneUsernames: slices.Contains(pool.UsernameAttributes, "phone_number"),
		aliasEmail:     slices.Contains(pool.Aliases, "email"),
		aliasPhone:     slices.Contains(pool.Aliases, "phone_number"),
	}
	v.templateHasHash = slices.Contains(pool.Header, schema.HashColumn)
	for i, name := range names {
		c := v.compileColumn(pool, name)
		origin := Origin{Field: i}
		if o.Origins != nil {
			origin = o.Origins[i]
		}
		v.origins = append(v.origins, origin)
		c.computed = origin.Made
		v.columns = append(v.columns, c)
		if c.required {
			v.required = append(v.required, i)
		}
	}
	if err := v.setSeverities(o.Severity); err != nil {
		return nil, err
	}
	for _, word := range o.Nulls {
		if err := CheckNull(word); err != nil {
			return nil, fmt.Errorf("null word %q: %w", word, err)
		}
		v.nulls = append(v.nulls, []byte(word))
	}
	if o.BackslashDone {
		v.severity[rule.ValueBackslash] = rule.Off
	}
	find := func(name string) int { return slices.Index(names, name) }
	v.username, v.email, v.phone = find(schema.UsernameColumn), find("email"), find("phone_number")
	v.emailVerified, v.phoneVerified = find("email_verified"), find("phone_number_verified")
	v.compileVerifiers(pool)
	if !o.NoDuplicates {
		v.compileKeys()
	}
	return v, nil
}

func (v *Validator) compileColumn(pool *schema.Pool, name string) column {
	c := column{name: name, kind: pool.Kind(name), maxLength: maxValue}
	switch {
	case c.kind == schema.KindHash && v.hash == value.HashNone && !v.templateHasHash:
		c.kind = schema.KindNone
		return c
	case c.kind == schema.KindHash || c.kind == schema.KindNone:
		return c
	}
	a, _ := pool.Attribute(name)
	c.required, c.isVerified = a.Required, schema.IsVerified(name)
	switch a.Type {
	case schema.Number:
		c.minNumber, c.maxNumber = a.MinValue, a.MaxValue
	case schema.String:
		if a.MinLength != nil {
			c.minLength = *a.MinLength
		}
		if a.MaxLength != nil {
			c.maxLength = *a.MaxLength
		}
	}
	switch c.kind {
	case schema.KindUsername:
		c.required, c.minLength, c.maxLength = true, 0, maxUsername
	case schema.KindBirthdate:
		// The attribute's limit of 10 is part of the date's form.
		c.minLength, c.maxLength = 0, maxValue
	}
	return c
}

func (v *Validator) setSeverities(levels map[rule.Code]rule.Severity) error {
	for _, c := range rule.Codes() {
		v.severity[c] = c.Info().Severity()
	}
	v.contact = rule.Error
	if !v.aliasEmail && !v.emailUsernames {
		v.severity[rule.EmailDuplicate] = rule.Off
	}
	if !v.aliasPhone && !v.phoneUsernames {
		v.severity[rule.PhoneDuplicate] = rule.Off
	}
	for c, s := range levels {
		if err := CheckSeverity(c, s); err != nil {
			return err
		}
		v.severity[c] = s
		if c == rule.ValueInvisible {
			v.contact = s
		}
	}
	return nil
}

func (v *Validator) compileVerifiers(pool *schema.Pool) {
	var names []string
	for _, attribute := range pool.AutoVerified {
		i := -1
		switch attribute {
		case "email":
			i = v.emailVerified
		case "phone_number":
			i = v.phoneVerified
		}
		if i >= 0 {
			v.verifiers = append(v.verifiers, i)
			names = append(names, v.columns[i].name)
		}
	}
	v.verifierNames = strings.Join(names, ", ")
}

func (v *Validator) compileKeys() {
	add := func(column int, code rule.Code, space uint8, fold bool, onlyWhile int) {
		if column >= 0 && v.severity[code] != rule.Off {
			v.keys = append(v.keys, KeyColumn{column, code, space, fold, onlyWhile})
		}
	}
	add(v.username, rule.UsernameDuplicate, ledger.UsernameSpace, v.fold, -1)
	v.twins = len(v.keys) > 0 && v.severity[rule.UsernameTwin] != rule.Off
	if v.emailVerified >= 0 {
		add(v.email, rule.EmailDuplicate, ledger.EmailSpace, v.fold, v.emailVerified)
	}
	if v.phoneVerified >= 0 {
		add(v.phone, rule.PhoneDuplicate, ledger.PhoneSpace, false, v.phoneVerified)
	}
}

// invisibleLevel returns the level of ValueInvisible in a column of the kind.
func (v *Validator) invisibleLevel(k schema.Kind) rule.Severity {
	switch k {
	case schema.KindUsername, schema.KindEmail, schema.KindPhone:
		return v.contact
	}
	return v.severity[rule.ValueInvisible]
}

// Severity returns the level of a code in this run.
func (v *Validator) Severity(c rule.Code) rule.Severity { return v.severity[c] }

// trimming returns what takes the white space off values.
func (v *Validator) trimming() func([]byte) (start, end int) {
	if v.silent {
		return value.Trim
	}
	return value.TrimBlanks
}

// Columns returns how many columns a row has.
func (v *Validator) Columns() int { return len(v.columns) }

// Origins returns where the values of each column come from. It is not to be changed.
func (v *Validator) Origins() []Origin { return v.origins }

// Keys returns the columns whose values must be unique, ledger.MaxKeys at most; none if
// the duplicate check is off. It is not to be changed.
func (v *Validator) Keys() []KeyColumn { return v.keys }

// Twins reports whether usernames that look alike are looked for; then the first of Keys
// is the username.
func (v *Validator) Twins() bool { return v.twins }

// Secret reports whether column i, from 0, holds what no finding shows: password hashes.
func (v *Validator) Secret(i int) bool { return v.columns[i].kind == schema.KindHash }

// ColumnName returns the name of column i, from 0.
func (v *Validator) ColumnName(i int) string { return v.columns[i].name }

// HashColumn returns the column that holds password hashes, from 0, or -1.
func (v *Validator) HashColumn() int {
	return slices.IndexFunc(v.columns, func(c column) bool { return c.kind == schema.KindHash })
}
