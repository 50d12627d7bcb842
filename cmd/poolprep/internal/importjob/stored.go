package importjob

import (
	"slices"
	"strings"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/validate/schema"
)

// chunkUser is a row of a chunk. It is valid during the call that it is delivered to.
type chunkUser struct {
	line     int64 // of the chunk, the header's being 1
	username string
	hash     bool // there is a password hash
	names    []string
	fields   [][]byte
}

// differences returns the names of the attributes of a user that are not as the row says,
// sorted: those that have another value, those that are gone, and those that the row does not
// have.
func (u *chunkUser) differences(pool *cognito.User) (names []string) {
	expected := make(map[string]string)
	for i, name := range u.names {
		switch name {
		case schema.UsernameColumn, schema.HashColumn, mfaColumn:
			continue
		}
		if v := strings.Trim(string(u.fields[i]), " \t"); v != "" {
			expected[name] = v
		}
	}
	for name, want := range expected {
		if got, there := pool.Attributes[name]; !there && !isFalse(want) || there && !sameValue(want, got) {
			names = append(names, name)
		}
	}
	for name, got := range pool.Attributes {
		if _, stated := expected[name]; !stated && name != "sub" && got != "" && !isFalse(got) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// mfaColumn is a setting of a user, and no attribute.
const mfaColumn = "cognito:mfa_enabled"

// isFalse reports whether a value is that of a flag which is not set, which the service may
// leave out.
func isFalse(v string) bool { return strings.EqualFold(v, "false") }

// sameValue reports whether the service may have made one value out of what a row says:
// booleans in lower case, a birthdate mm/dd/yyyy as yyyy-mm-dd.
func sameValue(row, pool string) bool {
	if row == pool {
		return true
	}
	if isFalse(row) || strings.EqualFold(row, "true") {
		return strings.EqualFold(row, pool)
	}
	return len(row) == 10 && row[2] == '/' && row[5] == '/' && pool == row[6:]+"-"+row[:2]+"-"+row[3:5]
}
