// Package docs holds the guides that `poolprep help TOPIC` and the manual pages show.
package docs

import "embed"

// Guides are the Markdown files of the topics, by their names in docs/. They are
// read-only.
//
//go:embed configuration.md exit-codes.md mapping.md reading.md streams.md
var Guides embed.FS
