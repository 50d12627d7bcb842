package jobs

import (
	"bytes"
	"context"
	"io"

	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// jobFile is the file of a job, whose header has been read. It is to be closed.
type jobFile struct {
	io.Closer
	rows      *validate.Input
	rules     judge.Options
	names     []string // of the header
	validator *judge.Validator
}

// openFile opens the file of a job and reads its header, which must be one that
// the pool accepts.
func (s *Service) openFile(pool *pools.Pool, j *job) (*jobFile, error) {
	upload, err := s.uploads.open(j.Upload)
	if err != nil {
		return nil, err
	}
	f := &jobFile{Closer: upload, rules: s.importRules(pool.Schema, j.Algorithm)}
	if err := s.readHeader(f, upload); err != nil {
		upload.Close()
		return nil, err
	}
	return f, nil
}

// runOptions are those for judging all rows.
func (f *jobFile) runOptions() validate.RunOptions {
	return validate.RunOptions{Input: f.rows, Validator: f.validator, Fields: len(f.names), Workers: workers}
}

// readHeader reads the header of upload, and compiles the rules for its columns.
func (s *Service) readHeader(f *jobFile, upload io.Reader) error {
	var err error
	if f.rows, err = validate.NewInput("the csv file", upload, scan.Pos{Line: 1}, scan.Dialect{Kind: scan.Cognito}, 0); err != nil {
		return err
	}
	h, err := f.rows.ReadHeader()
	switch {
	case err == io.EOF:
		return s.fileFailure(f.rules, rule.FileEmpty, "the file is empty")
	case err != nil:
		// The error may hold a byte of the file, which is nobody's business.
		return &failure{s.texts.own("file-unreadable")}
	}
	if bytes.HasPrefix(h.Raw, []byte("\xef\xbb\xbf")) {
		return s.fileFailure(f.rules, rule.FileBOM, "")
	}
	for _, finding := range validate.CheckHeader(f.rules, f.rows.Name, h) {
		if finding.Severity == rule.Error {
			return &failure{s.texts.file(&finding)}
		}
	}
	f.names, f.rules.Columns = h.Names, h.Names
	f.validator, err = judge.New(f.rules)
	return err
}

// fileFailure fails a job because of its file.
func (s *Service) fileFailure(rules judge.Options, code rule.Code, detail string) error {
	f, _ := validate.FileFinding(rules, code, "", detail, 0, judge.MaxFileRows)
	return &failure{s.texts.file(&f)}
}

// checkFile looks for what fails the job as a whole, before any user is made.
func (s *Service) checkFile(ctx context.Context, pool *pools.Pool, j *job) error {
	if j.Done > 0 {
		return nil // it was done when the job began
	}
	f, err := s.openFile(pool, j)
	if err != nil {
		return err
	}
	defer f.Close()
	var sum rule.Summary
	run := f.runOptions()
	run.Limit = judge.MaxFileRows + 1
	if err := validate.Run(ctx, run, &sum); err != nil {
		return err
	}
	switch {
	case sum.RowsRead > judge.MaxFileRows:
		return s.fileFailure(f.rules, rule.FileTooManyRows, "")
	case sum.RowsRead == 0:
		return s.fileFailure(f.rules, rule.FileEmpty, "the file has a header and no row")
	}
	return nil
}

// importRules returns the rules by which the rows of a job are judged. A second
// row with the same username is no finding: the user exists by then.
func (s *Service) importRules(p *schema.Pool, algorithm string) judge.Options {
	o := judge.Options{Pool: p, NoDuplicates: true, Severity: s.o.Severity}
	for _, h := range []value.HashAlgorithm{value.BCrypt, value.SCrypt, value.Argon2id, value.PBKDF2SHA256} {
		if algorithm != "" && h.APIName() == algorithm {
			o.PasswordHash = h
		}
	}
	return o
}
