package importjob

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
	"poolprep/validate/source"
)

// GroupsName is the file in a run directory that says how far adding its users to groups is. It
// holds positions, no users.
const GroupsName = "groups.jsonl"

// GroupsOptions say how users are added to groups.
type GroupsOptions struct {
	Pool     string  // "": the one in the journal
	Side     string  // path of the file with the groups; "": side.jsonl of the directory
	Rate     float64 // users a second; 0: DefaultGroupsRate
	DryRun   bool    // change nothing, and only count
	API      cognito.API
	Clock    cognito.Clock // nil: SystemClock
	Observer Observer
	Refused  func(SourceRow) // is told of each user whom the service did not take into a group; nil: nobody is told
}

// DefaultGroupsRate is how many users a second are added to groups.
const DefaultGroupsRate = 10

// Grouped says what came of it.
type Grouped struct {
	Users, Memberships int64 // in all, by earlier commands too
	Created            int64 // groups that were made
	Refused            int64 // memberships that the service refused
}

// groupsEntry is a line of groups.jsonl. The first one is about the whole.
type groupsEntry struct {
	Version     int    `json:"v"`
	Pool        string `json:"pool,omitempty"`
	Manifest    string `json:"manifest,omitempty"`
	Chunk       int    `json:"chunk,omitempty"`
	Line        int64  `json:"chunk_line,omitempty"`
	Memberships int64  `json:"memberships,omitempty"` // of this user, so far
	Refused     int64  `json:"refused,omitempty"`     // groups that are tried again by the next command
}

// AddToGroups adds the users that the import of this directory made to their groups, which are
// made if they are not there. Users who were skipped get no membership. A call after an
// interruption goes on where that one stopped.
func (d *RunDir) AddToGroups(ctx context.Context, o GroupsOptions) (*Grouped, error) {
	if o.Clock == nil {
		o.Clock = cognito.SystemClock{}
	}
	if o.Refused == nil {
		o.Refused = func(SourceRow) {}
	}
	release, err := lock(d.Path)
	if err != nil {
		return nil, err
	}
	defer release()
	s, err := d.whole()
	if err != nil {
		return nil, err
	}
	switch {
	case s.run == nil:
		return nil, fmt.Errorf("%s was not imported by `poolprep import run`", d.Path)
	case o.Pool != "" && o.Pool != s.run.Pool:
		return nil, fmt.Errorf("the users were imported into %s, not into %s", s.run.Pool, o.Pool)
	case d.exists(UndoName):
		return nil, fmt.Errorf("%s: users of this import were deleted again", d.file(UndoName))
	}
	o.Pool = s.run.Pool
	g := &grouper{
		RunDir: d, o: o, known: make(map[string]bool), again: make(map[position]int64), lines: lineFinder{d: d},
		gap:  time.Duration(float64(time.Second) / cmp.Or(max(0, o.Rate), DefaultGroupsRate)),
		call: cognito.NewCaller(cognito.CallerOptions{API: o.API, Notes: o.Observer, Clock: o.Clock, Gap: -1}),
	}
	if g.groups, err = groupsOf(cmp.Or(o.Side, d.file(sink.SideName))); err != nil {
		return nil, err
	}
	if !o.DryRun {
		if g.file, err = d.openLines(GroupsName); err != nil {
			return nil, err
		}
		defer g.file.Close()
	}
	if err := g.readEntries(); err != nil {
		return nil, err
	}
	g.next = o.Clock.Now()
	err = d.eachImported(ctx, s, func(chunk int, u *chunkUser) error { return g.user(ctx, chunk, u) })
	return &g.out, errors.Join(err, g.lines.close())
}

// groupsOf reads the groups of each user, without the slash that some systems begin them with.
func groupsOf(path string) (map[string][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, source.OpenError(path, err)
	}
	defer f.Close()
	groups := make(map[string][]string)
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for number := 1; lines.Scan(); number++ {
		var e struct {
			Username *string
			Groups   []string
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Username == nil {
			return nil, fmt.Errorf(`%s:%d: {"v":1,"username":...,"groups":[...]} is expected`, path, number)
		}
		for _, name := range e.Groups {
			if name = strings.TrimPrefix(name, "/"); name != "" && !slices.Contains(groups[*e.Username], name) {
				groups[*e.Username] = append(groups[*e.Username], name)
			}
		}
	}
	return groups, lines.Err()
}

// grouper adds the users of one run to groups.
type grouper struct {
	*RunDir
	o      GroupsOptions
	call   *cognito.Caller
	groups map[string][]string // by username
	known  map[string]bool     // groups that are there
	file   lineFile
	lines  lineFinder
	last   position           // up to here every user had their turn
	again  map[position]int64 // memberships so far of those among them whom a group refused
	next   time.Time
	gap    time.Duration
	out    Grouped
}

// readEntries reads how far earlier commands came.
func (g *grouper) readEntries() error {
	first := true
	err := readLines(g.RunDir, GroupsName, func(number int, e *groupsEntry) error {
		first = false
		switch p := (position{e.Chunk, e.Line}); {
		case number == 1 && (e.Pool != g.o.Pool || e.Manifest != g.Sum):
			return errors.New("this belongs to another import; put the file of this one there, or remove it")
		case number > 1 && (e.Chunk < 1 || e.Line < 2):
			return errDamagedLine
		case number > 1:
			if p.after(g.last) {
				g.last = p
				g.out.Users++
			}
			g.note(p, e)
		}
		return nil
	})
	if err == nil && first && !g.o.DryRun {
		err = g.file.append(groupsEntry{Version: 1, Pool: g.o.Pool, Manifest: g.Sum})
	}
	return err
}

// note counts what an entry says of a user.
func (g *grouper) note(p position, e *groupsEntry) {
	g.out.Memberships += e.Memberships - g.again[p]
	if delete(g.again, p); e.Refused > 0 {
		g.again[p] = e.Memberships
	}
}

// user adds the user of a row to its groups.
func (g *grouper) user(ctx context.Context, chunk int, u *chunkUser) error {
	p := position{chunk, u.line}
	names := g.groups[u.username]
	_, again := g.again[p]
	if len(names) == 0 || !p.after(g.last) && !again {
		return nil
	}
	if g.o.DryRun {
		for _, name := range names {
			if !g.known[name] {
				g.known[name] = true
				g.out.Created++ // at most: it is not asked which are there
			}
		}
		if !again {
			g.out.Users++
		}
		g.out.Memberships += int64(len(names)) - g.again[p]
		return nil
	}
	if wait := g.next.Sub(g.o.Clock.Now()); wait > 0 {
		if err := g.o.Clock.Sleep(ctx, wait); err != nil {
			return err
		}
	}
	g.next = g.o.Clock.Now().Add(g.gap)
	entry := groupsEntry{Version: 1, Chunk: chunk, Line: u.line}
	for _, name := range names {
		err := g.ensure(ctx, name)
		if err == nil {
			err = g.call.AddToGroup(ctx, g.o.Pool, u.username, name)
		}
		var refusal *cognito.CallError
		switch {
		case err == nil:
			entry.Memberships++
		case errors.As(err, &refusal) && (refusal.Code == cognito.CodeNoUser || refusal.Code == "InvalidParameterException"):
			g.out.Refused++
			entry.Refused++
			file, line, e := g.lines.source(chunk, u.line)
			if e != nil {
				return e
			}
			g.o.Refused(SourceRow{file, line, refusal.Code})
		default:
			return err
		}
	}
	if !again {
		g.out.Users++
	}
	g.note(p, &entry)
	return g.file.append(entry)
}

// ensure makes a group if it is not there.
func (g *grouper) ensure(ctx context.Context, name string) error {
	if g.known[name] {
		return nil
	}
	there, err := g.call.HasGroup(ctx, g.o.Pool, name)
	if err != nil {
		return err
	}
	if !there {
		if err := g.call.CreateGroup(ctx, g.o.Pool, name); err != nil {
			return err
		}
		g.out.Created++
	}
	g.known[name] = true
	return nil
}
