// Package console holds the pages that the emulator shows in a browser: plain
// HTML, CSS and JavaScript, embedded, without a build step and without anything
// from elsewhere. The pages are a client of the emulator's API like any other;
// this package only hands them out, and keeps no state.
package console

import (
	"bytes"
	"embed"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed *.html *.css *.js *.svg
var files embed.FS

// contentTypes are those of the files, by extension. The machine's own table of
// types is not asked: what it says differs from one to the next.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// policy lets the pages load and call only what comes from the same address,
// and lets no other site show them in a frame.
const policy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

// Handler returns the handler of the console, which is at /. It answers GET and
// HEAD, and is safe for concurrent use.
func Handler() http.Handler { return http.HandlerFunc(serve) }

func serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "a page can only be read: GET or HEAD is expected", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" {
		name = "index.html"
	}
	body, err := files.ReadFile(name)
	if err != nil {
		http.Error(w, "there is no such page; the console is at /, and the API takes POST /", http.StatusNotFound)
		return
	}
	h.Set("Content-Type", contentTypes[path.Ext(name)])
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
