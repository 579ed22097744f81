package ionos

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	sdk "github.com/ionos-cloud/sdk-go/v6"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// judge returns the fault of an answer, or of a request without one. nil is success.
func judge(req *http.Request, resp *http.Response, body []byte, err error) *outbound.Fault {
	switch {
	case err != nil:
		return outbound.NoAnswer(req, err, mayRepeat(req), "ionos.ca_file")
	case resp.StatusCode/100 == 2:
		return nil
	}
	return judgeStatus(req, resp, body)
}

// judgeStatus returns the fault of an answer with a status other than 2xx.
func judgeStatus(req *http.Request, resp *http.Response, body []byte) *outbound.Fault {
	fault := &outbound.Fault{Text: message(resp, body), Outcome: "refused"}
	mark := func(kind error, result, hint string) {
		fault.Kinds, fault.Outcome = []error{kind}, result
		if hint != "" {
			fault.Text += "; " + hint
		}
	}
	switch status := resp.StatusCode; {
	case status/100 == 3:
		fault.Text += "; redirects are not followed, because they would get the credentials; check ionos.url"
	case status == http.StatusUnauthorized:
		mark(fleet.ErrAuth, "auth", "check ionos.token, or ionos.username and ionos.password")
	case status == http.StatusForbidden:
		mark(fleet.ErrAuth, "auth", "check the rights of the login on the datacenter, and ionos.contract_number")
	case status == http.StatusNotFound:
		mark(fleet.ErrGone, "gone", "")
	case status == http.StatusConflict, status == http.StatusLocked, status == http.StatusUnprocessableEntity && tellsBusy(messagesOf(body)):
		mark(fleet.ErrBusy, "busy", "")
	case status == http.StatusTooManyRequests:
		mark(fleet.ErrThrottled, "throttled", "")
		fault.Repeat = true
	case status >= 500:
		fault.Outcome, fault.Repeat = "server_error", mayRepeat(req)
		if req.Method != http.MethodGet {
			mark(fleet.ErrUnknown, "server_error", "")
		}
	}
	return fault
}

// tellsBusy reports whether a refusal with status 422 is because of a change in
// progress, as documented, and not because of the request itself. A refusal without a
// reason counts as the former, since repeating the request later does no harm.
func tellsBusy(messages []sdk.ErrorMessage) bool {
	var text strings.Builder
	for _, m := range messages {
		text.WriteString(strings.ToLower(value(m.Message)))
	}
	reason := strings.TrimSpace(text.String())
	return reason == "" || reason == "unprocessable entity" ||
		slices.ContainsFunc([]string{"busy", "locked", "pending", "in progress", "provisioning", "being processed"},
			func(sign string) bool { return strings.Contains(reason, sign) })
}

// message returns the status and the error messages in the body, on one line. For a
// body that is not in the cloud's format, it returns only the type of the body.
func message(resp *http.Response, body []byte) string {
	status := fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	if messages := messagesOf(body); len(messages) > 0 {
		return status + ": " + outbound.Brief(joinMessages(messages))
	}
	if kind := resp.Header.Get("Content-Type"); len(body) > 0 && !strings.Contains(kind, "json") {
		return fmt.Sprintf("%s, with a body of type %q: not from the API, perhaps from a proxy", status, outbound.Brief(kind))
	}
	return status
}

// messagesOf returns the messages of a body in the cloud's error format, or nil.
func messagesOf(body []byte) []sdk.ErrorMessage {
	var e sdk.Error
	if json.Unmarshal(body, &e) != nil {
		return nil
	}
	return value(e.Messages)
}

// joinMessages returns the messages with their codes as one text.
func joinMessages(messages []sdk.ErrorMessage) string {
	var said []string
	for _, m := range messages {
		text := value(m.Message)
		if code := value(m.ErrorCode); code != "" {
			text += " (code " + code + ")"
		}
		said = append(said, text)
	}
	return strings.Join(said, "; ")
}
