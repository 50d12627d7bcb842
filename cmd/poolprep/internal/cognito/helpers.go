package cognito

import "sync/atomic"

// configured is set once a configuration was loaded: a profile of it may name a program
// that gives credentials.
var configured atomic.Bool

// EndHelpers ends the programs that were started to get credentials (credential_process
// of a profile) and still run, with those that they started, where the system says which
// these are: on Linux. The SDK leaves them behind. It takes 200 ms at most, and comes at
// the end of the process. It may be called from any goroutine.
func EndHelpers() {
	if configured.Load() {
		endDescendants()
	}
}
