package importjob

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// PasswordsName is the file in a run directory that says how far a reset of
// passwords is. It holds positions, no users.
const PasswordsName = "passwords.jsonl"

// ResetOptions say how passwords are reset.
type ResetOptions struct {
	Pool     string  // "": the one in the journal
	Rate     float64 // users a second; 0: DefaultResetRate
	API      API
	Clock    Clock // nil: SystemClock
	Observer Observer
}

// DefaultResetRate is how many users a second are reset: each gets a message, and
// other calls to the service shall have room too.
const DefaultResetRate = 10

// notAboutUsers are refusals after which no other user would fare better.
var notAboutUsers = []string{
	codeNotFound, "AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredTokenException",
	"ExpiredToken", "MissingAuthenticationTokenException", "InvalidSignatureException", "SignatureDoesNotMatch",
}

// Resets says what came of a reset.
type Resets struct {
	Done    int64            // in all, by earlier commands too
	Refused map[string]int64 // users that the service refused, by its code
}

// resetEntry is a line of passwords.jsonl. The first one is about the whole.
type resetEntry struct {
	Version  int    `json:"v"`
	Pool     string `json:"pool,omitempty"`
	Manifest string `json:"manifest,omitempty"`
	Chunk    int    `json:"chunk,omitempty"`
	Line     int64  `json:"chunk_line,omitempty"`
	Refused  string `json:"refused,omitempty"` // the service's code
}

// position is a row of a chunk.
type position struct {
	chunk int
	line  int64
}

func (p position) after(o position) bool {
	return p.chunk > o.chunk || p.chunk == o.chunk && p.line > o.line
}

// resetter resets the passwords of one run directory.
type resetter struct {
	*RunDir
	o       ResetOptions
	call    *caller
	file    *os.File
	last    position            // up to here every user had their turn
	refused map[position]string // and these were refused
	done    int64
}

// ResetPasswords calls AdminResetUserPassword for every user that was imported
// without a password hash, and for nobody else. A call after an interruption goes
// on where that one stopped; users that were refused are tried again.
func (d *RunDir) ResetPasswords(ctx context.Context, o ResetOptions) (*Resets, error) {
	if o.Clock == nil {
		o.Clock = SystemClock{}
	}
	if o.Rate <= 0 {
		o.Rate = DefaultResetRate
	}
	release, err := lock(d.Path)
	if err != nil {
		return nil, err
	}
	defer release()
	r := &resetter{RunDir: d, o: o, refused: make(map[position]string), call: newCaller(o.Clock, newRand(), o.Observer, 0)}
	s, err := r.check()
	if err != nil {
		return nil, err
	}
	if err := r.open(); err != nil {
		return nil, err
	}
	defer r.file.Close()
	err = d.eachImported(ctx, s, r.user(ctx))
	out := &Resets{Done: r.done, Refused: make(map[string]int64)}
	for _, code := range r.refused {
		out.Refused[code]++
	}
	return out, errors.Join(err, r.file.Close())
}

// check refuses what must not be reset yet.
func (r *resetter) check() (*state, error) {
	s, err := r.whole()
	if err != nil {
		return nil, err
	}
	for i, c := range s.chunks {
		if !c.done(&s.files[i]) {
			return nil, fmt.Errorf("%w: it is not known what became of every row of chunk %d; `poolprep import run` goes on with it", errIncomplete, c.number)
		}
	}
	switch {
	case s.run == nil && r.o.Pool == "":
		return nil, errors.New("--user-pool-id is missing: the users were not imported by `poolprep import run`, so the pool is not known")
	case s.run != nil && r.o.Pool != "" && r.o.Pool != s.run.Pool:
		return nil, fmt.Errorf("the users were imported into %s, not into %s", s.run.Pool, r.o.Pool)
	case s.run != nil:
		r.o.Pool = s.run.Pool
	}
	return s, nil
}

// open reads how far earlier commands came.
func (r *resetter) open() error {
	path := r.RunDir.file(PasswordsName)
	root, err := os.OpenRoot(r.Path)
	if err != nil {
		return err
	}
	defer root.Close()
	if r.file, err = root.OpenFile(PasswordsName, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	text, err := io.ReadAll(r.file)
	if err == nil {
		// A line that a crash cut off is left out: its user gets a second message at worst.
		whole := bytes.LastIndexByte(text, '\n') + 1
		if err = r.parse(path, text[:whole]); err == nil && whole < len(text) {
			err = r.file.Truncate(int64(whole))
		}
		if err == nil && whole == 0 {
			err = errors.Join(r.append(resetEntry{Pool: r.o.Pool, Manifest: r.Sum}), syncDir(root))
		}
	}
	if err != nil {
		r.file.Close()
	}
	return err
}

func (r *resetter) parse(path string, text []byte) error {
	for i, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
		var e resetEntry
		err := json.Unmarshal(line, &e)
		switch {
		case len(text) == 0:
			return nil
		case err != nil || e.Version != 1 || i > 0 && (e.Chunk < 1 || e.Line < 2):
			return fmt.Errorf("%s:%d: this line is damaged. Without it nobody knows who got a message; cut the file off before it to go on from there", path, i+1)
		case i == 0 && (e.Pool != r.o.Pool || e.Manifest != r.Sum):
			return fmt.Errorf("%s:1: this belongs to another import; remove the file to begin again", path)
		case i > 0:
			r.take(position{e.Chunk, e.Line}, e.Refused)
		}
	}
	return nil
}

// take notes what became of a user.
func (r *resetter) take(p position, refused string) {
	if p.after(r.last) {
		r.last = p
	}
	if refused != "" {
		r.refused[p] = refused
		return
	}
	delete(r.refused, p)
	r.done++
}

func (r *resetter) append(e resetEntry) error {
	e.Version = 1
	line, err := json.Marshal(e)
	if err == nil {
		_, err = r.file.Write(append(line, '\n'))
	}
	if err == nil {
		err = r.file.Sync()
	}
	if err != nil {
		err = fmt.Errorf("%s: %w; the same command goes on", r.RunDir.file(PasswordsName), err)
	}
	return err
}

// user returns what is done about each imported user.
func (r *resetter) user(ctx context.Context) func(int, int64, string, bool) error {
	gap := time.Duration(float64(time.Second) / r.o.Rate)
	next := r.o.Clock.Now()
	return func(chunk int, line int64, username string, hash bool) error {
		p := position{chunk, line}
		if _, refused := r.refused[p]; hash || !p.after(r.last) && !refused {
			return nil
		}
		if wait := next.Sub(r.o.Clock.Now()); wait > 0 {
			if err := r.o.Clock.Sleep(ctx, wait); err != nil {
				return err
			}
		}
		next = r.o.Clock.Now().Add(gap)
		err := r.call.read(ctx, "AdminResetUserPassword", func() error { return r.o.API.ResetPassword(ctx, r.o.Pool, username) })
		code := ""
		var refusal *CallError
		if errors.As(err, &refusal) && refusal.Kind == Refused {
			code = orElse(refusal.Code, "refused")
			if slices.Contains(notAboutUsers, code) {
				return err
			}
		} else if err != nil {
			return err
		}
		r.take(p, code)
		return r.append(resetEntry{Chunk: chunk, Line: line, Refused: code})
	}
}
