package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// Buffers are used again and again, so there is little garbage, and looking for it
// costs more than it brings: the heap may grow to garbageRoom beyond what lives, or to
// a quarter of that where much does.
const (
	garbageRoom  = 32 << 20 // bytes
	mostPercent  = 400
	leastPercent = 25
)

// boundGarbage sees to it that the heap grows no further than that. GOGC overrides it.
func boundGarbage() {
	if os.Getenv("GOGC") != "" {
		return
	}
	percent := mostPercent
	debug.SetGCPercent(percent)
	type sentinel struct{ _ [16]byte }
	var afterCollection func(*sentinel)
	afterCollection = func(*sentinel) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		live := m.NextGC * 100 / uint64(100+percent)
		percent = int(min(mostPercent, max(leastPercent, 100*garbageRoom/max(live, 1))))
		debug.SetGCPercent(percent)
		runtime.SetFinalizer(new(sentinel), afterCollection)
	}
	runtime.SetFinalizer(new(sentinel), afterCollection)
}
