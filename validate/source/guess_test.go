package source

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
)

func TestGuessCharset(t *testing.T) {
	const (
		german   = "id,name,city\n1,Jürgen Müller,Köln\n2,Anna Groß,Düsseldorf\n3,Änne Böll,Zürich\n"
		french   = "1,René Lefèvre,Besançon\n2,Zoë Gérard,Orléans\n3,François Bérangère,Nîmes\n"
		spanish  = "1,José Peña,Málaga\n2,María Núñez,León\n"
		danish   = "1,Søren Sørensen,Århus\n2,Åse Kjær,København\n"
		polish   = "1,Łukasz Wójcik,Łódź\n2,Grażyna Dąbrowska,Gdańsk\n3,Michał Jóźwiak,Poznań\n"
		czech    = "1,Jiří Dvořák,Plzeň\n2,Tomáš Růžička,Děčín\n3,Věra Kučerová,Příbram\n"
		russian  = "1,Иван Петров,Москва\n2,Ольга Смирнова,Санкт-Петербург\n"
		japanese = "1,山田太郎,東京都新宿区\n2,さとう はなこ,大阪\n3,タナカ,名古屋\n"
		chinese  = "1,王伟,北京市朝阳区\n2,李娜,上海市\n3,张敏,广州\n"
	)
	for charset, texts := range map[string][]string{
		"windows-1252": {german, french, spanish, danish, "René", "Peña", "Müller"},
		"windows-1250": {polish, czech},
		"iso-8859-2":   {polish},
		"windows-1251": {russian, "Иван"},
		"koi8-r":       {russian},
		"macintosh":    {german, french, spanish, "René"},
		"ibm850":       {german, french},
		"shift_jis":    {japanese, "山田太郎"},
		"gbk":          {chinese, "王伟"},
	} {
		enc, _, err := lookUp(charset)
		require.NoError(t, err)
		for _, text := range texts {
			encoded, err := encoding.ReplaceUnsupported(enc.NewEncoder()).String(text)
			require.NoError(t, err)
			assert.Equal(t, charset, GuessCharset([]byte(encoded)), text)
			// One bad row in a file that is UTF-8 otherwise.
			if charset == "windows-1252" || charset == "macintosh" {
				assert.Equal(t, charset, GuessCharset([]byte(strings.Repeat("1,Ærøskøbing Zoë 日本\n", 20)+encoded)), text)
			}
		}
	}
	for _, text := range []string{"", "plain", "Zoë", "日本", german, russian, japanese} {
		assert.Empty(t, GuessCharset([]byte(text)), "%q is UTF-8", text)
	}
	for _, text := range []string{"\xff", "a\xff\xfe\x80", "\x80\x81\x82", "\xff,\xff,\xff", "a\x00\xff"} {
		assert.NotPanics(t, func() { GuessCharset([]byte(text)) })
	}
	for cut := range 4 {
		assert.Empty(t, GuessCharset([]byte("xyz"[:cut]+strings.Repeat("日", charsetSample))), "the end of the sample cuts a character off")
	}
	assert.Equal(t, "utf-16le", GuessCharset([]byte("i\x00d\x00,\x00n\x00")))
	assert.Equal(t, "utf-16be", GuessCharset([]byte("\x00i\x00d\x00,\x00n")))
}
