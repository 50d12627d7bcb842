package rule

// policyCodes are about a run as a whole, and the policy that it is held against. Their
// findings stand at the rule in the file of the policy.
var policyCodes = map[Code]info{
	PolicyRows: {
		name: "policy-rows", severity: Error,
		message:  "{text}",
		hint:     "compare with the run before (`poolprep diff`, `poolprep history`); if the change is meant, change the rule",
		rule:     "The number of rows is within the limit of the rule `rows`.",
		reason:   "The export is not what it was agreed to be, even if every row of it is valid.",
		example:  `rows: "within 5% of baseline", and half of the file is missing`,
		evidence: []Evidence{OwnRule}, source: "the policy",
	},
	PolicyFindings: {
		name: "policy-findings", severity: Error,
		message:  "{text}",
		hint:     "compare with the run before (`poolprep diff`, `poolprep history`); if the change is meant, change the rule",
		rule:     "The number of findings of a code is within the limit of its rule, `code.CODE`; as a share it is of accepted and rejected rows.",
		reason:   "The export is not what it was agreed to be, even if every row of it is valid.",
		example:  `code.phone-format: "<= 50", and 1,200 rows have one`,
		evidence: []Evidence{OwnRule}, source: "the policy",
	},
	PolicyFilled: {
		name: "policy-filled", severity: Error,
		message:  "{text}",
		hint:     "compare with the run before (`poolprep diff`, `poolprep history`); if the change is meant, change the rule",
		rule:     "The number of values in a column is within the limit of the rule `COLUMN.filled`; as a share it is of the records that were judged.",
		reason:   "The export is not what it was agreed to be, even if every row of it is valid.",
		example:  `email.filled: ">= 99%", and the column came empty`,
		evidence: []Evidence{OwnRule}, source: "the policy",
	},
	PolicyEmpty: {
		name: "policy-empty", severity: Error,
		message:  "{text}",
		hint:     "compare with the run before (`poolprep diff`, `poolprep history`); if the change is meant, change the rule",
		rule:     "The number of empty values in a column is within the limit of the rule `COLUMN.empty`; as a share it is of the records that were judged.",
		reason:   "The export is not what it was agreed to be, even if every row of it is valid.",
		example:  `phone_number.empty: "<= 5%"`,
		evidence: []Evidence{OwnRule}, source: "the policy",
	},
	PolicyDistinct: {
		name: "policy-distinct", severity: Error,
		message:  "{text}",
		hint:     "compare with the run before (`poolprep diff`, `poolprep history`); if the change is meant, change the rule",
		rule:     "The number of different values in a column is within the limit of the rule `COLUMN.distinct`. Of `username` it is exact; of other columns, more than 1,024 are an estimate, see `distinct_error` in the summary.",
		reason:   "The export is not what it was agreed to be, even if every row of it is valid.",
		example:  `username.distinct: "== rows", and an export was concatenated with itself`,
		evidence: []Evidence{OwnRule}, source: "the policy",
	},
	PolicyUnreadable: {
		name: "policy-unreadable", severity: Error, fixed: true,
		message:  "{text}",
		hint:     "fix the file; the data was checked all the same",
		rule:     "The file of the policy can be read.",
		reason:   "A run that cannot be held against its policy has not passed: exit code 2.",
		example:  "a rule with a typo",
		evidence: []Evidence{OwnRule}, source: "the policy",
	},
	BaselineUnreadable: {
		name: "baseline-unreadable", severity: Error, fixed: true,
		message:  "{text}",
		hint:     "fix the file; the data was checked all the same",
		rule:     "The file of the baseline can be read.",
		reason:   "A run that cannot be held against its baseline has not passed: exit code 2.",
		example:  "a file that is no summary",
		evidence: []Evidence{OwnRule}, source: "the baseline",
	},
}
