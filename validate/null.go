package validate

// nullWords are what exports write where there is no value: those of databases,
// of programming languages, and of spreadsheets.
var nullWords = []string{`\N`, "NULL", "null", "None", "nil", "undefined", "NaN", "#N/A"}

// nullWord returns the word that v is as a whole, or "". It allocates nothing.
func nullWord(v []byte) string {
	if len(v) < 2 || len(v) > len("undefined") {
		return ""
	}
	for _, w := range nullWords {
		if string(v) == w {
			return w
		}
	}
	return ""
}
