package roles

import (
	"bytes"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

// Error is a refusal, in the service's code and words.
type Error struct {
	Status  int // of HTTP
	Code    string
	Message string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Namespaces of the answers.
const (
	iamVersion = "2010-05-08" // member Version of every request to IAM
	iamSpace   = "https://iam.amazonaws.com/doc/" + iamVersion + "/"
	stsSpace   = "https://sts.amazonaws.com/doc/2011-06-15/"
)

// action is an operation of the query protocol. It returns what stands in the result element,
// nil for none.
type action struct {
	space  string
	writes bool
	do     func(s *Service, tx *bbolt.Tx, in url.Values) (any, error)
}

// actions are all that are served.
var actions = map[string]action{
	"GetCallerIdentity":        {stsSpace, false, (*Service).getCallerIdentity},
	"CreateRole":               {iamSpace, true, (*Service).createRole},
	"GetRole":                  {iamSpace, false, (*Service).getRole},
	"ListRoles":                {iamSpace, false, (*Service).listRoles},
	"DeleteRole":               {iamSpace, true, (*Service).deleteRole},
	"PutRolePolicy":            {iamSpace, true, (*Service).putRolePolicy},
	"GetRolePolicy":            {iamSpace, false, (*Service).getRolePolicy},
	"DeleteRolePolicy":         {iamSpace, true, (*Service).deleteRolePolicy},
	"ListRolePolicies":         {iamSpace, false, (*Service).listRolePolicies},
	"AttachRolePolicy":         {iamSpace, true, (*Service).attachRolePolicy},
	"DetachRolePolicy":         {iamSpace, true, (*Service).detachRolePolicy},
	"ListAttachedRolePolicies": {iamSpace, false, (*Service).listAttachedRolePolicies},
	"CreatePolicy":             {iamSpace, true, (*Service).createPolicy},
	"ListPolicies":             {iamSpace, false, (*Service).listPolicies},
}

// Answer carries out the action that a form names, and returns the answer in XML and its HTTP
// status. An error is about the server, not about the request.
func (s *Service) Answer(form url.Values, requestID string) (status int, body []byte, err error) {
	return s.answer(form, requestID, true)
}

// AnswerPage is Answer for the emulator's own page. What the page reads in order to show it is
// no use of IAM; what it changes is.
func (s *Service) AnswerPage(form url.Values, requestID string) (status int, body []byte, err error) {
	return s.answer(form, requestID, actions[form.Get("Action")].writes)
}

// answer carries out an action, which is a use of IAM if counts is true and it is one of IAM.
func (s *Service) answer(form url.Values, requestID string, counts bool) (status int, body []byte, err error) {
	name := form.Get("Action")
	a, ok := actions[name]
	if counts && (ok && a.space == iamSpace || !ok && form.Get("Version") == iamVersion) {
		if err := s.markUsed(); err != nil {
			return 0, nil, err
		}
	}
	if !ok {
		return refusal(&Error{http.StatusBadRequest, "InvalidAction", "Could not find operation " + shown(name) + ". The emulator has roles, their policies, and GetCallerIdentity."}, iamSpace, requestID)
	}
	var result any
	transact := s.db.View
	if a.writes {
		transact = s.db.Update
	}
	err = transact(func(tx *bbolt.Tx) (err error) {
		result, err = a.do(s, tx, form)
		return err
	})
	var refused *Error
	switch {
	case errors.As(err, &refused):
		return refusal(refused, a.space, requestID)
	case err != nil:
		return 0, nil, err
	}
	var b bytes.Buffer
	e := xml.NewEncoder(&b)
	element := func(name string) xml.StartElement { return xml.StartElement{Name: xml.Name{Local: name}} }
	response := element(name + "Response")
	response.Attr = []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: a.space}}
	err = e.EncodeToken(response)
	if result != nil {
		err = errors.Join(err, e.EncodeElement(result, element(name+"Result")))
	}
	err = errors.Join(err, e.EncodeElement(struct {
		RequestID string `xml:"RequestId"`
	}{requestID}, element("ResponseMetadata")), e.EncodeToken(response.End()), e.Close())
	return http.StatusOK, b.Bytes(), err
}

// shown returns the name of an action, or other words for what cannot be one.
func shown(name string) string {
	if name == "" || len(name) > 128 || strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return "of that name"
	}
	return name
}

// refusal returns an answer that refuses.
func refusal(e *Error, space, requestID string) (int, []byte, error) {
	body, err := xml.Marshal(struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Space     string   `xml:"xmlns,attr"`
		Type      string   `xml:"Error>Type"`
		Code      string   `xml:"Error>Code"`
		Message   string   `xml:"Error>Message"`
		RequestID string   `xml:"RequestId"`
	}{Space: space, Type: "Sender", Code: e.Code, Message: e.Message, RequestID: requestID})
	return e.Status, body, err
}

// Unsigned returns the answer to a request without a signature.
func Unsigned(requestID string) (int, []byte, error) {
	return refusal(&Error{http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token"}, iamSpace, requestID)
}

func invalid(message string) error { return &Error{http.StatusBadRequest, "ValidationError", message} }

func noSuch(message string) error { return &Error{http.StatusNotFound, "NoSuchEntity", message} }

func exists(message string) error { return &Error{http.StatusConflict, "EntityAlreadyExists", message} }

func conflict(message string) error { return &Error{http.StatusConflict, "DeleteConflict", message} }

func malformed(message string) error {
	return &Error{http.StatusBadRequest, "MalformedPolicyDocument", message}
}

// stamp is a time in an answer.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// named returns a member that is a name: 1 to most letters, digits and +=,.@-_.
func named(in url.Values, member string, most int) (string, error) {
	v := in.Get(member)
	fits := v != "" && len(v) <= most && strings.IndexFunc(v, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("+=,.@-_", r))
	}) < 0
	if !fits {
		return "", invalid("1 validation error detected: Value at '" + strings.ToLower(member[:1]) + member[1:] + "' failed to satisfy constraint: a name of 1 to " + strconv.Itoa(most) + " letters, digits and the characters +=,.@-_")
	}
	return v, nil
}

// pathIn returns the path of a new role or policy, "/" if none is stated.
func pathIn(in url.Values) (string, error) {
	v := in.Get("Path")
	if v == "" {
		return "/", nil
	}
	if len(v) > 512 || v[0] != '/' || v[len(v)-1] != '/' {
		return "", invalid("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return v, nil
}

// page cuts a list to the part that a request asks for.
func page[T any](in url.Values, list []T) (part []T, truncated bool, marker string, err error) {
	from, most := 0, 100
	if m := in.Get("Marker"); m != "" {
		if from, err = strconv.Atoi(m); err != nil || from < 0 || from > len(list) {
			return nil, false, "", invalid("Invalid Marker.")
		}
	}
	if m := in.Get("MaxItems"); m != "" {
		if most, err = strconv.Atoi(m); err != nil || most < 1 || most > 1000 {
			return nil, false, "", invalid("MaxItems must be a number from 1 to 1000.")
		}
	}
	if to := from + most; to < len(list) {
		return list[from:to], true, strconv.Itoa(to), nil
	}
	return list[from:], false, "", nil
}
