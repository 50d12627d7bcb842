package cognito

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// process is one of /proc. Its number may be used again, the pair not.
type process struct {
	id     int
	parent int
	start  string // in clock ticks since boot
}

// endDescendants ends all processes that this one started, and those that they started:
// with SIGTERM, and those that are left after helperGrace with SIGKILL.
func endDescendants() {
	const helperGrace, step = 200 * time.Millisecond, 10 * time.Millisecond
	left := stopDescendants(os.Getpid())
	for _, p := range left {
		_ = syscall.Kill(p.id, syscall.SIGTERM) // it comes when the process goes on
		_ = syscall.Kill(p.id, syscall.SIGCONT)
	}
	signal := syscall.Signal(0)
	for wait := helperGrace; len(left) > 0; wait -= step {
		for _, p := range left {
			if signal != 0 {
				_ = syscall.Kill(p.id, signal) // it may just have ended
			}
		}
		if signal == syscall.SIGKILL {
			return
		}
		time.Sleep(step)
		left = slices.DeleteFunc(left, func(p process) bool {
			now, ok := readProcess(p.id)
			return !ok || now.start != p.start
		})
		if signal = 0; wait <= step {
			signal = syscall.SIGKILL
		}
	}
}

// stopDescendants stops the processes that come from one, and returns them: while they
// stand still none can start another, which would escape.
func stopDescendants(of int) (stopped []process) {
	const rounds, quiet, step = 50, 2, time.Millisecond // quiet: without a new one
	for round, still := 0, 0; round < rounds && still < quiet; round++ {
		if still++; round > 0 {
			time.Sleep(step) // a process that is starting another stops after that
		}
		for _, p := range descendants(of) {
			if !slices.ContainsFunc(stopped, func(s process) bool { return s.id == p.id && s.start == p.start }) {
				_ = syscall.Kill(p.id, syscall.SIGSTOP)
				stopped, still = append(stopped, p), 0
			}
		}
		if len(stopped) == 0 {
			break
		}
	}
	return stopped
}

// descendants returns the processes that come from one, its children first.
func descendants(of int) (found []process) {
	entries, _ := os.ReadDir("/proc") // without it none are found
	children := make(map[int][]process)
	for _, e := range entries {
		if id, err := strconv.Atoi(e.Name()); err == nil {
			if p, ok := readProcess(id); ok {
				children[p.parent] = append(children[p.parent], p)
			}
		}
	}
	found = children[of]
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i].id]...)
	}
	return found
}

// readProcess returns a process that runs.
func readProcess(id int) (p process, ok bool) {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(id), "stat"))
	if err != nil {
		return p, false
	}
	// 1 (name) S 0 ...: the name may hold anything, parentheses too. See proc(5).
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const state, parent, start = 0, 1, 19
	if len(fields) <= start || fields[state][0] == 'Z' || fields[state][0] == 'X' {
		return p, false
	}
	p = process{id: id, start: string(fields[start])}
	p.parent, err = strconv.Atoi(string(fields[parent]))
	return p, err == nil
}
