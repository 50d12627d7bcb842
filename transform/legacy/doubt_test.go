package legacy_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform"
	"poolprep/transform/legacy"
	"poolprep/validate"
)

// TestDoubt feeds words that say neither yes nor no (spreadsheets translate TRUE), and times
// that are none, to columns that decide who is imported and who is verified: no such row is
// accepted, and the same row with a good value is.
func TestDoubt(t *testing.T) {
	flags := []string{"WAHR", "FALSCH", "VRAI", "?", "#N/A"}
	times := []string{"NULL", "null", `\N`, "false", "f", "nil", "0000-00-00 00:00:00", "0001-01-01 00:00:00"}
	when := "2024-01-15 10:30:00"
	for name, tt := range map[string]struct {
		preset, header, row string // with a ~ in the place of the value
		good                string
		bad                 []string
	}{
		"active-directory":         {"active-directory", "DistinguishedName,SamAccountName,mail,Enabled", "CN=A,a,a@example.com,~", "True", flags},
		"active-directory, number": {"active-directory", "DN,objectClass,sAMAccountName,mail,userAccountControl", "CN=A,user,a,a@example.com,~", "512", []string{"514.0", "0x202", "5.14E+02", "x"}},
		"akamai":                   {"akamai", "uuid,email,emailVerified,deactivateAccount", "1,a@example.com,~,", when, times},
		"auth0":                    {"auth0", "user_id,email,email_verified,blocked", "auth0|1,a@example.com,true,~", "false", flags},
		"authjs":                   {"authjs", "id,name,email,emailVerified,image", "1,A,a@example.com,~,", when, append([]string{"no", "undefined"}, times...)},
		"clerk":                    {"clerk", "id,primary_email_address,verified_email_addresses,banned", "1,a@example.com,a@example.com,~", "false", flags},
		"devise":                   {"devise", "id,email,encrypted_password,confirmed_at", "1,a@example.com,,~", when, times},
		"django":                   {"django", "id,username,email,email_verified,is_active,date_joined", "1,a,a@example.com,t,~,", "t", flags},
		"entra":                    {"entra", "userPrincipalName,displayName,mail,accountEnabled", "a@example.com,A,a@example.com,~", "True", flags},
		"entra, blocked":           {"entra", "User name [userPrincipalName] Required,Block sign in (Yes/No) [accountEnabled] Required", "a@example.com,~", "No", append([]string{"Ja"}, flags...)},
		"salesforce":               {"salesforce", "Id,IsDeleted,LastName,Email,AccountId", "1,~,A,a@example.com,1", "0", flags},
		"supabase":                 {"supabase", "id,email,email_confirmed_at,raw_user_meta_data", "1,a@example.com,~,{}", when, times},
		"supabase, anonymous":      {"supabase", "id,email,email_confirmed_at,is_anonymous", "1,a@example.com," + when + ",~", "f", flags},
		"wordpress":                {"wordpress", "ID,user_login,user_email,spam", "1,a,a@example.com,~", "0", flags},
	} {
		t.Run(name, func(t *testing.T) {
			accepted := func(value string) int64 {
				m, err := legacy.Get(tt.preset)
				require.NoError(t, err)
				export := tt.header + "\n" + strings.ReplaceAll(tt.row, "~", value) + "\n"
				o := transform.ConvertOptions{Mapping: m, Reading: validate.Reading{Detect: true}, AssumeVerified: []string{"email"}, Output: &transform.ImportFile{Writer: io.Discard}}
				r, err := transform.Convert(t.Context(), o, validate.Source{Name: "export", Reader: strings.NewReader(export)})
				require.NoError(t, err)
				require.EqualValues(t, 1, r.Summary.RowsAccepted+r.Summary.RowsRejected+r.Summary.RowsSkipped)
				return int64(r.Summary.RowsAccepted)
			}
			assert.EqualValues(t, 1, accepted(tt.good))
			for _, value := range tt.bad {
				assert.EqualValues(t, 0, accepted(value), value)
			}
		})
	}
}
