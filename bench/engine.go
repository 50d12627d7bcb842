package main

import (
	"fmt"

	"poolprep/bench/generate"
)

// engine prints the tables about single parts of the work: files in the template's order,
// which is the easiest there is, in each kind of quoting, mostly without the duplicate
// check; then what reading does with other shapes.
func (b *bench) engine(kinds []string) error {
	for _, kind := range kinds {
		q, err := generate.ParseQuoting(kind)
		if err != nil {
			return err
		}
		size, err := b.prepareEngine(q)
		if err != nil {
			return err
		}
		fmt.Printf("\n## Engine: template, %s: %d rows, %d MB\n", q, b.rows, size/1_000_000)
		file := b.path("rows.csv")
		rows := b.tokeniseRows("", file)
		rows = append(rows, b.checkRows(file)...)
		rows = append(rows, b.convertRows(file)...)
		rows = append(rows, b.inputRows(file)...)
		rows = append(rows, b.portableRows(file)...)
		rows = append(rows, b.duplicateRows()...)
		if err := b.table(rows); err != nil {
			return err
		}
		if b.only == "" && b.keyRows > 0 {
			if err := b.figures(); err != nil {
				return err
			}
		}
		b.keyRows = 0
	}
	shapes := []generate.Shape{generate.Export, generate.Narrow, generate.Wide}
	if err := b.prepareShapes(shapes...); err != nil {
		return err
	}
	fmt.Printf("\n## Engine: export, narrow and wide: %d rows\n", b.rows)
	var rows []row
	for _, s := range shapes {
		file, suffix := b.file(s), ", "+s.String()
		rows = append(rows, b.tokeniseRows(suffix, file)...)
		rows = append(rows, pipeRow("convert from a pipe"+suffix, file, func(file string) command { return convert(b.poolprep, "2", file, off) }))
	}
	return b.table(rows)
}

// off is the flag without which duplicates are looked for.
const off = "--duplicates=off"

// tokeniseRows are about finding records and fields. The suffix is behind the job.
func (b *bench) tokeniseRows(suffix, file string) []row {
	job, ours := "tokenise all fields, 1 thread"+suffix, b.records(file)
	return []row{
		{job: job, against: "wc -l", ours: ours, theirs: []command{other("wc", "-l", file)}, floor: 0.55, goal: 0.75},
		{job: job, against: "Go encoding/csv (ReuseRecord)", ours: ours, theirs: []command{b.baseline("read", file)}, floor: 9, goal: 12},
		{job: job, against: "zsv count --parser fast", ours: ours, theirs: []command{other("zsv", "count", "--parser", "fast", file)}, floor: 0.9, goal: 1.05, get: getZsv},
	}
}

func (b *bench) checkRows(file string) []row {
	ours := b.check("2", file)
	return []row{
		{job: "check, 2 workers", against: "zsv check", ours: ours, theirs: []command{other("zsv", "check", file)}, floor: 1.5, goal: 2.2, get: getZsv},
		{job: "check, 2 workers", against: "DuckDB, four columns checked", ours: ours, theirs: []command{b.sql(fourColumns + readCSV(file))}, floor: 4, goal: 6, get: getDuckDB},
		{job: "check, every row bad", against: "own rate on a clean file", ours: b.check("2", b.path("bad.csv")), theirs: []command{ours}, floor: 0.5, goal: 0.7},
	}
}

// fourColumns is what DuckDB checks: an e-mail address, a phone number, a date and a boolean.
const fourColumns = `SELECT count(*) FILTER (NOT regexp_matches(email, '^[^@ ]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$')),
	count(*) FILTER (phone_number <> '' AND NOT regexp_matches(phone_number, '^\+[1-9][0-9]{1,14}$')),
	count(*) FILTER (birthdate <> '' AND try_strptime(birthdate, '%m/%d/%Y') IS NULL),
	count(*) FILTER (email_verified NOT IN ('TRUE', 'FALSE', 'true', 'false')) FROM `

func readCSV(file string) string { return fmt.Sprintf("read_csv('%s', all_varchar=true)", file) }

func (b *bench) convertRows(file string) []row {
	job, ours := "convert, 2 workers", convert(b.poolprep, "2", file, off)
	toFile := zsvSelect(file)
	toFile.args = append(toFile.args, "-o", b.path("selected.csv"))
	return []row{
		{job: job, against: "zsv select --parser fast --parallel", ours: ours, theirs: []command{zsvSelect(file)}, floor: 1.3, goal: 2, get: getZsv},
		{job: job, against: "DuckDB COPY TO", ours: ours, theirs: []command{b.sql("COPY (SELECT * FROM " + readCSV(file) + ") TO '/dev/null' (FORMAT csv, HEADER)")}, floor: 5, goal: 8, get: getDuckDB},
		{job: job, against: "Go encoding/csv read + reorder + write", ours: ours, theirs: []command{b.baseline("reorder", file)}, floor: 6, goal: 9},
		{job: job, against: "Miller reorder", ours: ours, theirs: []command{other("mlr", "--csv", "reorder", "-f", "cognito:username,email", file)}, floor: 25, goal: 35, get: getMiller},
		{job: "convert into a run directory, 2 workers", against: "zsv select --parser fast --parallel -o FILE", ours: convert(b.poolprep, "2", file, b.intoRun(off)...), theirs: []command{toFile}, floor: 1.3, goal: 2, get: getZsv},
		{job: job, against: "1 worker", ours: ours, theirs: []command{convert(b.poolprep, "1", file, off)}, floor: 1.6, goal: 1.8},
	}
}

// intoRun returns flags for a run directory.
func (b *bench) intoRun(more ...string) []string {
	return append([]string{"--force", "--out-dir=" + b.path("run")}, more...)
}

// inputRows are about pipes, compression, and more of the same.
func (b *bench) inputRows(file string) []row {
	ours := func(file string) command { return convert(b.poolprep, "2", file, off) }
	return []row{
		pipeRow("check from a pipe", file, func(file string) command { return b.check("2", file) }),
		pipeRow("convert from a pipe", file, ours),
		{job: "convert gzip", against: "klauspost gunzip to nothing", ours: ours(file + ".gz"), theirs: []command{b.baseline("gunzip", file+".gz")}, floor: 0.9, goal: 0.97},
		{job: "convert zstd", against: "klauspost zstd to nothing", ours: ours(file + ".zst"), theirs: []command{b.baseline("unzstd", file+".zst")}, floor: 0.65, goal: 0.85},
		{job: fmt.Sprintf("convert %d times as much", b.growth), against: "own rate", ours: b.repeated(b.growth, file, ours("-")), theirs: []command{b.repeated(1, file, ours("-"))}, floor: 0.9, goal: 1, work: float64(b.growth)},
	}
}

// pipeRow compares a command that reads a pipe with the slower of itself reading the file,
// and of reading the pipe and doing next to nothing.
func pipeRow(job, file string, ours func(file string) command) row {
	return row{job: job, against: "own file rate, or cat to wc -l", ours: piped(file, ours("-")), theirs: []command{ours(file), piped(file, other("wc", "-l"))}, floor: 0.85, goal: 0.95}
}

// portableRows are about the build without assembly; none if there is no such build.
func (b *bench) portableRows(file string) []row {
	if b.portable == "" {
		return nil
	}
	return []row{
		{job: "convert into a run directory, portable build", against: "own build with assembly", ours: convert(b.portable, "2", file, b.intoRun(off)...), theirs: []command{convert(b.poolprep, "2", file, b.intoRun(off)...)}, floor: 0.5, goal: 0.65},
	}
}

// duplicateRows are about the duplicate check of two columns; none without its file.
func (b *bench) duplicateRows() []row {
	if b.keyRows == 0 {
		return nil
	}
	file, pool := b.path("keys.csv"), "--schema="+b.path("pool.json")
	what := fmt.Sprintf("exact duplicate check of 2 columns, %d rows", b.keyRows)
	return []row{
		{job: "convert into a run directory, " + what, against: "own rate without", ours: convert(b.poolprep, "2", file, b.intoRun(pool)...), theirs: []command{convert(b.poolprep, "2", file, b.intoRun(pool, off)...)}, floor: 0.7, goal: 0.85},
		{job: "convert to a stream, " + what, against: "own rate without", ours: convert(b.poolprep, "2", file, pool), theirs: []command{convert(b.poolprep, "2", file, pool, off)}, floor: 0.45, goal: 0.6},
	}
}
