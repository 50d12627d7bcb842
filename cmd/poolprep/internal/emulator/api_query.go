package emulator

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"mime"
	"net/http"
	"strconv"
)

// actionForm is that of the names of actions.
var actionForm = whole(`[A-Za-z0-9]{1,128}`)

// queryError is the body of an error in the AWS query protocol, that of IAM and STS.
type queryError struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

// isQuery reports whether a call is in the query protocol, which no operation that is
// served has.
func isQuery(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/x-www-form-urlencoded" && r.Header.Get("X-Amz-Target") == ""
}

// refuseQuery answers a call of a service such as IAM so that its clients show why it
// is not served.
func refuseQuery(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	action := "this action"
	if r.ParseForm() == nil && actionForm.matches(r.PostForm.Get("Action")) {
		action = r.PostForm.Get("Action")
	}
	body := queryError{Type: "Sender", Code: "InvalidAction", RequestID: newID()}
	body.Message = fmt.Sprintf("%s is not served: the emulator has user pools and their logs, no IAM or STS, and looks at no role.", action)
	var text bytes.Buffer
	text.WriteString(xml.Header)
	if err := xml.NewEncoder(&text).Encode(body); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/xml")
	h.Set("X-Amzn-Requestid", body.RequestID)
	h.Set("Content-Length", strconv.Itoa(text.Len()))
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write(text.Bytes()) // the client is gone if this fails
}
