package jobs

import (
	"fmt"
	"slices"
	"strings"

	"poolprep/validate/rule"
)

// Documented texts of the service, word for word.
const (
	messageSucceeded = "Import Job Completed Successfully."
	messageTooMany   = "Too many users have failed or been skipped during the import."
	messageStopped   = "The Import Job was stopped by the developer."
	messageExpired   = "The user import job has expired."

	rowSucceeded   = "The import succeeded."
	rowSkipped     = "The user already exists."
	rowNotVerified = "The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true)."

	testLogLine = "Cognito User Pools Import - Test Log" // observed: a log begins with two of these
)

// ownTexts are those of the emulator for what no finding says. The service's
// own words for it are unknown.
var ownTexts = map[string]string{
	"email-exists":              "The e-mail address is an alias of another user.",
	"phone-exists":              "The phone number is an alias of another user.",
	"preferred-username-exists": "The preferred username is an alias of another user.",
	"role-unknown":              "The role for CloudWatch Logs does not exist.",
	"role-not-assumed":          "The role for CloudWatch Logs cannot be assumed by cognito-idp.amazonaws.com.",
	"role-lacks-permission":     "The role for CloudWatch Logs may not write to the log group of the user pool.",
	"pool-deleted":              "The user pool has been deleted.",
	"file-unreadable":           "The csv file cannot be read.",
	"row-internal-error":        "The user could not be imported because of an internal error.",
	"internal-error":            "The job failed because of an internal error.",
}

// texts are words that replace the usual ones, by code.
type texts map[string]string

// MessageCodes returns the codes of the texts that Options.Messages may change:
// those of the findings, and the emulator's own.
func MessageCodes() []string {
	var codes []string
	for _, c := range rule.Codes() {
		codes = append(codes, c.String())
	}
	for code := range ownTexts {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// own returns one of ownTexts, or what replaces it.
func (t texts) own(code string) string {
	if text, ok := t[code]; ok {
		return text
	}
	return ownTexts[code]
}

// row returns what the log says of a row with the finding.
func (t texts) row(f *rule.Finding) string {
	if text, ok := t[f.Code.String()]; ok {
		return text
	}
	if f.Code == rule.NotVerified {
		return rowNotVerified
	}
	return sentence(f, f.Column)
}

// file returns what the job says that fails as a whole because of the finding.
// The name of an unknown column may be user data of a file without header, so
// its location is given instead.
func (t texts) file(f *rule.Finding) string {
	if text, ok := t[f.Code.String()]; ok {
		return text
	}
	location := f.Column
	if f.Field > 0 {
		location = fmt.Sprintf("field %d of the header", f.Field)
	}
	if f.Code == rule.HeaderUnknownColumn {
		f.Text = "" // says the location, or suggests a name
	}
	return "The csv file cannot be imported: " + sentence(f, location)
}

// sentence returns the message of a finding with its location before it, without the
// asides for files that may have no header: that of an import always has one.
func sentence(f *rule.Finding, location string) string {
	if f.Code == rule.RowFieldCount || f.Code == rule.HeaderUnknownColumn {
		short := *f
		short.Text = ""
		f = &short
	}
	text := string(f.AppendMessage(nil))
	if location != "" {
		text = location + ": " + text
	}
	return strings.TrimSuffix(text, ".") + "."
}
