package guess_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fastjson"

	"poolprep/transform"
	"poolprep/transform/mapping"
	"poolprep/transform/mapping/guess"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// exports are invented, of as many systems: what a proposal for each must say.
var exports = []struct {
	name string
	text string
	want []string // lines that are decided, without their comments
	open []string // lines that are not, as a person would take them
	says []string // in comments
	rows int64    // accepted; -1: the username or the flags are open
}{
	{
		name: "German, semicolons, day first",
		text: "Kundennummer;E-Mail;E-Mail bestätigt;Vorname;Nachname;Handy;Telefon;Geburtsdatum;Straße;PLZ;Ort;Land;Anrede\n" +
			"1001;anna@example.com;ja;Anna;Berg;+41 79 555 01 00;;31.01.1980;Weg 5;8000;Zürich;CH;Frau\n" +
			"1002;ben@example.com;nein;Ben;Tal;;044 555 01 01;01.02.1981;Weg 6;8000;Zürich;CH;Herr\n",
		want: []string{
			"cognito:username: E-Mail", "email: E-Mail",
			"email_verified: {from: E-Mail bestätigt, steps: [{boolean: {true: [ja, j, wahr, an], false: [nein, n, falsch, aus]}}]}",
			"phone_number: {first: [Handy, Telefon], steps: [{phone: {region: Land}}]}",
			"given_name: Vorname", "family_name: Nachname",
			"birthdate: {from: Geburtsdatum, steps: [{date: {from: [dd.MM.yyyy]}}]}",
			`address: {join: [Straße, PLZ, Ort, Land], with: ", "}`,
		},
		open: []string{`name: {template: "{Vorname} {Nachname}"}`},
		says: []string{"by its name, in German", "the day is first: it is above 12 in 1 value", "Handy: 1 of 2 filled", "Kundennummer: 2 of 2 filled", "Anrede: 2 of 2 filled"},
		rows: 1,
	},
	{
		name: "German without umlauts, order not proved",
		text: "Benutzername,Mailadresse,Geburtstag,geaendert am,Geschlecht\nanna,anna@example.com,05.06.1980,2026-01-31T10:00:00Z,w\nben,ben@example.com,07.08.1981,2026-01-31T10:00:00.123+01:00,m\n",
		want: []string{
			"cognito:username: Benutzername", "email: Mailadresse", "gender: Geschlecht",
			`updated_at: {from: geaendert am, steps: [{epoch: {from: ["yyyy-MM-dd'T'HH:mm:ssX", "yyyy-MM-dd'T'HH:mm:ss.SSSX"]}}]}`,
		},
		open: []string{
			`email_verified: {constant: "TRUE"}`,
			"birthdate: {from: Geburtstag, steps: [{date: {from: [dd.MM.yyyy]}}]}", "birthdate: {from: Geburtstag, steps: [{date: {from: [MM.dd.yyyy]}}]}",
		},
		says: []string{"nothing proves whether the day or the month is first", "the day is first birthdate: {", "the month is first updated_at", "no column says what is verified"},
		rows: -1,
	},
	{
		name: "French, tabs, Excel",
		text: "Prénom\tNom\tAdresse e-mail\tCourriel vérifié\tTél. portable\tPays\tNé(e) le\tMot de passe\n" +
			"Zoé\tPetit\tzoe@example.org\tOui\t'+33 6 39 98 00 01\tFrance\t14/07/1990\t$2y$10$abcdefghijklmnopqrstuuC5b3VxYx5mYzQ0Z3aYlmkLr8dU9eW1a\n" +
			"Luc\tRoux\tluc@example.org\tNon\t'06 39 98 00 02\tFrance\t15/08/1991\t\n",
		want: []string{
			"cognito:username: Adresse e-mail", "email: Adresse e-mail",
			"email_verified: {from: Courriel vérifié, steps: [{boolean: {true: [oui, o, vrai], false: [non, n, faux]}}]}",
			`phone_number: {from: Tél. portable, steps: [{unquote: "'"}, {phone: {region: Pays}}]}`,
			"given_name: Prénom", "family_name: Nom", "birthdate: {from: Né(e) le, steps: [{date: {from: [dd/MM/yyyy]}}]}",
		},
		open: []string{`name: {template: "{Prénom} {Nom}"}`, "password_hash: Mot de passe"},
		says: []string{"2 values with the apostrophe of a spreadsheet", "1 value of the scheme bcrypt"},
		rows: 1,
	},
	{
		name: "Spanish, month first, underscores in languages",
		text: "Usuario|Correo electrónico|Verificado|Nombre|Apellidos|Móvil|Fecha de nacimiento|Idioma|Zona horaria\n" +
			"ana|ana@example.com|sí|Ana|Ruiz|+34600000001|01/31/1980|es_ES|Europe/Madrid\nluz|luz@example.com|no|Luz|Gil|0034 600 000 002|2/14/1981|es_MX|America/Mexico_City\n",
		want: []string{
			"cognito:username: Usuario", "email: Correo electrónico",
			`email_verified: {from: Verificado, steps: [{boolean: {true: [sí, si, s, verdadero], false: [no, n, falso]}}]}`,
			`phone_number: {from: Móvil, steps: [{regex: {match: "^00", replace: "+", or-keep: true}}, phone]}`,
			"given_name: Nombre", "family_name: Apellidos", "birthdate: {from: Fecha de nacimiento, steps: [{date: {from: [M/d/yyyy]}}]}",
			`locale: {from: Idioma, steps: [{replace: {_: "-"}}]}`, "zoneinfo: Zona horaria",
		},
		says: []string{"the month is first: the number behind it is above 12 in 2 values", "written with _", "time zones such as Area/City"},
		rows: 1,
	},
	{
		name: "Italian, national phone numbers without a country",
		text: "Nome utente,Nome,Cognome,Posta elettronica,E-mail confermata,Cellulare,Data di nascita,Codice fiscale\n" +
			"gino,Gino,Bianchi,gino@example.com,vero,347 555 0101,2000-02-29,X\nlia,Lia,Verdi,lia@example.com,falso,347 555 0102,1999-12-31,Y\n",
		want: []string{
			"cognito:username: Nome utente", "email: Posta elettronica", "email_verified: {from: E-mail confermata, steps: [{boolean: {true: [sì, si, s, vero], false: [no, n, falso]}}]}", "phone_number: {from: Cellulare, steps: [phone]}",
			"given_name: Nome", "family_name: Cognome", "birthdate: {from: Data di nascita, steps: [{date: {from: [yyyy-MM-dd]}}]}",
		},
		says: []string{"CHECK: phone_number", "no column has their country", "Codice fiscale: 2 of 2 filled", "E-mail confermata"},
		rows: 0,
	},
	{
		name: "Portuguese, times of confirmation",
		text: "Nome,Endereço de e-mail,Confirmado em,Telemóvel,Atualizado em,Gênero\nRui Alves,rui@example.com,2025-01-02 10:00:00,+351912345678,1700000000000,m\nEva Reis,eva@example.com,,+351912345679,1700000000001,f\n",
		want: []string{
			"cognito:username: Endereço de e-mail", "email: Endereço de e-mail", "email_verified: {test: {column: Confirmado em, empty: false}}",
			"phone_number: Telemóvel", "name: Nome", "gender: Gênero", "updated_at: {from: Atualizado em, steps: [{epoch: {unit: ms}}]}",
		},
		says: []string{"TRUE where there is a time, FALSE where there is none", "milliseconds since 1970"},
		rows: 1,
	},
	{
		name: "Dutch, years of two digits, full name",
		text: "Klantnummer;Volledige naam;E-mailadres;Bevestigd;Geboortedatum;Straatnaam;Huisnummer;Postcode;Woonplaats;Geblokkeerd\n" +
			"7;Jan Bos;jan@example.com;ja;31-12-80;Dorpsstraat;1;1000 AA;Amsterdam;nee\n8;Els Dam;els@example.com;ja;30-11-81;Dorpsstraat;2;1000 AA;Amsterdam;ja\n",
		want: []string{
			"cognito:username: E-mailadres", "email: E-mailadres", "email_verified: {from: Bevestigd, steps: [{boolean: {true: [ja, j, waar], false: [nee, n, onwaar]}}]}",
			"name: Volledige naam", `address: {join: [Straatnaam, Huisnummer, Postcode, Woonplaats], with: ", "}`,
		},
		open: []string{
			"birthdate: {from: Geboortedatum, steps: [{date: {from: [dd-MM-yy], pivot: 1930}}]}",
			"- {when: {column: Geblokkeerd, in: [ja, j, waar], ignore-case: true}, reason: the account is not in use}",
		},
		says: []string{"nothing says which century is meant", "DECIDE: records to leave out"},
		rows: 2,
	},
	{
		name: "Polish, words for no value",
		text: "Imię,Nazwisko,Adres e-mail,Potwierdzony,Telefon komórkowy,Data urodzenia,Miasto,Kod pocztowy\n" +
			"Ewa,Nowak,ewa@example.com,tak,+48 600 000 001,1985-03-04,Kraków,30-001\nJan,Lis,jan@example.com,nie,NULL,1986-05-06,Gdańsk,80-001\n",
		want: []string{
			"source: {nulls: [\"NULL\"]}",
			"cognito:username: Adres e-mail", "email: Adres e-mail", "email_verified: {from: Potwierdzony, steps: [{boolean: {true: [tak, t, prawda], false: [nie, n, fałsz]}}]}",
			"phone_number: {from: Telefon komórkowy, steps: [phone]}", "given_name: Imię", "family_name: Nazwisko",
			"birthdate: {from: Data urodzenia, steps: [{date: {from: [yyyy-MM-dd]}}]}", `address: {join: [Kod pocztowy, Miasto], with: ", "}`,
		},
		says: []string{"words that stand for no value"},
		rows: 1,
	},
	{
		name: "English, camel case, seconds, other words",
		text: "userName,emailAddress,emailVerified,phoneNumber,phoneNumberVerified,firstName,lastName,displayName,lastModified,isActive,avatarUrl,totpSecret\n" +
			"anna,anna@example.com,true,+12015550100,1,Anna,Berg,Anna Berg,1700000000,true,https://example.com/a.png,x\nben,ben@example.com,maybe,+12015550101,0,Ben,Tal,Ben Tal,1700000001,false,https://example.com/b.png,y\n",
		want: []string{
			"cognito:username: userName", "email: emailAddress", "email_verified: {from: emailVerified, steps: [boolean]}",
			"phone_number: phoneNumber", "phone_number_verified: {from: phoneNumberVerified, steps: [boolean]}", "name: displayName", "given_name: firstName",
			"family_name: lastName", "picture: avatarUrl", "updated_at: lastModified",
		},
		open: []string{"- {when: {column: isActive, in: [false], ignore-case: true}, reason: the account is not in use}"},
		says: []string{"CHECK: email_verified", "the others are rejected; write their words, too", "a secret, which stays where it is"},
		rows: 1,
	},
	{
		name: "no header",
		text: "17,anna@example.com,+12015550100,1b4e28ba-2fa1-11d2-883f-0016d3cca427\n18,ben@example.com,+12015550101,1b4e28ba-2fa1-11d2-883f-0016d3cca428\n",
		want: []string{"source: {header: false}", "cognito:username: 2", "email: 2", "phone_number: 3"},
		open: []string{`email_verified: {constant: "TRUE"}`},
		says: []string{"The first record holds a number or date, so it was taken for data", "by its values alone", "CHECK: email"},
		rows: -1,
	},
	{
		name: "JSON lines, Italian members",
		text: `{"id":1,"email":"a@example.com","verificato":true,"nome_completo":"Anna Berg","indirizzo":{"via":"x"},"cellulare":"+39 347 555 0101"}` + "\n" +
			`{"id":2,"email":"b@example.com","verificato":false,"nome_completo":null,"cellulare":"+39 347 555 0102"}` + "\n",
		want: []string{
			"cognito:username: email", "email: email", "email_verified: {from: verificato, steps: [boolean]}", "phone_number: {from: cellulare, steps: [phone]}", "name: nome_completo",
		},
		rows: 1,
	},
	{
		name: "JSON lines, objects and lists",
		text: `{"id":"1","profile":{"firstName":"Anna","lastName":"Berg","company":{"name":"x","email":"c@example.com"}},"emails":[{"value":"old@example.com"},{"value":"a@example.com","primary":true}],"phoneNumbers":[{"value":"+12015550100","primary":true}],"address":{"street":"Weg 5","city":"Zürich","zip":"8000"},"verified":true}` + "\n" +
			`{"id":"2","profile":{"firstName":"Ben","lastName":"Tal"},"emails":[{"value":"b@example.com","primary":true}],"phoneNumbers":[],"verified":true}` + "\n",
		want: []string{
			"cognito:username: \"emails[primary=true].value\"", "email: \"emails[primary=true].value\"", "email_verified: {from: verified, steps: [boolean]}",
			"phone_number: \"phoneNumbers[primary=true].value\"", "given_name: profile.firstName", "family_name: profile.lastName",
			`address: {join: [address.street, address.zip, address.city], with: ", "}`,
		},
		says: []string{"profile.company.email: 1 of 2 filled; all of them e-mail addresses"},
		rows: 2,
	},
	{
		name: "a column with JSON, hashes of Django",
		text: "id,email,encrypted_password,email_confirmed_at,meta\n" +
			`1,a@example.com,pbkdf2_sha256$600000$saltsaltsalt$C5b3VxYx5mYzQ0Z3aYlmkLr8dU9eW1aC5b3VxYx5mYz=,2024-01-15 10:30:00.000000+00,"{""full_name"":""Anna Berg"",""avatar_url"":""https://example.com/a.png""}"` + "\n" +
			"2,b@example.com,$P$BabcdefghijklmnopqrstuvwxyzABCD,,{}\n",
		want: []string{"cognito:username: email", "email: email", "email_verified: {test: {column: email_confirmed_at, empty: false}}", "name: meta.full_name", "picture: meta.avatar_url"},
		open: []string{"password_hash: {from: encrypted_password, steps: [hash], if-failed: empty}"},
		says: []string{"1 value of such a scheme written in another way", "1 value of no scheme that can be imported"},
		rows: 1,
	},
	{
		name: "two columns of one name, names that YAML does not take",
		text: "E-Mail,E-Mail,\"Login: [x]\",\"{Vorname}\",'Telefon,bestätigt\na@example.com,,anna,Anna,+12015550100,true\n,b@example.com,ben,Ben,+12015550101,true\n",
		want: []string{"cognito:username: \"Login: [x]\"", "email: 1", "given_name: \"{Vorname}\"", "phone_number: \"'Telefon\"", "email_verified: {from: bestätigt, steps: [boolean]}"},
		rows: 1,
	},
	{
		name: "Swedish, names in one column, nothing verified",
		text: "Användarnamn;E-post;Förnamn;Efternamn;Mobilnummer;Födelsedatum;Språk\nanna;anna@example.com;Anna;Berg;070-555 01 00;19800131;sv\n",
		want: []string{"cognito:username: Användarnamn", "email: E-post", "given_name: Förnamn", "family_name: Efternamn", "phone_number: {from: Mobilnummer, steps: [phone]}", "birthdate: {from: Födelsedatum, steps: [{date: {from: [yyyyMMdd]}}]}", "locale: Språk"},
		open: []string{`email_verified: {constant: "TRUE"}`, `name: {template: "{Förnamn} {Efternamn}"}`},
		rows: -1,
	},
}

func propose(t *testing.T, text string, o guess.Options) (*guess.Proposal, string) {
	t.Helper()
	s, err := guess.Look(t.Context(), validate.Source{Name: "export", Reader: strings.NewReader(text)}, guess.LookOptions{Reading: validate.Reading{Detect: true}})
	require.NoError(t, err)
	p, err := guess.Guess(t.Context(), s, o)
	require.NoError(t, err)
	return p, string(p.AppendYAML(nil, []string{"head"}, nil))
}

// convert converts an export with a mapping, and returns the result.
func convert(t *testing.T, text, yaml string, o guess.Options) transform.Result {
	t.Helper()
	m, err := mapping.Parse("map.yaml", []byte(yaml))
	require.NoError(t, err, yaml)
	pool := o.Pool
	if pool == nil {
		pool = schema.Default()
	}
	require.NoError(t, m.CheckTargets(judge.TargetColumns(pool, o.PasswordHash)), yaml)
	var out bytes.Buffer
	result, err := transform.Convert(t.Context(), transform.ConvertOptions{
		Rules: judge.Options{Pool: pool, PasswordHash: o.PasswordHash}, Reading: validate.Reading{Detect: true}, Mapping: m, KeepGoing: true, Output: &transform.ImportFile{Writer: &out},
	}, validate.Source{Name: "export", Reader: strings.NewReader(text)})
	require.NoError(t, err, yaml)
	return result
}

// decided returns the lines of a mapping that are no comments, without their indentation.
func decided(yaml string) (lines []string) {
	for line := range strings.Lines(yaml) {
		line = strings.TrimSpace(line)
		if line != "" && line != "version: 1" && line != "columns:" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

// flat returns the comments of a mapping as one line.
func flat(yaml string) string {
	var words []string
	for word := range strings.FieldsSeq(yaml) {
		if word != "#" {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

func TestProposals(t *testing.T) {
	for _, tt := range exports {
		t.Run(tt.name, func(t *testing.T) {
			_, yaml := propose(t, tt.text, guess.Options{})
			assert.ElementsMatch(t, tt.want, decided(yaml), yaml)
			for _, line := range tt.open {
				assert.Contains(t, yaml, "  # "+line, yaml)
			}
			for _, text := range tt.says {
				assert.Contains(t, flat(yaml), text, yaml)
			}
			result := convert(t, tt.text, yaml, guess.Options{})
			if tt.rows >= 0 {
				assert.Equal(t, tt.rows, result.Summary.RowsAccepted, "%v\n%s", result.Summary.Findings, yaml)
			}
		})
	}
}

// TestNoValueIsShown looks for the values of every export in what is said of it.
func TestNoValueIsShown(t *testing.T) {
	canary := "Geheim7391"
	for _, tt := range exports {
		for _, place := range []string{"anna@example.com", "Anna", "Berg", "anna", "Ana", "ewa@example.com", "Jan"} {
			text := strings.ReplaceAll(tt.text, place, canary)
			_, yaml := propose(t, text, guess.Options{})
			assert.NotContains(t, yaml, canary, tt.name)
		}
	}
	for _, text := range []string{
		"1001,Anna Geheim,active\n1002,x,active\n", "Anna,Geheim7391,Email\nb,c,Phone\n", "Via,Geheim7391,Nick,Paris,Status\nb,c,d,e,f\n",
		"geheim@example.com,x\ny,z\n", "Geheim7391,Anna,Zürich\nb,c,d\n", "$2a$10$geheimgeheimgeheimgeheu,y\nz,u\n",
		`{"geheim@example.com":1}` + "\n", `{"Geheim7391":"x"}` + "\n", "email,geheim@example.com\nx,y\n",
	} {
		_, yaml := propose(t, text, guess.Options{})
		assert.NotContains(t, strings.ToLower(yaml), "geheim", text)
	}
}

// TestPools proposes for pools that want other things.
func TestPools(t *testing.T) {
	text := "Login,E-Mail,Kundennummer,Handy,Kennwort,Stufe\nanna,anna@example.com,1,+12015550100,$2a$10$abcdefghijklmnopqrstuuC5b3VxYx5mYzQ0Z3aYlmkLr8dU9eW1a,3\n"
	pool := func(change func(*schema.Pool)) guess.Options {
		p := schema.Default()
		change(p)
		return guess.Options{Pool: p}
	}
	for name, tt := range map[string]struct {
		o    guess.Options
		want []string
	}{
		"e-mail is the username": {pool(func(p *schema.Pool) { p.UsernameAttributes = []string{"email"} }), []string{"cognito:username: E-Mail"}},
		"phone is the username":  {pool(func(p *schema.Pool) { p.UsernameAttributes = []string{"phone_number"} }), []string{"cognito:username: Handy"}},
		"custom attributes": {pool(func(p *schema.Pool) {
			p.Header = append(p.Header, "custom:legacy_id", "custom:stufe")
			p.Attributes = append(p.Attributes, schema.Attribute{Name: "custom:legacy_id"}, schema.Attribute{Name: "custom:stufe", Type: schema.Number})
		}), []string{"custom:legacy_id: Kundennummer", "custom:stufe: Stufe"}},
		"hashes": {guess.Options{PasswordHash: value.BCrypt}, []string{"password_hash: Kennwort"}},
	} {
		_, yaml := propose(t, text, tt.o)
		for _, line := range tt.want {
			assert.Contains(t, decided(yaml), line, "%s:\n%s", name, yaml)
		}
		convert(t, text, yaml, tt.o)
	}
	_, yaml := propose(t, "E-Mail,Kundennummer\na@example.com,1\n", pool(func(p *schema.Pool) { p.Aliases = []string{"email"} }))
	assert.Contains(t, decided(yaml), "cognito:username: Kundennummer", "an alias is no username")
}

// TestDecisions takes every choice of every export: what a person decides parses, too.
func TestDecisions(t *testing.T) {
	for _, tt := range exports {
		for choice := range 2 {
			p, _ := propose(t, tt.text, guess.Options{})
			for _, l := range p.Open() {
				if len(l.Choices) > 0 {
					require.NoError(t, l.Take(min(choice, len(l.Choices)-1)))
				}
			}
			for _, l := range p.Open() {
				assert.Empty(t, l.Choices)
			}
			yaml := strings.ReplaceAll(string(p.AppendYAML(nil, nil, nil)), "steps: [phone]", "steps: [{phone: {default-region: IT}}]")
			result := convert(t, tt.text, yaml, guess.Options{})
			assert.Positive(t, result.Summary.RowsAccepted+result.Summary.RowsSkipped, tt.name)
		}
	}
	p, _ := propose(t, exports[0].text, guess.Options{})
	for _, l := range p.Open() {
		l.Leave()
	}
	convert(t, exports[0].text, string(p.AppendYAML(nil, nil, nil)), guess.Options{})
	line := p.Lines[0]
	assert.Error(t, line.Take(7))
	assert.ErrorContains(t, p.Use(line, "Geheim"), "the export has no column that is called so; it has Kundennummer, E-Mail")
	require.NoError(t, p.Use(line, "Kundennummer"))
	assert.Contains(t, decided(string(p.AppendYAML(nil, nil, nil))), "cognito:username: Kundennummer")
	require.NoError(t, p.Use(line, "1"))
}

// TestBounds reads no more than the bounds.
func TestBounds(t *testing.T) {
	row := "anna@example.com,TRUE\n"
	for _, rows := range []int{guess.MaxRecords - 1, guess.MaxRecords, guess.MaxRecords + 1, 300_000} {
		r := strings.NewReader("email,email_verified\n" + strings.Repeat(row, rows))
		s, err := guess.Look(t.Context(), validate.Source{Name: "x", Reader: r}, guess.LookOptions{})
		require.NoError(t, err)
		assert.Equal(t, min(rows, guess.MaxRecords), s.Records)
		assert.Equal(t, rows <= guess.MaxRecords, s.Whole)
	}
	long := strings.Repeat("x", 500_000)
	s, err := guess.Look(t.Context(), validate.Source{Name: "x", Reader: strings.NewReader("email,b\n" + strings.Repeat("a@example.com,"+long+"\n", 20))}, guess.LookOptions{})
	require.NoError(t, err)
	assert.Equal(t, guess.MaxBytes/500_000, s.Records)
	assert.False(t, s.Whole)
}

func TestMisuse(t *testing.T) {
	_, err := guess.Guess(t.Context(), nil, guess.Options{})
	assert.Error(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = guess.Guess(ctx, guess.NewSample([]string{"email"}), guess.Options{})
	assert.ErrorIs(t, err, context.Canceled)
	for _, s := range []*guess.Sample{guess.NewSample(nil), guess.NewJSONSample(), new(guess.Sample)} {
		p, err := guess.Guess(t.Context(), s, guess.Options{})
		require.NoError(t, err)
		yaml := p.AppendYAML(nil, nil, nil)
		_, err = mapping.Parse("map.yaml", yaml)
		assert.NoError(t, err, string(yaml))
	}
}

// TestHeaderThatMayBeData has names that look like values: the mapping says enough of the
// header for it to be taken for one.
func TestHeaderThatMayBeData(t *testing.T) {
	for _, text := range []string{"id,mAil,0@0\n", "id,email,a@example.com\n1,b@example.com,x\n", "Kundennummer,2023,2024\n1,2,3\n"} {
		_, yaml := propose(t, text, guess.Options{})
		m, err := mapping.Parse("map.yaml", []byte(yaml))
		require.NoError(t, err, yaml)
		_, err = transform.Fit(t.Context(), transform.ConvertOptions{Mapping: m}, validate.Source{Name: "export", Reader: strings.NewReader(text)})
		assert.NoError(t, err, yaml)
	}
}

// FuzzHeader proposes for any names and values, one a line: the mapping parses, and fits.
func FuzzHeader(f *testing.F) {
	for _, tt := range exports {
		header, rest, _ := strings.Cut(tt.text, "\n")
		row, _, _ := strings.Cut(rest, "\n")
		lines := strings.NewReplacer(";", "\n", ",", "\n", "\t", "\n", "|", "\n")
		f.Add(lines.Replace(header), lines.Replace(row), header)
	}
	f.Add("email\nemail\n1\n2", "\u2028\n\ufffe\n#\n'", `{"a.b":"a@b.cd","x y":{"email":"a@b.cd"},"l":[[1]],"[0]":"x","$e":"a@b.cd","email":["a@b.cd"],"":1}`)
	f.Add("{}\n[a]\n: b\n- c\n? d\n& e\n*\n!\n|\n>\n%\n@\n`\nnull\n~\ntrue\n<<\n=", "1", `{"email":{"email":{"email":{"email":{"email":{"email":{"email":{"email":1}}}}}}}}`)
	f.Add("meta\na.b\nmeta.x", `{"x":1,"y":[{"email":"a@b.cd"}],"[0]":{}}`, `{}`)
	f.Fuzz(func(t *testing.T, header, row, object string) {
		if len(header)+len(row)+len(object) > 1<<11 || !utf8.ValidString(header) {
			return
		}
		names := strings.Split(header, "\n")
		for i := range names {
			names[i] = strings.TrimSpace(names[i])
		}
		var fields [][]byte
		for v := range strings.SplitSeq(row, "\n") {
			fields = append(fields, []byte(v))
		}
		table, objects := guess.NewSample(names), guess.NewJSONSample()
		table.Add(fields)
		objects.AddJSON(new(fastjson.Parser), []byte(object))
		fits(t, table, names, mapping.Options{})
		fits(t, objects, nil, mapping.Options{JSON: true})
	})
}

// fits proposes for a sample, and compiles what is proposed and decided for its names.
func fits(t *testing.T, s *guess.Sample, names []string, o mapping.Options) {
	p, err := guess.Guess(t.Context(), s, guess.Options{})
	require.NoError(t, err)
	for choice := range 3 {
		for i, l := range p.Open() {
			if choice > 0 && (i+choice)%2 == 0 && len(l.Choices) > 0 {
				require.NoError(t, l.Take(len(l.Choices)-1))
			}
		}
		yaml := p.AppendYAML(nil, names, func(d guess.Decision) string { return fmt.Sprint(d) })
		m, err := mapping.Parse("map.yaml", yaml)
		require.NoError(t, err, "%s", yaml)
		source := names
		if o.JSON {
			source = m.Sources(o)
		}
		_, err = m.Compile(source, o)
		require.NoError(t, err, "%s", yaml)
	}
}
