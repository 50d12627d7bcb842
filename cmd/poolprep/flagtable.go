package main

// effect is what a flag is about, and with that whether .poolprep.yaml of a working
// directory, which may come from anybody, may set it.
type effect uint8

const (
	unknownEffect effect = iota
	reads                // what is read, how, and how much
	judges               // by what rules, and what fails a run
	prints               // how much is printed on the standard streams, and in what form
	simulates            // what generate and emulate make up
	writes               // what is written, where and how
	connects             // which service and account is called, and what is done there
	listens              // who can reach the emulator
	reveals              // values of the data
)

// forProject reports whether a project file may set a flag with the effect.
func (e effect) forProject() bool {
	return e == reads || e == judges || e == prints || e == simulates
}

// verb completes "a project file may set nothing that ...".
func (e effect) verb() string {
	switch e {
	case connects:
		return "connects"
	case listens:
		return "listens"
	case reveals:
		return "reveals values"
	}
	return "writes"
}

// pathKind is what the value of a flag, or an argument, names.
type pathKind uint8

const (
	noPath     pathKind = iota
	inputPath           // a file that rows are read from; - is standard input
	filePath            // another file that is read
	logPath             // [N=]FILE that is read
	runPath             // a run directory that is read
	importing           // a run directory that is read and added to
	outPath             // a file that is written; - is standard output
	reportPath          // FORMAT[=PATH] that is written
	outDirPath          // a run directory that is written
	statePath           // a data directory of the emulator
)

// flagInfo is what has to be known of a flag beside its help.
type flagInfo struct {
	effect effect
	path   pathKind
}

// flagTable has every flag of every command. A flag that is not in it cannot be set
// by a project file.
var flagTable = map[string]flagInfo{
	"dialect": {reads, noPath}, "delimiter": {reads, noPath}, "quote": {reads, noPath}, "escape": {reads, noPath},
	"lenient-quotes": {reads, noPath}, "blank-lines": {reads, noPath}, "encoding": {reads, noPath}, "no-header": {reads, noPath},
	"skip-lines": {reads, noPath}, "comment": {reads, noPath}, "ragged": {reads, noPath}, "trim-fields": {reads, noPath},
	"max-record-bytes": {reads, noPath}, "max-expanded": {reads, noPath}, "jobs": {reads, noPath}, "block-size": {reads, noPath},
	"limit": {reads, noPath}, "header": {reads, filePath}, "mapping": {reads, filePath}, "null": {reads, noPath},
	"no-repair": {reads, noPath}, "backslash": {reads, noPath}, "source": {reads, filePath}, "log": {reads, logPath},
	"chunk": {reads, noPath}, "line-offset": {reads, noPath}, "offline": {reads, noPath}, "dry-run": {reads, noPath},

	"schema": {judges, filePath}, "auto-verified": {judges, noPath}, "required": {judges, noPath},
	"username-attributes": {judges, noPath}, "alias-attributes": {judges, noPath}, "case-sensitive": {judges, noPath},
	"mfa": {judges, noPath}, "rules": {judges, noPath}, "duplicates": {judges, noPath}, "dedup-memory": {judges, noPath},
	"known": {judges, runPath}, "password-hash": {judges, noPath}, "severity": {judges, noPath}, "fail-on": {judges, noPath},
	"max-rejects": {judges, noPath}, "exit-zero": {judges, noPath}, "keep-going": {judges, noPath},

	"json": {prints, noPath}, "max-reports": {prints, noPath}, "color": {prints, noPath}, "progress": {prints, noPath},
	"quiet": {prints, noPath}, "verbose": {prints, noPath}, "count": {prints, noPath}, "print": {prints, noPath},

	"rows": {simulates, noPath}, "quoting": {simulates, noPath}, "faults": {simulates, noPath}, "seed": {simulates, noPath},
	"pool": {simulates, filePath}, "users-per-second": {simulates, noPath}, "fail-threshold": {simulates, noPath},
	"url-ttl": {simulates, noPath}, "job-ttl": {simulates, noPath}, "log-delay": {simulates, noPath}, "fault": {simulates, noPath},
	"message": {simulates, noPath},

	"report": {writes, reportPath}, "output": {writes, outPath}, "out-dir": {writes, outDirPath}, "force": {writes, noPath},
	"max-rows": {writes, noPath}, "max-bytes": {writes, noPath}, "first-chunk": {writes, noPath}, "compress": {writes, noPath},
	"reasons": {writes, noPath}, "replace": {writes, noPath}, "data-dir": {writes, statePath},

	"endpoint-url": {connects, noPath}, "region": {connects, noPath}, "profile": {connects, noPath}, "user-pool-id": {connects, noPath},
	"role-arn": {connects, noPath}, "role-name": {connects, noPath}, "account-id": {connects, noPath}, "create": {connects, noPath},
	"job-prefix": {connects, noPath}, "poll-interval": {connects, noPath}, "reset": {connects, noPath}, "rate": {connects, noPath},

	"listen": {listens, noPath}, "allow-other-machines": {listens, noPath},

	"show-values": {reveals, noPath},
}

// argumentTable says what the arguments of the commands that have some are, by the
// command's path without the program.
var argumentTable = map[string]pathKind{
	"check": inputPath, "convert": inputPath, "records": inputPath,
	"mapping check": filePath,
	"import run":    importing, "import status": importing, "import stop": importing, "import passwords": importing, "reconcile": importing,
	"explain": noPath, "help": noPath, "completion": noPath,
}
