package importjob

import (
	"encoding/hex"
	"fmt"

	"poolprep/cmd/poolprep/internal/cognito"
)

// entryNeeds are the members that entries of each type always have.
var entryNeeds = map[EntryType][]string{
	entryRun:        {"run", "pool", "role", "prefix", "manifest"},
	entryCreate:     {"chunk", "attempt", "name"},
	entryCreated:    {"chunk", "attempt", "name", "job"},
	entryUpload:     {"chunk", "attempt", "job"},
	entryUploaded:   {"chunk", "attempt", "job"},
	entryStart:      {"chunk", "attempt", "job"},
	entryStarted:    {"chunk", "attempt", "job"},
	entryRefused:    {"chunk", "attempt", "job"},
	entryAbandoned:  {"chunk", "attempt", "job"},
	entryEnded:      {"chunk", "attempt", "job", "status", "counts"},
	entryResults:    {"chunk"},
	entryReconciled: {"chunk", "counts", "line_offset", "by"},
	entryFinished:   {"by"},
}

// entryMembers say which values of a member poolprep may have written.
var entryMembers = map[string]func(e *Entry) bool{
	"run":      func(e *Entry) bool { return jobWords().MatchString(e.Run) },
	"pool":     func(e *Entry) bool { return e.Pool != "" },
	"role":     func(e *Entry) bool { return e.Role != "" },
	"prefix":   func(e *Entry) bool { return jobWords().MatchString(e.Prefix) },
	"manifest": func(e *Entry) bool { sum, err := hex.DecodeString(e.Manifest); return err == nil && len(sum) == 32 },
	"chunk":    func(e *Entry) bool { return e.Chunk > 0 },
	"attempt":  func(e *Entry) bool { return e.Attempt > 0 },
	"name":     func(e *Entry) bool { return e.Name != "" },
	"job":      func(e *Entry) bool { return e.Job != "" },
	"status": func(e *Entry) bool {
		return e.Status == cognito.Succeeded || e.Status == cognito.Failed || e.Status == cognito.Stopped
	},
	"counts": func(e *Entry) bool { return e.Counts.sound() },
	"line_offset": func(e *Entry) bool {
		return e.Offset == "" || e.Offset == cognito.OffsetAuto || e.Offset == cognito.OffsetHeader || e.Offset == cognito.OffsetFirstUser
	},
	"by": func(e *Entry) bool {
		return e.By == "" || e.By == byHand && e.Type == entryReconciled || e.By == byChunks && e.Type == entryFinished
	},
}

// check reports what an entry by itself cannot say. Whether it goes with those
// before it is found out when it is applied.
func (e *Entry) check() error {
	needs, ok := entryNeeds[e.Type]
	if !ok {
		return fmt.Errorf("an entry of the unknown type %q; a newer poolprep may know it", e.Type)
	}
	for _, member := range needs {
		if !entryMembers[member](e) {
			return fmt.Errorf("an entry of the type %q whose member %q is missing or cannot be right", e.Type, member)
		}
	}
	return nil
}

// maxCount is more than any count of rows, and so little that sums do not overflow.
const maxCount = 1 << 40

// sound reports whether there are counts, and they can be some of rows.
func (c *Counts) sound() bool {
	if c == nil {
		return false
	}
	for _, n := range []int64{c.Imported, c.Skipped, c.Failed, c.Unknown} {
		if n < 0 || n > maxCount {
			return false
		}
	}
	return true
}
