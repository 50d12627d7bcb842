package importjob

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/validate/source"
)

// PasswordsName is the file in a run directory that says how far a reset of
// passwords is. It holds positions, no users.
const PasswordsName = "passwords.jsonl"

// ResetOptions say how passwords are reset.
type ResetOptions struct {
	Pool     string  // "": the one in the journal
	Rate     float64 // users a second; 0: DefaultResetRate
	Limit    int64   // users that have their turn now; 0: all
	DryRun   bool    // reset none, and only count
	API      cognito.API
	Clock    cognito.Clock // nil: SystemClock
	Observer Observer
}

// DefaultResetRate is how many users a second are reset: each gets a message, and
// other calls to the service shall have room too.
const DefaultResetRate = 10

// notAboutUsers are refusals after which no other user would fare better.
var notAboutUsers = []string{
	cognito.CodeNotFound, "AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredTokenException",
	"ExpiredToken", "MissingAuthenticationTokenException", "InvalidSignatureException", "SignatureDoesNotMatch",
}

// Resets says what came of a reset.
type Resets struct {
	Done    int64            // in all, by earlier commands too
	Refused map[string]int64 // users that the service refused, by its code
	Left    int64            // with DryRun: users who would have their turn now
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
	call    *cognito.Caller
	file    *os.File
	last    position            // up to here every user had their turn
	refused map[position]string // and these were refused
	done    int64
	turns   int64 // users who had their turn now
}

// errLimit ends a reset that has reached ResetOptions.Limit.
var errLimit = errors.New("the limit is reached")

// ResetPasswords calls AdminResetUserPassword for every user that was imported
// without a password hash, and for nobody else. A call after an interruption goes
// on where that one stopped; users that were refused are tried again.
func (d *RunDir) ResetPasswords(ctx context.Context, o ResetOptions) (*Resets, error) {
	if o.Clock == nil {
		o.Clock = cognito.SystemClock{}
	}
	if o.Rate <= 0 {
		o.Rate = DefaultResetRate
	}
	release, err := lock(d.Path)
	if err != nil {
		return nil, err
	}
	defer release()
	r := &resetter{RunDir: d, o: o, refused: make(map[position]string), call: cognito.NewCaller(cognito.CallerOptions{API: o.API, Notes: o.Observer, Clock: o.Clock, Gap: -1})}
	s, err := r.check()
	if err != nil {
		return nil, err
	}
	if !o.DryRun || d.exists(PasswordsName) {
		if err := r.open(); err != nil {
			return nil, err
		}
		defer r.file.Close()
	}
	if err = d.eachImported(ctx, s, r.user(ctx)); errors.Is(err, errLimit) {
		err = nil
	}
	out := &Resets{Done: r.done, Refused: make(map[string]int64)}
	if o.DryRun {
		out.Left = r.turns
		return out, err
	}
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
			return nil, fmt.Errorf("%w: the outcome of some rows of chunk %d is unknown; `poolprep import run` continues with it", errIncomplete, c.number)
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
	if err := kept(path); err != nil {
		return err
	}
	root, err := os.OpenRoot(r.Path)
	if err != nil {
		return source.OpenError(r.Path, err)
	}
	defer root.Close()
	if r.file, err = root.OpenFile(PasswordsName, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return source.CreateError(path, err)
	}
	// A line that a crash cut off is left out: its user gets a second message at worst.
	whole, rest, err := r.parse(path)
	if err == nil && rest {
		err = r.file.Truncate(whole)
	}
	if err == nil && whole == 0 {
		err = errors.Join(r.append(resetEntry{Pool: r.o.Pool, Manifest: r.Sum}), syncDir(root))
	}
	if err != nil {
		r.file.Close()
	}
	return err
}

// parse reads the lines of the file. It returns how many bytes they take, and whether
// a part of a line follows.
func (r *resetter) parse(path string) (whole int64, rest bool, err error) {
	lines := bufio.NewScanner(r.file)
	lines.Buffer(nil, maxEntry)
	lines.Split(wholeLines)
	for number := 1; lines.Scan(); number++ {
		line, complete := bytes.CutSuffix(lines.Bytes(), []byte("\n"))
		if !complete {
			return whole, true, nil
		}
		var e resetEntry
		err := json.Unmarshal(line, &e)
		switch {
		case err != nil || e.Version != 1 || number > 1 && (e.Chunk < 1 || e.Line < 2):
			return 0, false, fmt.Errorf("%s:%d: this line is damaged. Without it nobody knows who got a message; cut the file off before it to go on from there", path, number)
		case number == 1 && (e.Pool != r.o.Pool || e.Manifest != r.Sum):
			return 0, false, fmt.Errorf("%s:1: this belongs to another import; remove the file to begin again", path)
		case number > 1:
			r.take(position{e.Chunk, e.Line}, e.Refused)
		}
		whole += int64(len(line)) + 1
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return 0, false, fmt.Errorf("%s: a line of more than %d bytes, which poolprep never writes there; get the file from a backup", path, maxEntry)
	}
	return whole, false, lines.Err()
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
		err = fmt.Errorf("%s: %w; the same command resumes", r.RunDir.file(PasswordsName), err)
	}
	return err
}

// user returns what is done about each imported user.
func (r *resetter) user(ctx context.Context) func(int, *chunkUser) error {
	gap := time.Duration(float64(time.Second) / r.o.Rate)
	next := r.o.Clock.Now()
	return func(chunk int, u *chunkUser) error {
		p := position{chunk, u.line}
		if _, refused := r.refused[p]; u.hash || !p.after(r.last) && !refused {
			return nil
		}
		if r.o.Limit > 0 && r.turns == r.o.Limit {
			return errLimit
		}
		if r.turns++; r.o.DryRun {
			return nil
		}
		if wait := next.Sub(r.o.Clock.Now()); wait > 0 {
			if err := r.o.Clock.Sleep(ctx, wait); err != nil {
				return err
			}
		}
		next = r.o.Clock.Now().Add(gap)
		err := r.call.ResetPassword(ctx, r.o.Pool, u.username)
		code := ""
		var refusal *cognito.CallError
		if errors.As(err, &refusal) && refusal.Kind == cognito.Refused {
			code = cmp.Or(refusal.Code, "refused")
			if slices.Contains(notAboutUsers, code) {
				return err
			}
		} else if err != nil {
			return err
		}
		r.take(p, code)
		return r.append(resetEntry{Chunk: chunk, Line: u.line, Refused: code})
	}
}

// wholeLines splits at newlines, and keeps them.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}
