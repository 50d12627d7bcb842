package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"
)

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
	noPath      pathKind = iota
	inputPath            // a file that rows are read from; - is standard input
	filePath             // another file that is read
	logPath              // [N=]FILE that is read
	runPath              // a run directory that is read
	importing            // a run directory that is read and added to
	outPath              // a file that is written; - is standard output
	reportPath           // FORMAT[=PATH] that is written
	outDirPath           // a run directory that is written
	statePath            // a data directory of the emulator
	historyPath          // a directory with a history that is added to
	keptPath             // a directory with a history that is read
	uploadsPath          // the directory of uploads in it, no value of a flag
)

// local reports whether what is named is on this machine, unless the flag says otherwise.
func (k pathKind) local() bool {
	return slices.Contains([]pathKind{filePath, logPath, runPath, statePath, historyPath, keptPath}, k)
}

// group is the purpose under which help lists a flag. Help shows the groups in this order.
type group uint8

const (
	noGroup group = iota
	groupReading
	groupPool
	groupRules
	groupMapping
	groupData
	groupEmulator
	groupJob
	groupService
	groupOutput
	groupReports
	groupExit
	groupRunning
	groupHelp
	numGroups
)

var groupTitles = [numGroups]string{
	groupReading:  "Reading",
	groupPool:     "Pool",
	groupRules:    "Rules",
	groupMapping:  "Mapping and repairs",
	groupData:     "Synthetic data",
	groupEmulator: "Emulated service",
	groupJob:      "Import",
	groupService:  "AWS",
	groupOutput:   "Output",
	groupReports:  "Reports",
	groupExit:     "Exit code",
	groupRunning:  "Running",
	groupHelp:     "Help",
}

// replay says whether a manifest notes a flag of convert, for the command that converts
// retry.csv.
type replay uint8

const (
	unknownReplay replay = iota // convert has no such flag
	notNoted                    // it says where output goes, what is shown, or is about one input
	forSources                  // it says how source records are read and mapped
	forChunks                   // it counts for rows of a chunk too, which have been read and mapped, and are judged again
)

// offer is what completion proposes where that is no fixed list of words.
type offer uint8

const (
	noOffer        offer = iota
	offerColumns         // attributes of the pool that the command line describes
	offerLevels          // CODE=LEVEL
	offerCharsets        // names of character sets
	offerFormats         // FORMAT[=PATH]
	offerDirOrNone       // a directory, or none
	offerFaults          // OPERATION:KIND:N
	offerMessages        // CODE=TEXT
)

// flagInfo defines a flag. Parser, help, manual pages, completion, the rules for the
// project file and the check for files that are overwritten take it from here.
type flagInfo struct {
	name, short string
	group       group
	groups      map[string]group // by command, where it serves another purpose there
	effect      effect
	path        pathKind
	paths       map[string]pathKind // by command, where it names something else there
	replay      replay
	hidden      bool

	stored     bool  // a file that is read may be in S3
	form       *form // of a text; nil: any
	span       span  // of a number, a size or a duration; zero: any
	mayBeEmpty bool  // an empty list can be meant; any other empty value is a mistake, such as a variable of a script that is not set

	arg    string            // what help calls the value; "" for a switch
	usage  string            // one sentence without a full stop
	usages map[string]string // by command, where it says something else there
	unset  string            // what help gives as the default, where the value says too little

	words  []string // the values of a choice; of other flags those worth proposing
	offers offer    // values that are computed
	list   bool     // the value is a list with commas
	ext    []string // of files worth proposing, without the dot
}

// groupIn returns the group in a command, given by its path without the program.
func (i *flagInfo) groupIn(command string) group {
	if g, ok := i.groups[command]; ok {
		return g
	}
	return i.group
}

// pathIn returns what the value names in a command, given by its path without the program.
func (i *flagInfo) pathIn(command string) pathKind {
	if kind, ok := i.paths[command]; ok {
		return kind
	}
	return i.path
}

// usageIn returns the usage in a command, given by its path without the program.
func (i *flagInfo) usageIn(command string) string {
	if usage, ok := i.usages[command]; ok {
		return usage
	}
	return i.usage
}

// infoOf returns what is known of a flag. An unknown one has no effect that a project
// file may have.
func infoOf(f *pflag.Flag) *flagInfo { return definition(f.Name, kindOf(f.Value)) }

// infoNamed returns what is known of the flag that a setting or a manifest names.
func infoNamed(name string) *flagInfo { return definition(name, textValue) }

// valueKind tells definitions of flags of the same name apart, which different commands have.
type valueKind uint8

const (
	textValue valueKind = iota
	switchValue
	choiceValue
)

func kindOf(v pflag.Value) valueKind {
	if _, ok := v.(*choice); ok {
		return choiceValue
	}
	if v.Type() == "bool" {
		return switchValue
	}
	return textValue
}

func (i *flagInfo) valueKind() valueKind {
	switch {
	case i.arg == "":
		return switchValue
	case len(i.words) > 0 && i.path == noPath:
		return choiceValue
	}
	return textValue
}

// definition returns the definition of a flag with such a value, or the only one of its name.
func definition(name string, kind valueKind) *flagInfo {
	infos := flagsByName[name]
	for _, info := range infos {
		if len(infos) == 1 || info.valueKind() == kind {
			return info
		}
	}
	return &flagInfo{name: name}
}

// settable reports whether the environment and configuration files set a flag. A switch or
// choice whose name is that of a flag with a text in other commands is set on the command
// line only: a setting of that name is about the other one.
func settable(f *pflag.Flag) bool {
	return f.Name != "help" && (len(flagsByName[f.Name]) == 1 || kindOf(f.Value) == textValue)
}

// flagsByName has the definitions of each name: one, or that of a flag with a value and that
// of a switch of other commands.
var flagsByName = make(map[string][]*flagInfo, len(flagTable))

func init() {
	for i := range flagTable {
		info := &flagTable[i]
		flagsByName[info.name] = append(flagsByName[info.name], info)
	}
}

// bind adds a flag of the table to a command. value points to the variable that it sets,
// which holds the default.
func bind(fs *pflag.FlagSet, name string, value any) {
	if flagsByName[name] == nil {
		panic("--" + name + " is not in flagTable")
	}
	kind := textValue
	switch value.(type) {
	case *bool:
		kind = switchValue
	case *choice:
		kind = choiceValue
	}
	info := definition(name, kind)
	switch v := value.(type) {
	case *bool:
		fs.BoolVarP(v, name, info.short, *v, info.usage)
	case *string:
		fs.StringVarP(v, name, info.short, *v, info.usage)
	case *int:
		fs.IntVarP(v, name, info.short, *v, info.usage)
	case *int64:
		fs.Int64VarP(v, name, info.short, *v, info.usage)
	case *float64:
		fs.Float64VarP(v, name, info.short, *v, info.usage)
	case *time.Duration:
		fs.DurationVarP(v, name, info.short, *v, info.usage)
	case *[]string:
		fs.StringArrayVarP(v, name, info.short, *v, info.usage)
	case *choice:
		v.words = info.words
		fs.VarP(v, name, info.short, info.usage)
	case pflag.Value:
		fs.VarP(v, name, info.short, info.usage)
	default:
		panic(fmt.Sprintf("--%s: no flag has a value of type %T", name, value))
	}
	fs.Lookup(name).Hidden = info.hidden
}

// argumentTable says what the arguments of the commands that have some are, by the
// command's path without the program.
var argumentTable = map[string]pathKind{
	"check": inputPath, "history": keptPath, "convert": inputPath, "diff": filePath, "records": inputPath, "plan": inputPath, "merge": filePath,
	"mapping check": filePath, "mapping guess": inputPath, "mapping show": noPath,
	"import run": importing, "import status": importing, "import stop": importing, "import undo": importing, "import groups": runPath, "import verify": importing, "import passwords": importing, "reconcile": importing,
	"explain": noPath, "help": noPath, "completion": noPath, "man": outDirPath,
}
