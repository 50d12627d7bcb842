package value

// NullWords are what exports write where there is no value: those of databases,
// of programming languages, and of spreadsheets.
var NullWords = []string{`\N`, "NULL", "null", "None", "nil", "undefined", "NaN", "#N/A"}

// NullWord returns the word that v is as a whole, or "". It allocates nothing.
func NullWord(v []byte) string {
	if len(v) < 2 || len(v) > len("undefined") {
		return ""
	}
	for _, w := range NullWords {
		if string(v) == w {
			return w
		}
	}
	return ""
}
