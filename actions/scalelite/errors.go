package scalelite

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// ErrHost is returned when Scalelite refuses the Host header, which it compares with its
// URL_HOST before it checks the secret. It also matches fleet.ErrAuth, because all
// writes are refused as well.
var ErrHost = fmt.Errorf("host refused: %w", fleet.ErrAuth)

// tooOld says what to check when Scalelite does not have the API.
const tooOld = "check scalelite.url, and that Scalelite is 1.5.1 or later: older versions do not have this API"

// errNoServers is the error with which Scalelite answers if it has no servers.
var errNoServers = errors.New("no servers are configured")

// judge returns the fault of an answer. nil is success. Scalelite has three formats for
// errors: XML with status 200, JSON with another status, and, for unexpected errors, a
// status without a message.
func judge(c call, host string, resp *http.Response, body []byte) *outbound.Fault {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case strings.HasSuffix(kind, "/xml"):
		return judgeXML(body)
	case resp.StatusCode/100 == 2 && kind == "application/json":
		return nil
	}
	return judgeStatus(c, host, resp, body, kind)
}

// xmlAnswer is an error in the XML format of BigBlueButton, which Scalelite uses, too.
type xmlAnswer struct {
	XMLName xml.Name `xml:"response"`
	Key     string   `xml:"messageKey"`
	Message string   `xml:"message"`
}

// judgeXML returns the fault of an answer in XML, which is always an error.
func judgeXML(body []byte) *outbound.Fault {
	var answer xmlAnswer
	if xml.Unmarshal(body, &answer) != nil {
		return refused("an answer in XML that is not Scalelite's; check scalelite.url")
	}
	said := outbound.Brief(answer.Key + ": " + answer.Message)
	switch answer.Key {
	case "checksumError":
		fault := refused(said + "; check scalelite.secret (LOADBALANCER_SECRET of Scalelite) and scalelite.checksum_algorithm")
		fault.Kinds, fault.Outcome = []error{fleet.ErrAuth}, "auth"
		return fault
	case "unsupportedRequest":
		return refused(said + "; " + tooOld)
	}
	return refused(said)
}

// judgeStatus returns the fault of an answer by its status.
func judgeStatus(c call, host string, resp *http.Response, body []byte, kind string) *outbound.Fault {
	said, own := message(resp, body, kind)
	fault := refused(said)
	mark := func(err error, outcome string) { fault.Kinds, fault.Outcome = append(fault.Kinds, err), outcome }
	switch status := resp.StatusCode; {
	case status/100 == 2:
		fault.Text += "; check scalelite.url"
	case status/100 == 3:
		fault.Text += "; redirects are not followed; check scalelite.url (http or https?)"
	case status == http.StatusUnauthorized:
		fault.Text += "; something in front of Scalelite asks for a login"
		mark(fleet.ErrAuth, "auth")
	case status == http.StatusForbidden:
		fault.Text += fmt.Sprintf("; Scalelite does not serve the host %q: set scalelite.host_header to its URL_HOST, or write that host in scalelite.url; the secret is not the cause", host)
		mark(ErrHost, "auth")
	case status == http.StatusNotFound && own && c.action == "getServers":
		mark(errNoServers, "ok")
	case status == http.StatusNotFound && own:
		mark(fleet.ErrGone, "gone")
	case status == http.StatusNotFound:
		fault.Text += "; check scalelite.url"
	case status == http.StatusBadRequest && strings.Contains(said, "concurrently modified"):
		fault.Repeat = true
		mark(fleet.ErrBusy, "busy")
	case status == http.StatusUnprocessableEntity && c.body != nil:
		fault.Text += "; " + tooOld
	case status == http.StatusTooManyRequests:
		mark(fleet.ErrThrottled, "throttled")
	case status >= 500:
		fault.Repeat, fault.Outcome = true, "server_error"
		if c.body != nil {
			mark(fleet.ErrUnknown, "server_error")
		}
	}
	return fault
}

// refused returns the fault of a refusal.
func refused(text string) *outbound.Fault {
	return &outbound.Fault{Text: text, Outcome: "refused"}
}

// message returns the status and the error message in the body, on one line. own
// reports whether the body is an error in Scalelite's JSON format.
func message(resp *http.Response, body []byte, kind string) (text string, own bool) {
	status := strings.TrimSpace(fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode)))
	var e struct {
		Error string `json:"error"`
	}
	if kind == "application/json" && json.Unmarshal(body, &e) == nil && e.Error != "" {
		return status + ": " + outbound.Brief(e.Error), true
	}
	if len(body) > 0 && kind != "application/json" {
		status += fmt.Sprintf(", with a body of type %q, not Scalelite's", outbound.Brief(kind))
	}
	return status, false
}
