package mapping

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/row"
	"poolprep/validate/schema"
)

// pairs turns "a=1 b=2" into a map; "_" stands for a space, "~" for an empty value.
func pairs(s string) map[string]string {
	out := map[string]string{}
	for _, p := range strings.Fields(s) {
		name, v, _ := strings.Cut(p, "=")
		out[name] = strings.ReplaceAll(strings.ReplaceAll(v, "_", " "), "~", "")
	}
	return out
}

// record splits pairs into a header and a record.
func recordOf(s string) (header, values []string) {
	for _, p := range strings.Fields(s) {
		name, v, _ := strings.Cut(p, "=")
		header = append(header, strings.ReplaceAll(name, "_", " "))
		values = append(values, strings.ReplaceAll(strings.ReplaceAll(v, "_", " "), "~", ""))
	}
	return header, values
}

// poolWith returns the default pool with custom attributes.
func poolWith(t testing.TB, usernames []string, custom ...string) *schema.Pool {
	t.Helper()
	p := *schema.Default()
	for _, name := range custom {
		p.Header = append(p.Header[:len(p.Header):len(p.Header)], "custom:"+name)
	}
	p.UsernameAttributes = usernames
	return &p
}

func TestTheLanguage(t *testing.T) {
	usernames := "columns: {cognito:username: {username: {login: [Login, Id], email: $mail, phone: Phone}}}\nvalues: {mail: {first: [Mail, Other]}}\n"
	verified := "optional: true\ncolumns: {email: Mail, email_verified: {from: Flag}}\n"
	tests := map[string]struct {
		text   string
		record string // name=value, see recordOf
		pool   []string
		assume []string
		custom []string
		want   string
	}{
		"loose names":                            {text: "names: loose\ncolumns: {name: status, email: E-Mail Address, nickname: user.name}\n", record: "Status_[READ_ONLY]=on EMAIL_ADDRESS=a@example.com User_Name=x user.name=y", want: "name=on email=a@example.com nickname=y"},
		"a loose name that the header has as is": {text: "names: loose\ncolumns: {name: mail}\n", record: "Mail=1 mail=2", want: "name=2"},
		"a path is loose with its dots":          {text: "names: loose\noptional: true\ncolumns: {name: Name.Given}\n", record: "name.given=a namegiven=b", want: "name=a"},
		"optional: no source":                    {text: "optional: true\ncolumns: {name: Nobody, email: {first: [Nobody, Mail]}, nickname: {template: '<{Nobody}>'}, address: {join: [Nobody, None]}}\n", record: "Mail=m", want: "email=m"},
		"optional: default of no source":         {text: "optional: true\ncolumns: {name: {from: Nobody, steps: [{default: x}]}}\n", record: "Mail=m", want: "name=x"},
		"optional: no such column in the pool":   {text: "optional: true\ncolumns: {name: Mail, custom:id: Mail, password_hash: Mail}\n", record: "Mail=m", want: "name=m"},
		"aliases":                                {text: "aliases: {id: [Id, ID]}\ncolumns: {name: id}\n", record: "ID=3 Id=2", want: "name=2"},
		"aliases: the name itself is first":      {text: "aliases: {id: [Id, ID]}\ncolumns: {name: id}\n", record: "ID=3 id=1 Id=2", want: "name=1"},
		"a value":                                {text: "values: {x: {first: [A, B], steps: [upper]}, y: {join: [$x, C], with: '-'}}\ncolumns: {name: $x, nickname: {template: '({$y})'}, email: {first: [A, $y]}}\n", record: "A=~ B=b C=c", want: "name=B nickname=(B-c) email=B-c"},
		"a value is trimmed":                     {text: "values: {x: {constant: ' x '}}\ncolumns: {name: {join: [$x, A]}}\n", record: "A=a", want: "name=xa"},
		"a value that is a column":               {text: "values: {x: A}\ncolumns: {name: $x}\n", record: "A=a", want: "name=a"},
		"a dollar where there are no values":     {text: "columns: {name: $x}\n", record: "$x=a", want: "name=a"},
		"username: the login":                    {text: usernames, record: "Login=l Id=i Mail=m Other=o Phone=p", want: "cognito:username=l"},
		"username: no login":                     {text: usernames, record: "Login=~ Id=~ Mail=~ Other=o Phone=p", want: "cognito:username=o"},
		"username: of an e-mail pool":            {text: usernames, record: "Login=l Id=i Mail=~ Other=o Phone=p", pool: []string{"email"}, want: "cognito:username=o"},
		"username: of a phone pool":              {text: usernames, record: "Login=l Id=i Mail=m Other=o Phone=p", pool: []string{"phone_number"}, want: "cognito:username=p"},
		"username: of both":                      {text: usernames, record: "Login=l Id=i Mail=~ Other=~ Phone=p", pool: []string{"phone_number", "email"}, want: "cognito:username=p"},
		"test: there":                            {text: "columns: {email_verified: {test: {column: At, empty: false}}}\n", record: "At=2024", want: "email_verified=TRUE"},
		"test: not there":                        {text: "columns: {email_verified: {test: {column: At, empty: false}}}\n", record: "At=~", want: "email_verified=FALSE"},
		"test: no such column":                   {text: "optional: true\ncolumns: {email_verified: {test: {not: {column: At, empty: true}}}}\n", record: "A=x", want: ""},
		"test: one of the columns":               {text: "optional: true\ncolumns: {email_verified: {test: {any: [{column: At, empty: false}, {column: A, equals: x}]}}}\n", record: "A=x", want: "email_verified=TRUE"},
		"boolean: a word":                        {text: "columns: {email_verified: {test: {column: A, boolean: false}}}\n", record: "A=No", want: "email_verified=TRUE"},
		"boolean: an apostrophe before it":       {text: "columns: {email_verified: {test: {column: A, boolean: true}}}\n", record: "A='TRUE", want: "email_verified=TRUE"},
		"boolean: another word":                  {text: "columns: {email_verified: {test: {column: A, boolean: true}}}\n", record: "A=WAHR", want: "email_verified=FALSE"},
		"boolean: neither":                       {text: "columns: {email_verified: {test: {column: A, boolean: neither}}}\n", record: "A=WAHR", want: "email_verified=TRUE"},
		"boolean: neither, but empty":            {text: "columns: {email_verified: {test: {column: A, boolean: neither}}}\n", record: "A=~", want: "email_verified=FALSE"},
		"time":                                   {text: "columns: {email_verified: {test: {column: A, time: true}}}\n", record: "A=2024-01-15_10:30:00+00", want: "email_verified=TRUE"},
		"time: seconds":                          {text: "columns: {email_verified: {test: {column: A, time: true}}}\n", record: "A=1705314600", want: "email_verified=TRUE"},
		"time: of a spreadsheet":                 {text: "columns: {email_verified: {test: {column: A, time: true}}}\n", record: "A=1/15/24_10:30", want: "email_verified=TRUE"},
		"time: words":                            {text: "columns: {email_verified: {test: {column: A, time: true}}}\n", record: "A='15_Jan_2024'", want: "email_verified=TRUE"},
		"time: null":                             {text: "columns: {email_verified: {test: {column: A, time: true}}}\n", record: "A=null", want: "email_verified=FALSE"},
		"time: a flag":                           {text: "columns: {email_verified: {test: {column: A, time: true}}}\n", record: "A=1", want: "email_verified=FALSE"},
		"time: no day":                           {text: "columns: {email_verified: {test: {column: A, time: true}}}\n", record: "A=0000-00-00_00:00:00", want: "email_verified=FALSE"},
		"time: the first day":                    {text: "columns: {email_verified: {test: {column: A, time: true}}}\n", record: "A=0001-01-01T00:00:00.0000000Z", want: "email_verified=FALSE"},
		"time: the first day, otherwise":         {text: "columns: {email_verified: {test: {column: A, time: false}}}\n", record: "A=01/01/0001_00:00:00", want: "email_verified=TRUE"},
		"time: nothing":                          {text: "columns: {email_verified: {test: {column: A, time: false}}}\n", record: "A=~", want: "email_verified=TRUE"},
		"has":                                    {text: "columns: {email_verified: {test: {column: List, has: One}}}\n", record: "List=b_|_a|c One=a", want: "email_verified=TRUE"},
		"has: a part of an element is none":      {text: "columns: {email_verified: {test: {column: List, has: One}}}\n", record: "List=ab|ba One=a", want: "email_verified=FALSE"},
		"has: nothing":                           {text: "columns: {email_verified: {test: {column: List, has: One}}}\n", record: "List=a||b One=~", want: "email_verified=FALSE"},
		"has: letter case":                       {text: "columns: {email_verified: {test: {column: List, has: One, separator: ';', ignore-case: true}}}\n", record: "List=A@B;C One=a@b", want: "email_verified=TRUE"},
		"has: JSON":                              {text: "columns: {email_verified: {test: {column: List, has: One}}}\n", record: `List=["x","a"] One=a`, want: "email_verified=TRUE"},
		"if-failed: reject":                      {text: "columns: {name: {from: A, steps: [boolean]}}\n", record: "A=x", want: "name=!boolean"},
		"if-failed: empty":                       {text: "columns: {name: {from: A, steps: [boolean], if-failed: empty}}\n", record: "A=x", want: "name=?boolean"},
		"a value that fails":                     {text: "values: {x: {from: A, steps: [boolean]}}\ncolumns: {nickname: {first: [B, $x]}, name: $x}\n", record: "A=x B=b", want: "name=!boolean nickname=b"},
		"a value that fails, of which no column": {text: "values: {x: {from: A, steps: [boolean]}}\ncolumns: {name: B}\nside: {x: $x}\n", record: "A=x B=b", want: "name=b =!boolean side={}"},
		"a value that nobody needs":              {text: "values: {x: {from: A, steps: [boolean]}}\ncolumns: {name: B}\n", record: "A=x B=b", want: "name=b"},
		"a value that may fail":                  {text: "values: {x: {from: A, steps: [boolean], if-failed: empty}}\ncolumns: {name: $x, nickname: {first: [$x, B]}}\n", record: "A=x B=b", want: "name=?boolean nickname=b"},
		"a column whose value may fail":          {text: "values: {x: {from: A, steps: [boolean]}}\ncolumns: {name: {from: $x, if-failed: empty}}\n", record: "A=x", want: "name=?boolean"},
		"custom:*":                               {text: "columns: {custom:a: One, custom:*: {first: ['m.*', '*'], steps: [upper]}}\n", record: "One=1 m.a=x m.b=y c=z m.c=~", custom: []string{"a", "b", "c", "d"}, want: "custom:a=1 custom:b=Y custom:c=Z"},
		"custom:* within a name":                 {text: "columns: {custom:*: {first: ['extension_*_*']}}\n", record: "extension=0", custom: []string{"x"}, want: ""},
		"a path":                                 {text: "columns: {name: M.a.b, nickname: 'M.l[1]', address: 'M.l[*]', email: 'M.e[t=x].v', gender: M.none}\n", record: `M={"a":{"b":"x"},"l":["p","q"],"e":[{"t":"y"},{"t":"x","v":7.10}]}`, want: "name=x nickname=q address=p|q email=7.10"},
		"a path: the name itself wins":           {text: "columns: {name: M.a}\n", record: `M={"a":1} M.a=2`, want: "name=2"},
		"a path: a name with odd characters":     {text: "columns: {name: '[\"my.M\"].a', nickname: 'E.164 Phone'}\n", record: `my.M={"a":1} E.164_Phone=3`, want: "name=1 nickname=3"},
		"a path: JSON in JSON":                   {text: "columns: {name: M.a.b}\n", record: `M={"a":"{\"b\":1}"}`, want: "name=1"},
		"a path: no JSON":                        {text: "columns: {name: M.a.b}\n", record: "M=x", want: ""},
		"a path: broken JSON":                    {text: "columns: {name: {first: [M.a, B]}}\n", record: `M={"a":1 B=b`, want: "name=!M.a"},
		"a path: an object":                      {text: "columns: {name: M.a, nickname: {from: M.a, if-failed: empty}}\n", record: `M={"a":{"b":1}}`, want: "name=!M.a"},
		"a path: loose, by an alias":             {text: "names: loose\naliases: {meta: [Meta Data]}\ncolumns: {name: meta.a}\n", record: `meta_data={"a":1}`, want: "name=1"},
		"a path: optional":                       {text: "optional: true\ncolumns: {name: {first: [M.a, B]}}\n", record: `B=b`, want: "name=b"},
		"a path: kept beside":                    {text: "columns: {name: B}\nside: {j: {json: M.a}, l: {list: M.l}, t: M.t}\n", record: `B=b M={"a":{"b":[1]},"l":["x","y"],"t":"t"}`, want: `name=b side={"j":{"b":[1]},"l":["x","y"],"t":"t"}`},
		"custom:* in JSON":                       {text: "columns: {custom:*: {first: ['M.*']}}\n", record: `M={"a":1,"b.c":2}`, custom: []string{"a", "b.c", "d"}, want: "custom:a=1 custom:b.c=2"},
		"reject":                                 {text: "columns: {name: A}\nreject: [{when: {column: A, equals: x}, code: source-unconfirmed, reason: not yet}]\n", record: "A=x", want: "name=x reject=not_yet"},
		"skip wins over reject":                  {text: "columns: {name: A}\nreject: [{when: {column: A, equals: x}, reason: r}]\nskip: [{when: {column: A, equals: x}, reason: s}]\n", record: "A=x", want: "skip=s"},
		"skip by a value":                        {text: "values: {x: {first: [A, B]}}\ncolumns: {name: A}\nskip: [{when: {column: $x, equals: b}, reason: s}]\n", record: "A=~ B=b", want: "skip=s"},
		"side":                                   {text: "columns: {name: A}\nside: {id: A, groups: {list: L, separator: ','}, off: {test: {column: B, equals: b}}, j: {json: J}, none: N, no: {list: N}, nul: {json: N}}\n", record: `A=1"2 B=b L=x,_y,,z J={"a":[1]} N=~`, want: `name=1"2 side={"id":"1\"2","groups":["x","y","z"],"off":true,"j":{"a":[1]}}`},
		"side: lists in JSON, JSON that is none": {text: "columns: {name: A}\nside: {groups: {list: L}, j: {json: A}}\n", record: `A=x L=["a|b",1,null]`, want: `name=x side={"groups":["a|b","1"],"j":"x"}`},
		"assume: empty":                          {text: verified, record: "Mail=m Flag=~", assume: []string{"email"}, want: "email=m email_verified=TRUE"},
		"assume: false stays":                    {text: verified, record: "Mail=m Flag=no", assume: []string{"email"}, want: "email=m email_verified=no"},
		"assume: no address":                     {text: verified, record: "Mail=~ Flag=~", assume: []string{"email"}, want: ""},
		"assume: no column":                      {text: verified, record: "Mail=m", assume: []string{"email", "phone_number"}, want: "email=m email_verified=TRUE"},
		"not assumed":                            {text: verified, record: "Mail=m", want: "email=m"},
		"require: one is enough":                 {text: "columns: {name: A}\nrequire: [A, [B, C]]\n", record: "A=a C=c", want: "name=a"},
		"require: by an alias":                   {text: "aliases: {B: [C]}\ncolumns: {name: A}\nrequire: [B]\n", record: "A=a C=c", want: "name=a"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := Parse("map.yaml", []byte(tt.text))
			require.NoError(t, err)
			source, values := recordOf(tt.record)
			got := mapRowFor(t, m, Options{Pool: poolWith(t, tt.pool, tt.custom...), AssumeVerified: tt.assume}, source, values)
			assert.Equal(t, pairs(tt.want), got)
		})
	}
}

// TestMistakesInTheLanguage: each is found where it stands, and nothing of the header that
// may be data is in the message.
func TestMistakesInTheLanguage(t *testing.T) {
	tests := map[string]struct {
		text, header string
		want         string // of Parse, or else of Compile
		options      Options
	}{
		"names":                       {text: "names: losse\ncolumns: {name: A}\n", want: `map.yaml:1:8: names: exact or loose is expected, did you mean "loose"?`},
		"optional":                    {text: "optional: maybe\ncolumns: {name: A}\n", want: "map.yaml:1:11: optional: true or false is expected"},
		"aliases":                     {text: "aliases: [a]\ncolumns: {name: A}\n", want: "map.yaml:1:10: aliases: keys and values are expected, not a list"},
		"aliases of nothing":          {text: "aliases: {Lgoin: [x]}\ncolumns: {name: Login}\n", want: `map.yaml:1:11: aliases: the mapping uses no source column "Lgoin", did you mean "Login"?`},
		"names by count":              {text: "source: {header: false, names: {two: [a]}}\ncolumns: {name: a}\n", want: "map.yaml:1:33: names: the number of fields is expected before each list"},
		"names by count, too many":    {text: "source: {header: false, names: {1: [a, b]}}\ncolumns: {name: a}\n", want: "map.yaml:1:36: names: 2 names for records of 1 fields"},
		"names by count, none":        {text: "source: {header: false, names: {}}\ncolumns: {name: a}\n", want: "map.yaml:1:32: names: a list is expected"},
		"nulls":                       {text: "source: {nulls: [' x']}\ncolumns: {name: A}\n", want: "map.yaml:1:18: nulls: the word must not have white space around it"},
		"nulls: nothing":              {text: "source: {nulls: ['']}\ncolumns: {name: A}\n", want: "map.yaml:1:18: nulls: the word must not be empty"},
		"require: empty list":         {text: "columns: {name: A}\nrequire: [[]]\n", want: "map.yaml:2:11: require: the name of a source column is expected"},
		"require: none there":         {text: "columns: {name: A}\nrequire: [[B, C]]\n", header: "A", want: "map.yaml:2:12: the source has none of the columns B, C, of which the mapping requires one"},
		"require: though optional":    {text: "optional: true\ncolumns: {name: A}\nrequire: [Naem]\n", header: "A=1 Name=2", want: `map.yaml:3:11: the source has no column "Naem", did you mean "Name"?`},
		"require: not in JSON":        {text: "optional: true\ncolumns: {name: A}\nrequire: [B]\n", header: "A=1 B=2", options: Options{JSON: true, Seen: func(name string) bool { return name == "A" }}, want: `map.yaml:3:11: none of the first records has the member "B", which the mapping requires`},
		"value below":                 {text: "values: {x: $y, y: A}\ncolumns: {name: $x}\n", want: `map.yaml:1:13: there is no value "y": define it in ` + "`values:`"},
		"value written wrong":         {text: "values: {phone: A}\ncolumns: {name: {template: '{$phon}'}}\n", want: `map.yaml:2:28: no value "phon" is defined above, did you mean "phone"?`},
		"value in a condition":        {text: "optional: true\ncolumns: {name: A}\nskip: [{when: {column: $a, empty: true}, reason: r}]\n", want: `map.yaml:3:24: there is no value "a"`},
		"value in side":               {text: "values: {phone: A}\ncolumns: {name: A}\nside: {x: {json: $pone}}\n", want: `map.yaml:3:18: no value "pone" is defined above, did you mean "phone"?`},
		"name of a value":             {text: "values: {$x: A}\ncolumns: {name: A}\n", want: "map.yaml:1:10: values: a name without $ and braces is expected"},
		"values twice":                {text: "values: {x: A, x: B}\ncolumns: {name: A}\n", want: `map.yaml:1:16: the key`},
		"values: a list":              {text: "values: [A]\ncolumns: {name: A}\n", want: "map.yaml:1:9: values: keys and values are expected, not a list"},
		"username: nothing":           {text: "columns: {cognito:username: {username: {}}}\n", want: "map.yaml:1:40: username: the columns of login, email and phone are expected"},
		"username: unknown key":       {text: "columns: {cognito:username: {username: {mail: A}}}\n", want: `map.yaml:1:41: unknown key "mail"`},
		"username and from":           {text: "columns: {cognito:username: {from: A, username: {login: A}}}\n", want: "map.yaml:1:29: column \"cognito:username\": exactly one of from, first, join, template, constant, username and test is expected, there are 2"},
		"test: no condition":          {text: "columns: {email_verified: {test: A}}\n", want: "map.yaml:1:34: condition: keys and values are expected, not a plain value"},
		"test: nothing tested":        {text: "columns: {email_verified: {test: {column: A}}}\n", want: "map.yaml:1:34: condition: expected is a `column` with one of equals, in, matches, empty, boolean, time and has"},
		"has: and equals":             {text: "columns: {email_verified: {test: {column: A, has: B, equals: c}}}\n", want: "map.yaml:1:34: condition: expected is a `column`"},
		"has: separator of nothing":   {text: "columns: {email_verified: {test: {column: A, has: B, separator: ''}}}\n", want: "map.yaml:1:65: separator: the text between the elements is expected"},
		"separator without has":       {text: "columns: {email_verified: {test: {column: A, empty: true, separator: x}}}\n", want: "map.yaml:1:34: condition: `separator` goes with `has`"},
		"if-failed":                   {text: "columns: {name: {from: A, if-failed: skip}}\n", want: "map.yaml:1:38: if-failed: reject or empty is expected"},
		"custom:* without star":       {text: "columns: {custom:*: {first: ['m[*]']}}\n", want: "map.yaml:1:21: column: a source column with a * is expected"},
		"custom:* twice":              {text: "columns: {custom:*: '*', custom:*: '*'}\n", want: "map.yaml:1:26: the key"},
		"another star":                {text: "columns: {dev:*: '*'}\n", want: `map.yaml:1:11: only "custom:*" may stand for several columns`},
		"reject: no reason":           {text: "columns: {name: A}\nreject: [{when: {column: A, empty: true}}]\n", want: "map.yaml:2:10: reject: both `when` and `reason` are expected"},
		"reject: code":                {text: "columns: {name: A}\nreject: [{when: {column: A, empty: true}, code: source-unconfrmed, reason: r}]\n", want: `map.yaml:2:49: code: source-unconfirmed is expected, did you mean "source-unconfirmed"?`},
		"skip: has no code":           {text: "columns: {name: A}\nskip: [{when: {column: A, empty: true}, code: x, reason: r}]\n", want: "map.yaml:2:41: unknown key (known: when, reason)"},
		"side: two kinds":             {text: "columns: {name: A}\nside: {x: {list: A, json: B}}\n", want: `map.yaml:2:11: side "x": a column is expected, or one of list, test and json, there are 2`},
		"side: separator":             {text: "columns: {name: A}\nside: {x: {json: A, separator: x}}\n", want: "map.yaml:2:11: side \"x\": `separator` goes with `list`"},
		"side: taken":                 {text: "columns: {name: A}\nside: {username: A}\n", want: `map.yaml:2:8: side "username": each line has this member anyway; choose another name`},
		"side: no such column":        {text: "columns: {name: A}\nside: {x: Naem}\n", header: "A=1 Name=2", want: `map.yaml:2:11: the source has no column "Naem", did you mean "Name"?`},
		"join: no key":                {text: "join: {with: id}\ncolumns: {name: A}\n", want: "map.yaml:1:7: join: `key` (a column of the source) and `with` (a column of the second file) are expected"},
		"join: no file":               {text: "join: {key: A, with: id}\ncolumns: {name: join.hash}\n", header: "A", want: `map.yaml:2:17: "join.hash" is a column of a second file, and none is given`},
		"join: key of itself":         {text: "join: {key: join.x, with: id}\ncolumns: {name: join.hash}\n", header: "A", options: Options{Join: someTable{}}, want: "map.yaml:1:13: join: the key is made of columns of the second file"},
		"loose: two fit":              {text: "names: loose\ncolumns: {name: e mail}\n", header: "E-Mail=1 email=2", want: `map.yaml:2:17: two source columns fit "e mail": "E-Mail" (field 1) and "email" (field 2); say which one by its number`},
		"optional: column of nobody":  {text: "optional: true\ncolumns: {emial: A}\n", header: "A", want: `map.yaml:2:11: the pool has no column "emial", did you mean "email"?`},
		"assume: what is no address":  {text: "columns: {name: A}\n", header: "A", options: Options{AssumeVerified: []string{"name"}}, want: `no address is called "name": email or phone_number is expected`},
		"a header that may be values": {text: "names: loose\ncolumns: {name: Nmae}\n", header: "anna@example.com", want: `map.yaml:2:17: the source has no column "Nmae"; none of its 1 columns is called as the mapping says`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := Parse("map.yaml", []byte(tt.text))
			if tt.header != "" {
				require.NoError(t, err)
				header, _ := recordOf(tt.header)
				_, err = m.Compile(header, tt.options)
			}
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "@")
		})
	}
}

// TestNamesOfJSON: a member may come later, and each record may have another of the names.
func TestNamesOfJSON(t *testing.T) {
	m, err := Parse("map.yaml", []byte("names: loose\noptional: true\naliases: {id: [objectId], Attributes: [UserAttributes]}\n"+
		"columns: {name: id, nickname: 'Attributes[Name=x].Value', custom:*: 'metadata.*'}\nside: {all: {json: Attributes}, id: id}\nrequire: [[nobody, id]]\n"))
	require.NoError(t, err)
	o := Options{JSON: true, Pool: poolWith(t, nil, "plan", "a.b"), Seen: func(name string) bool { return name == "objectId" }}
	sources := m.Sources(o)
	assert.Subset(t, sources, []string{"id", "objectId", "Attributes[Name=x].Value", "UserAttributes[Name=x].Value", "metadata.plan", `metadata["a.b"]`, "nobody", row.Raw("Attributes"), row.Raw("UserAttributes")})
	values := make([]string, len(sources))
	for i, name := range sources {
		values[i] = map[string]string{"objectId": "o", "UserAttributes[Name=x].Value": "v", "metadata.plan": "p", `metadata["a.b"]`: "ab", row.Raw("Attributes"): `[1]`}[name]
	}
	assert.Equal(t, pairs(`name=o nickname=v custom:plan=p custom:a.b=ab side={"all":[1],"id":"o"}`), mapRowFor(t, m, o, sources, values))
}

// TestAnAliasThatFitsTwice: two members are written almost as an alias is; the one that has
// the name itself counts, and without one it is an error.
func TestAnAliasThatFitsTwice(t *testing.T) {
	m, err := Parse("map.yaml", []byte("names: loose\noptional: true\naliases: {user_id: [User ID]}\ncolumns: {name: user_id, email_verified: {test: {any: [{column: flag, time: true}, {column: flag, boolean: true}]}}}\n"))
	require.NoError(t, err)
	o := Options{JSON: true}
	assert.Equal(t, pairs("name=1"), mapRowFor(t, m, o, []string{"user_id", "User_Id"}, []string{"1", "2"}))
	_, err = m.Compile([]string{"USER_ID", "User_Id"}, o)
	require.ErrorContains(t, err, "two source columns fit")
	p, err := m.Compile([]string{"user_id", "flag"}, o)
	require.NoError(t, err)
	var names []string
	for i := range p.Columns() {
		names = append(names, p.SourceNames(i, ""))
	}
	assert.Contains(t, names, "flag", "each name once")
}

// TestJoin looks at what is asked of the second file.
func TestJoin(t *testing.T) {
	m, err := Parse("map.yaml", []byte("join: {key: $id, with: [alt, '_id.$oid'], strip-prefix: 'auth0|'}\nvalues: {id: {first: [id], steps: [lower]}}\ncolumns: {name: join.hash, nickname: {first: [join.a.b, join.hash]}}\n"))
	require.NoError(t, err)
	assert.Equal(t, &Join{Key: "$id", With: []string{"alt", "_id.$oid"}, StripPrefix: "auth0|", Columns: []string{"hash", "a.b"}}, m.Join(Options{}))
	table := mapTable{"x1": {" h ", ""}}
	for id, want := range map[string]string{"AUTH0|X1": "name=h nickname=h", "x1": "name=h nickname=h", "x2": "", "~": "", "auth0|": ""} {
		header, values := recordOf("id=" + id)
		assert.Equal(t, pairs(want), mapRowFor(t, m, Options{Join: table}, header, values), id)
	}
	m, err = Parse("map.yaml", []byte("optional: true\njoin: {key: id, with: id}\ncolumns: {name: join.hash, nickname: id}\n"))
	require.NoError(t, err)
	assert.Equal(t, pairs("nickname=x1"), mapRow(t, m, []string{"id"}, []string{"x1"}), "without the file")
	var none Mapping
	assert.Nil(t, none.Join(Options{}))
}
