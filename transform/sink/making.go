package sink

import "sync"

// aborter is an output that Abort takes back.
type aborter interface{ Abort() error }

// outputs are outputs of the process that are neither committed nor aborted. They
// are safe for concurrent use.
type outputs struct {
	mu  sync.Mutex
	set map[aborter]struct{}
}

// making are those that leave something behind if the process ends now.
var making outputs

func (o *outputs) add(a aborter) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.set == nil {
		o.set = make(map[aborter]struct{})
	}
	o.set[a] = struct{}{}
}

func (o *outputs) remove(a aborter) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.set, a)
}

func (o *outputs) list() []aborter {
	o.mu.Lock()
	defer o.mu.Unlock()
	var list []aborter
	for a := range o.set {
		list = append(list, a)
	}
	return list
}

// AbortAll aborts every File and Run that is in the making in this process, for a
// process that has to end while its goroutines are blocked. It returns when nothing
// half-written is left; what could not be removed is not told.
func AbortAll() {
	for _, a := range making.list() {
		_ = a.Abort() // nobody is left who could do anything about it
	}
}
