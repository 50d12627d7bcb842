package wire

import (
	"net/http"
	"strings"
)

// PageHeader is set, to any value, on what the pages of the emulator call. A page of another
// origin cannot send it: a browser asks first, and the emulator does not allow it.
const PageHeader = "X-Poolprep-Page"

// Signed reports whether a request says who makes it. The signature itself is not checked.
func Signed(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
}

// Region returns the region for which a request was signed, "local" if it does not say.
func Region(r *http.Request) string {
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	scope, _, _ := strings.Cut(credential, ",")
	if parts := strings.Split(scope, "/"); len(parts) == 5 && regionForm.Matches(parts[2]) {
		return parts[2]
	}
	return "local"
}

var regionForm = Whole(`[a-z0-9-]{1,32}`)

// OfPage reports whether a request is one of the emulator's own pages.
func OfPage(r *http.Request) bool { return r.Header.Get(PageHeader) != "" }

// Unsigned returns the error that a request without a signature gets.
func Unsigned() error {
	return Fault("MissingAuthenticationTokenException", "Missing Authentication Token")
}
