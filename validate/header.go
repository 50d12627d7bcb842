package validate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/suggest"
)

// CheckHeader returns the findings about the header of an import file.
func CheckHeader(o judge.Options, file string, h *Header) []rule.Finding {
	o.Pool = cmp.Or(o.Pool, schema.Default())
	var out []rule.Finding
	add := func(code rule.Code, pos scan.Pos, field int, column string) *rule.Finding {
		out = append(out, rule.Finding{Code: code, Severity: o.Level(code), File: file, Pos: pos, Field: field, Column: column})
		return &out[len(out)-1]
	}
	places := make(map[string]int, len(h.Names)) // where each name stands first; there may be hundreds of thousands
	for i, name := range h.Names {
		if _, there := places[name]; !there {
			places[name] = i
		}
	}
	strange := KnownNames(h.Names, o.Pool.Header) == 0 // perhaps it is no header, so nothing of it is printed
	for i, name := range h.Names {
		switch first := places[name]; {
		case first < i && strange:
		case first < i:
			add(rule.HeaderDuplicateColumn, h.Position(i), i+1, name).Want = int64(first + 1)
		case !o.HasColumn(name) && (strange || IsValueLike(name)):
			add(rule.HeaderUnknownColumn, h.Position(i), i+1, "").Text = fmt.Sprintf(": field %d of the header, which may be a value", i+1)
		case !o.HasColumn(name):
			add(rule.HeaderUnknownColumn, h.Position(i), i+1, name).Text = suggest.DidYouMean(name, o.Pool.Header)
		}
	}
	for _, name := range judge.TargetColumns(o.Pool, o.PasswordHash) {
		if _, there := places[name]; !there {
			add(rule.HeaderMissingColumn, h.Pos, 0, name).Text = "the header lacks the column"
		}
	}
	if text := noAutoVerified(o.Pool, h.Names); text != "" {
		add(rule.HeaderNoAutoVerified, h.Pos, 0, "").Text = text
	}
	return slices.DeleteFunc(out, func(f rule.Finding) bool { return f.Severity == rule.Off })
}

// noAutoVerified says why no row can have a verified attribute, or "".
func noAutoVerified(pool *schema.Pool, names []string) string {
	if len(pool.AutoVerified) == 0 {
		return "the pool verifies neither e-mail nor phone automatically, so the import job would not start"
	}
	for _, attribute := range pool.AutoVerified {
		if slices.Contains(names, attribute+"_verified") {
			return ""
		}
	}
	return fmt.Sprintf("the pool verifies %s automatically, and the header has no *_verified column for that", strings.Join(pool.AutoVerified, " and "))
}

// CheckPool returns what is wrong with the pool itself, for a conversion, whose
// header is always right.
func CheckPool(o judge.Options, file string) []rule.Finding {
	pool := cmp.Or(o.Pool, schema.Default())
	if text := noAutoVerified(pool, pool.Header); text != "" {
		if f, ok := FileFinding(o, rule.HeaderNoAutoVerified, file, text, 0, 0); ok {
			return []rule.Finding{f}
		}
	}
	return nil
}

// FileFinding returns a finding about a whole file, at its beginning. ok is
// false if its level is off.
func FileFinding(o judge.Options, code rule.Code, file, text string, got, want int64) (f rule.Finding, ok bool) {
	f = rule.Finding{Code: code, Severity: o.Level(code), File: file, Text: text, Got: got, Want: want, Pos: scan.Pos{Line: 1, Column: 1}}
	return f, f.Severity != rule.Off
}
