package rule

// info is a row of the table of codes. In message, {want} and {got} stand for
// the numbers of a finding, {text} for its detail, {first} for where a duplicate was
// first. The hint says how to fix it.
type info struct {
	name     string
	severity Severity
	fixed    bool
	message  string
	hint     string
	rule     string
	reason   string
	example  string
	evidence []Evidence
	source   string
}

// infos holds the one definition of every code: level, texts and evidence.
// If a rule is marked Unknown, its source says what exactly is not known.
var infos = func() (all [NumCodes]info) {
	for _, part := range []map[Code]info{recordCodes, valueCodes, userCodes, policyCodes} {
		for code, i := range part {
			all[code] = i
		}
	}
	return all
}()

// recordCodes are about the file, its header, whole rows, passwords, MFA and mappings.
var recordCodes = map[Code]info{
	FileBOM: {
		name: "file-bom", severity: Error,
		message:  "the file begins with a byte order mark",
		hint:     "save it as UTF-8 without BOM, or let `poolprep convert` write the import file",
		rule:     "The import file is UTF-8 without a byte order mark.",
		reason:   "With a byte order mark the name of the first column is not recognised.",
		example:  "EF BB BF before `name,given_name,...`",
		evidence: []Evidence{Documented}, source: "developer guide: the file is UTF-8 without BOM",
	},
	FileCRLF: {
		name: "file-crlf", severity: Hint,
		message:  "lines end in CR LF",
		hint:     "write LF line ends; `poolprep convert` does",
		rule:     "Lines should end in LF.",
		reason:   "AWS's own code writes LF; what a CR does to the last column is not documented.",
		example:  "a file saved on Windows",
		evidence: []Evidence{AWSCode, Unknown}, source: "AWS's sample code writes LF; the effect of CR LF is unknown",
	},
	FileTooLarge: {
		name: "file-too-large", severity: Error,
		message:  "the file has {got} bytes, more than the {want} an import job takes",
		hint:     "split it: `poolprep convert --out-dir DIR` cuts chunks of the right size",
		rule:     "An import file has at most 100,000,000 bytes, header and last newline included.",
		reason:   "The job fails as a whole.",
		example:  "a file of 150 MB",
		evidence: []Evidence{Documented, Unknown}, source: "documented as 100 MB; whether that is 10^8 or 100 x 2^20 bytes is unknown, so the smaller is used, as in AWS's code",
	},
	FileTooManyRows: {
		name: "file-too-many-rows", severity: Error,
		message:  "the file has more than {want} rows",
		hint:     "split it: `poolprep convert --out-dir DIR` cuts chunks of the right size",
		rule:     "An import file has at most 500,000 rows without the header.",
		reason:   "The job fails as a whole.",
		example:  "a file of 600,000 users",
		evidence: []Evidence{Documented}, source: "developer guide: limits of an import job",
	},
	FileEncoding: {
		name: "file-encoding", severity: Error,
		message:  "the file is {text}, not UTF-8",
		hint:     "save it as UTF-8, or let `poolprep convert` write the import file",
		rule:     "The import file is UTF-8.",
		reason:   "The service reads only UTF-8; in another character set names become garbage, or the file cannot be parsed.",
		example:  "a Windows export in UTF-16",
		evidence: []Evidence{Documented}, source: "developer guide: the file is UTF-8",
	},
	FileEmpty: {
		name: "file-empty", severity: Error,
		message:  "{text}",
		hint:     "an import file needs a header line and at least one row",
		rule:     "A file has a header and at least one row.",
		reason:   "A file without rows usually means that an export failed.",
		example:  "a file of 0 bytes, or with only the header",
		evidence: []Evidence{OwnRule}, source: "an empty input of a nightly job must not count as valid",
	},
	HeaderMissingColumn: {
		name: "header-missing-column", severity: Error,
		message:  "{text}",
		hint:     "add the column; its values may be empty; `poolprep header` prints the whole header",
		rule:     "The header has every column of the pool's template; the order is free.",
		reason:   "The service compares the header with the pool's and refuses the file.",
		example:  "a header without `zoneinfo`",
		evidence: []Evidence{Documented, Unknown}, source: "documented; the guide's own sample of 2026 has a subset of the columns, so whether a subset passes is unknown",
	},
	HeaderUnknownColumn: {
		name: "header-unknown-column", severity: Error,
		message:  "the pool has no such column{text}",
		hint:     "remove or rename the column; a custom attribute is called custom:NAME and must exist in the pool",
		rule:     "Every column of the header is in the pool's template. A developer-only attribute (dev:NAME) has no column (unknown: a choice). In convert this is a warning: the source column goes nowhere.",
		reason:   "The service refuses a header with an unknown column.",
		example:  "`department` where the pool has `custom:department`",
		evidence: []Evidence{Documented}, source: "developer guide: the header must match GetCSVHeader",
	},
	HeaderDuplicateColumn: {
		name: "header-duplicate-column", severity: Error,
		message:  "the column stands in the header more than once, first as field {want}",
		hint:     "keep only one of them",
		rule:     "Each column occurs once in the header.",
		reason:   "Which of the two values would be used is unknown.",
		example:  "`email,name,email`",
		evidence: []Evidence{Unknown}, source: "the service's behaviour is unknown; a pool's template never repeats a column",
	},
	HeaderNoAutoVerified: {
		name: "header-no-auto-verified", severity: Error,
		message:  "{text}",
		hint:     "turn on verification of e-mail or phone in the pool's settings, or state what the pool has, as in --auto-verified email; and keep the *_verified columns",
		rule:     "The pool verifies e-mail or phone automatically, and the header has the corresponding *_verified column.",
		reason:   "In a pool without an auto-verified attribute the job does not start; without the column every row fails.",
		example:  "a pool with AutoVerifiedAttributes []",
		evidence: []Evidence{Documented}, source: "developer guide: at least one auto-verified attribute must be true for each user",
	},
	RowFieldCount: {
		name: "row-field-count", severity: Error, fixed: true,
		message:  "the record has {got} fields, the header {want}{text}",
		hint:     "look for a comma in a value that is neither escaped nor quoted, or for a missing comma",
		rule:     "A record has as many fields as the header.",
		reason:   "Nobody can tell which value belongs to which column.",
		example:  "`Anna,Berg` under a header of 21 columns",
		evidence: []Evidence{Documented}, source: "developer guide: all header columns are present in each row",
	},
	RowTooLong: {
		name: "row-too-long", severity: Error,
		message:  "the row is longer than {want} bytes",
		hint:     "shorten the values; a very long line often means a missing quotation mark or line end",
		rule:     "A row has at most 16,000 characters.",
		reason:   "The service refuses a longer row.",
		example:  "a row with a picture as a data: URL",
		evidence: []Evidence{Documented, Unknown}, source: "documented as characters; whether the service counts bytes or characters is unknown, so bytes are counted, without the line end",
	},
	RowQuote: {
		name: "row-quote", severity: Error, fixed: true,
		message:  "{text}",
		hint:     "enclose the value in quotation marks and double each mark inside it, or read with --lenient-quotes",
		rule:     "A quotation mark occurs only at the start and end of a field; inside a quoted field it is doubled (RFC 4180).",
		reason:   "Guessing where such a field ends would shift columns, or swallow the rows that follow.",
		example:  "`Anna \"Annie\" Berg,a@example.com`",
		evidence: []Evidence{OwnRule}, source: "RFC 4180; only this line is rejected, and reading resumes at the next",
	},
	RowUnclosedQuote: {
		name: "row-unclosed-quote", severity: Error, fixed: true,
		message:  "{text}",
		hint:     "close the quoted field; only the record's first line is rejected, and reading resumed at the next line",
		rule:     "A quoted field that contains a line end is closed correctly within the maximum size of a record.",
		reason:   "A quoted field that is never closed would swallow the rest of the file.",
		example:  "`\"Anna,a@example.com` and no other quotation mark in the file",
		evidence: []Evidence{OwnRule}, source: "RFC 4180, and --max-record-bytes",
	},
	RowEmbeddedRecord: {
		name: "row-embedded-record", severity: Error,
		message:  "this record of {got} lines holds other records between its quotation marks",
		hint:     "its first line has a missing or surplus quotation mark: fix it in rejects.csv; if this really is one value of several lines, use --severity row-embedded-record=warning",
		rule:     "In a record of several lines, the first line and a later one do not both have the header's number of fields when quotation marks are ignored.",
		reason:   "Two stray quotation marks merge all the lines between them into one record: one person with the name of the first and the verified address of the last, and all others are lost.",
		example:  "`u1,\"tea,u1@example.com,TRUE` on one line, `u2,6 foot\",u2@example.com,TRUE` on a later one",
		evidence: []Evidence{OwnRule}, source: "the whole record is rejected, with all its lines",
	},
	RowLineEnd: {
		name: "row-line-end", severity: Error, fixed: true,
		message:  "{text}",
		hint:     "remove the line break from the value, or enclose the value in quotation marks",
		rule:     "If the header ends in CR LF, so do all records: lines that end in a bare LF, and that together have the header's number of fields, are pieces of one record.",
		reason:   "The first piece alone would be imported as the person, with a truncated value.",
		example:  "`anna,a@example.com,TRUE,Anna` LF `van der Berg` CR LF",
		evidence: []Evidence{OwnRule}, source: "the pieces are rejected together, as one record",
	},
	RowEncoding: {
		name: "row-encoding", severity: Error, fixed: true,
		message:  "{text}",
		hint:     "state the character set of the file with --encoding; the one in the message is a guess, from letters within words",
		rule:     "Text is valid UTF-8.",
		reason:   "The service reads only UTF-8.",
		example:  "`Ren\\xE9`, the é of Windows-1252",
		evidence: []Evidence{Documented}, source: "developer guide: the file is UTF-8",
	},
	RowControl: {
		name: "row-control", severity: Error,
		message:  "{text}",
		hint:     "remove it: in a mapping with `strip` or `spaces`",
		rule:     "A row contains no NUL and no other control character; tabs are allowed at the ends of values, where they are trimmed.",
		reason:   "How the service treats them is unknown, and they do not belong in attributes of people.",
		example:  "a NUL left by a database export",
		evidence: []Evidence{Unknown}, source: "the effect of control characters is unknown",
	},
	RowJSON: {
		name: "row-json", severity: Error, fixed: true,
		message:  "{text}",
		hint:     "write each line as one JSON object, whose members are strings, numbers, true, false or null",
		rule:     "A line of JSON lines is one object; no member that is used occurs twice, or is an object or an array.",
		reason:   "Nobody can tell which value is meant.",
		example:  "`{\"email\": \"anna@example.com\"`",
		evidence: []Evidence{OwnRule}, source: "RFC 8259; only this line is rejected",
	},
	RowBlank: {
		name: "row-blank", severity: Hint,
		message:  "blank line, skipped",
		hint:     "--blank-lines keep makes it a record of one empty field",
		rule:     "Blank lines, lines that begin with the prefix of --comment, and records of nothing but white space are skipped and counted.",
		reason:   "Exports often end with one.",
		example:  "an empty last line",
		evidence: []Evidence{Unknown}, source: "how the service treats a blank line is unknown; convert writes none",
	},
	RowHeaderAgain: {
		name: "row-header-again", severity: Hint,
		message:  "the header again, left out",
		hint:     "files were concatenated: read them as several files, or remove the header from the later ones",
		rule:     "A record with the same names as the header is skipped and counted; one with the same names in another order ends the run.",
		reason:   "It is not a person, and after a header in another order every row would be wrong.",
		example:  "`cat january.csv february.csv > all.csv`",
		evidence: []Evidence{OwnRule}, source: "how files are concatenated",
	},
	MFAMissing: {
		name: "mfa-missing", severity: Error,
		message:  "cognito:mfa_enabled is empty",
		hint:     "write TRUE or FALSE, in a mapping as a constant",
		rule:     "With --rules 2023 cognito:mfa_enabled is never empty; with --rules 2026 it may be.",
		reason:   "The developer guides up to 2023 require it.",
		example:  "an empty field",
		evidence: []Evidence{Documented}, source: "developer guides up to 2023",
	},
	MFAMismatch: {
		name: "mfa-mismatch", severity: Error,
		message:  "cognito:mfa_enabled contradicts the pool, where MFA is {text}",
		hint:     "write TRUE where the pool requires MFA, FALSE where it is off",
		rule:     "cognito:mfa_enabled is not false where the pool requires MFA and not true where MFA is off.",
		reason:   "The row fails.",
		example:  "TRUE in a pool without MFA",
		evidence: []Evidence{Documented}, source: "developer guide, MfaConfiguration of the pool",
	},
	HashFormat: {
		name: "hash-format", severity: Error,
		message:  "not a {text} hash",
		hint:     "compare with `poolprep explain hash-format`; an empty value imports the user without a password",
		rule:     "A hash has the form of its algorithm: BCRYPT $2a$, $2b$, $2x$ or $2y$ (all four are documented), then cost$ and 53 characters; SCRYPT N$r$p$hexSalt$hexHash; ARGON2ID $argon2id$v=N$m=M,t=T,p=P$salt$hash; PBKDF2_SHA256 $pbkdf2-sha256$iterations$salt$hash.",
		reason:   "The row fails.",
		example:  "`$P$B...` of WordPress; `$2b$10$` with fewer than 53 characters after it",
		evidence: []Evidence{Documented, Unknown}, source: "developer guide of 2026; minimums, alphabets and salt lengths are unknown",
	},
	HashBounds: {
		name: "hash-bounds", severity: Error,
		message:  "the hash is costlier than the service takes: {text}",
		hint:     "such a hash cannot be imported: leave the value empty, and the user must reset the password",
		rule:     "Upper bounds: BCRYPT cost 12; SCRYPT N 65536, r 8, p 1; ARGON2ID m 19456, t 2, p 1; PBKDF2_SHA256 600000 iterations.",
		reason:   "The row fails.",
		example:  "`$2b$14$...`",
		evidence: []Evidence{Documented}, source: "developer guide of 2026",
	},
	HashOther: {
		name: "hash-algorithm", severity: Error,
		message:  "a hash of another algorithm ({text}) than the job's",
		hint:     "one job takes one algorithm: `poolprep convert --password-hash auto --out-dir DIR` writes separate chunks for each",
		rule:     "All hashes of one import job are of one algorithm.",
		reason:   "Rows with another one fail.",
		example:  "bcrypt and scrypt in one file",
		evidence: []Evidence{Documented}, source: "developer guide of 2026: one algorithm per job",
	},
	HashUnexpected: {
		name: "hash-unexpected", severity: Error,
		message:  "a password hash, but no algorithm is named",
		hint:     "name it with --password-hash, or empty the column",
		rule:     "Hashes are imported only by a job that names their algorithm.",
		reason:   "How the service treats them otherwise is unknown.",
		example:  "a filled password_hash without --password-hash",
		evidence: []Evidence{Unknown}, source: "the effect of the column in a job without an algorithm is unknown",
	},
	MapFailed: {
		name: "map-failed", severity: Error, fixed: true,
		message:  "{text}",
		hint:     "check the mapping's steps for this column, and the value with --show-values; national phone numbers need the country, by --default-region or the step",
		rule:     "Every step of a mapping can be applied to its value, and makes no value of more than 65,536 bytes.",
		reason:   "A value that cannot be converted must not be guessed.",
		example:  "`date` with the layout dd.MM.yyyy on `1/31/80`",
		evidence: []Evidence{OwnRule}, source: "the mapping file",
	},
	MapLookupMiss: {
		name: "map-lookup-miss", severity: Error, fixed: true,
		message:  "{text}",
		hint:     "add the value to the table, or give the table a default",
		rule:     "Every value is in the table of its `lookup`, or the table has a default.",
		reason:   "A value that the table does not expect must not be guessed.",
		example:  "`x` where the table has m and f",
		evidence: []Evidence{OwnRule}, source: "the mapping file",
	},
	SourceUnconfirmed: {
		name: "source-unconfirmed", severity: Error,
		message:  "the source does not count the user as ready: {text}",
		hint:     "have the user confirm the account in the source, write a flag that is neither true nor false as one of them, or leave the `reject` rule out of the mapping",
		rule:     "No `reject` rule of the mapping applies to the record.",
		reason:   "An account that was never confirmed may belong to somebody else; importing it confirms it.",
		example:  "a Cognito user with the status UNCONFIRMED",
		evidence: []Evidence{OwnRule}, source: "the mapping file",
	},
}
