package legacy

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate"
)

const samples = "../../testdata/exports"

// sample returns what is looked at of a file.
func sample(t *testing.T, path string) Sample {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	if first := bytes.TrimLeft(text, " \r\n\ufeff"); len(first) > 0 && (first[0] == '{' || first[0] == '[') {
		return Sample{Text: text}
	}
	in, err := validate.Open(context.Background(), validate.Source{Path: path}, validate.Reading{Detect: true})
	require.NoError(t, err, path)
	defer in.Close()
	s, err := Look(in)
	require.NoError(t, err, path)
	return s
}

// sampleFiles returns the samples of exports, by the preset that reads them.
func sampleFiles(t *testing.T) map[string][]string {
	files := make(map[string][]string)
	paths, err := filepath.Glob(samples + "/*/*")
	require.NoError(t, err)
	for _, path := range paths {
		name := filepath.Base(path)
		switch {
		case !slices.Contains([]string{".csv", ".tsv", ".txt", ".json", ".ndjson"}, filepath.Ext(name)):
		case name == "hashes.ndjson": // a second file, for a join
		default:
			preset := filepath.Base(filepath.Dir(path))
			files[preset] = append(files[preset], path)
		}
	}
	return files
}

// TestEverySampleIsRecognised and is refused by every other preset.
func TestEverySampleIsRecognised(t *testing.T) {
	presets := make(map[string]bool)
	for i := range signatures {
		presets[signatures[i].preset] = true
	}
	assert.Len(t, presets, 25)
	files := sampleFiles(t)
	require.NotEmpty(t, files)
	for preset, paths := range files {
		require.True(t, presets[preset], preset)
		for _, path := range paths {
			s := sample(t, path)
			got, err := Recognise(s)
			if !assert.NoError(t, err, path) || !assert.Equal(t, preset, got.Preset, path) {
				continue
			}
			assert.NotEmpty(t, got.Generation)
			for other := range presets {
				err := Confirm(other, s)
				var wrong *WrongError
				switch {
				case other == preset:
					assert.NoError(t, err, path)
				case assert.ErrorAs(t, err, &wrong, "%s as %s", path, other):
					assert.NotEmpty(t, wrong.Expected, other)
					require.NotNil(t, wrong.Better)
					assert.Equal(t, preset, wrong.Better.Preset)
				}
			}
		}
	}
}

// TestRecognised are beginnings of exports, whole and cut off.
func TestRecognised(t *testing.T) {
	headers := func(line string) Sample { return Sample{Header: strings.Split(line, ",")} }
	for want, s := range map[string]Sample{
		"auth0":            headers("user_id,email"),
		"okta":             headers("User Id,Status,Username,First name,Last name,Primary email"),
		"google-workspace": headers("First Name [Required],Last Name [Required],Email Address [Required],Status [READ ONLY]"),
		"entra ":           headers("Name [displayName] Required,User name [userPrincipalName] Required"),
		"entra":            headers("userPrincipalName,displayName,objectId"),
		"supabase":         headers("id,email,encrypted_password,raw_user_meta_data"),
		"devise":           headers("id,email,encrypted_password,confirmed_at"),
		"django":           headers("id,password,last_login,is_superuser,username,email"),
		"clerk":            headers("id,primary_email_address,password_hasher"),
		"shopify":          headers("First Name,Last Name,Email,Accepts Email Marketing"),
		"wordpress":        headers("ID,user_login,user_email"),
		"woocommerce":      headers("Name,Username,Last Active,Sign Up,Email"),
		"salesforce":       headers("Id,IsDeleted,LastName,Email"),
		"active-directory": headers("DN,objectClass,sAMAccountName"),
		"firebase":         {Header: append(slices.Concat([]string{"u1", "a@example.com", "true"}, make([]string, 20)), slices.Concat([]string{"1700000000000"}, make([]string, 29))...)},
		"keycloak":         {Text: []byte(`{"id":"x","realm":"samples","notBefore":0,"clients":[{"id":"1","clientId":"acc`)},
		"keycloak ":        {Text: []byte(`{"id":"1","username":"a","enabled":true,"emailVerified":false}`)}, // of rejects.ndjson
		"cognito":          {Text: []byte(`{"Users":[{"Username":"a","Attributes":[{"Name":"email","Value":"a@example.com"}],"UserStatus":"CONF`)},
		"identity-center":  {Text: []byte(`{"Users":[{"UserName":"a","UserId":"1","IdentityStoreId":"d-1"`)},
		"stytch":           {Text: []byte("{\"user_id\": broken}\n{\"user_id\":\"1\",\"emails\":[]}\n")},
	} {
		got, err := Recognise(s)
		require.NoError(t, err, want)
		assert.Equal(t, strings.TrimSpace(want), got.Preset)
	}
}

// TestEmpty says of an empty export that it is, and not which columns it lacks.
func TestEmpty(t *testing.T) {
	for _, s := range []Sample{{Header: []string{}}, {}, {Text: []byte(" \n[ ]\n")}} {
		_, err := Recognise(s)
		require.EqualError(t, err, nothingThere)
		require.EqualError(t, Confirm("auth0", s), nothingThere)
	}
	_, err := Recognise(Sample{Text: []byte("[[")})
	require.ErrorContains(t, err, "not recognised")
	require.ErrorContains(t, Confirm("auth0", Sample{Header: []string{""}}), "no export of auth0")
}

// TestUnsure stops where nothing tells systems apart, and names no value.
func TestUnsure(t *testing.T) {
	for _, s := range []Sample{
		{Header: []string{"id", "email", "name"}},
		{Header: []string{}},
		{},
		{Text: []byte(`[1, "user_id", {`)},
		{Text: []byte(`{"user_id":"auth0|secret@example.com"}`)},
		{Header: make([]string, 53)},
		{Text: bytes.Repeat([]byte("["), 1<<16)},
		{Text: bytes.Repeat([]byte(`{"users":[`), 1<<12)},
	} {
		_, err := Recognise(s)
		var unsure *UnsureError
		require.ErrorAs(t, err, &unsure)
		assert.NotContains(t, err.Error(), "secret")
		assert.Error(t, Confirm("nobody", s))
	}
	assert.NoError(t, Confirm("auth0", Sample{Text: []byte(`[1, "user_id", {`)}), "nothing can be read of it")
	assert.NoError(t, Confirm("auth0", Sample{Text: []byte(`{"user_id":"auth0|secret@example.com"}`)}), "other members may be left out")
	assert.Error(t, Confirm("auth0", Sample{Text: []byte(`{"id":1}`)}))
	assert.Error(t, Confirm("auth0", Sample{Header: []string{"user_id"}}))
	assert.Error(t, Confirm("stytch", Sample{Text: []byte(`{"user_id":"auth0|secret@example.com"}`)}))
	both := Sample{Header: []string{"user_login", "user_email", "primary_email_address", "password_hasher"}}
	_, err := Recognise(both)
	require.ErrorContains(t, err, "clerk")
	require.ErrorContains(t, err, "wordpress")
	require.NoError(t, Confirm("clerk", both))
	require.NoError(t, Confirm("wordpress", both))
	assert.ErrorContains(t, Confirm("okta", both), "this is no export of okta, which has login and email and one of")
	assert.ErrorContains(t, Confirm("nobody", both), "nobody")
}

func TestNamesAreShownAsPeopleKnowThem(t *testing.T) {
	got, err := Recognise(Sample{Text: []byte(`{"realm":"samples","notBefore":0,"users":[]}`)})
	require.NoError(t, err)
	assert.Equal(t, "keycloak (export of a realm: realm, users, notBefore)", got.String())
	err = Confirm("keycloak", Sample{Header: []string{"Country / Region"}})
	assert.ErrorContains(t, err, "which has realm and one of users, clients, notBefore, ")
}

func FuzzMembers(f *testing.F) {
	f.Add([]byte(`{"Users":[{"a":{"b":[1,{"c":null}]}}]}{`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := Recognise(Sample{Text: text}); err != nil {
			var unsure *UnsureError
			require.ErrorAs(t, err, &unsure)
		}
	})
}
