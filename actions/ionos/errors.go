package ionos

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	sdk "github.com/ionos-cloud/sdk-go/v6"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// callError is a call that failed for good, or one attempt of it.
type callError struct {
	text     string // what happened, and what to do; never a whole body
	kinds    []error
	result   string // for the metrics
	repeat   bool   // another attempt may help
	attempts int
}

// Error tells the kind first, since that decides what happens next.
func (e *callError) Error() string {
	var b strings.Builder
	for _, kind := range e.kinds {
		if slices.Contains(sentinels(), kind) {
			b.WriteString(kind.Error() + ": ")
		}
	}
	b.WriteString(e.text)
	if e.attempts > 1 {
		fmt.Fprintf(&b, " (%d attempts)", e.attempts)
	}
	return b.String()
}

func sentinels() []error {
	return []error{actions.ErrAuth, actions.ErrGone, actions.ErrBusy, actions.ErrUnknown, actions.ErrThrottled}
}

// Unwrap gives the sentinels that the error matches, and its cause.
func (e *callError) Unwrap() []error { return e.kinds }

func (e *callError) is(target error) bool { return errors.Is(e, target) }

func (e *callError) outcome() string {
	if e == nil {
		return "ok"
	}
	return e.result
}

// settle adds that the outcome is unknown when an earlier attempt left it so.
func (e *callError) settle(unsure bool) *callError {
	if unsure && !e.is(actions.ErrUnknown) {
		e.kinds = append(e.kinds, actions.ErrUnknown)
	}
	return e
}

// notSent is a call that was never made.
func notSent(err error) *callError {
	if errors.Is(err, actions.ErrThrottled) {
		// The sentinel's own words are in front of err already.
		text := strings.TrimPrefix(err.Error(), actions.ErrThrottled.Error()+": ")
		return &callError{text: text, kinds: []error{actions.ErrThrottled}, result: "throttled"}
	}
	return &callError{text: "not sent: " + err.Error(), kinds: []error{err}, result: "canceled"}
}

// judge decides what an answer, or the lack of one, means; nil is success.
func judge(req *http.Request, resp *http.Response, body []byte, err error) *callError {
	if err != nil {
		return judgeNetwork(req, err)
	}
	if resp.StatusCode/100 == 2 {
		return nil
	}
	return judgeStatus(req, resp, body)
}

// judgeNetwork tells apart what cannot have reached the cloud from what may.
func judgeNetwork(req *http.Request, err error) *callError {
	fault := &callError{text: "no answer from " + req.URL.Host + ": " + outbound.Brief(cause(err).Error()), kinds: []error{err}, result: "network"}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		fault.repeat = true
		return fault
	}
	if hint := outbound.CertificateHint(err, "ionos.ca_file"); hint != "" {
		fault.text += "; " + hint
		return fault
	}
	fault.repeat = mayRepeat(req) && req.Context().Err() == nil && !errors.Is(err, outbound.ErrTooLarge)
	if isWrite(req) {
		fault.kinds = append(fault.kinds, actions.ErrUnknown)
	}
	return fault
}

// cause strips the wrapping that repeats the address.
func cause(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

func judgeStatus(req *http.Request, resp *http.Response, body []byte) *callError {
	said := message(resp, body)
	fault := &callError{text: said, result: "refused"}
	mark := func(kind error, result, hint string) {
		fault.kinds, fault.result = []error{kind}, result
		if hint != "" {
			fault.text += "; " + hint
		}
	}
	switch status := resp.StatusCode; {
	case status/100 == 3:
		fault.text += "; redirects are not followed, since they would take the credentials along; check ionos.url"
	case status == http.StatusUnauthorized:
		mark(actions.ErrAuth, "auth", "check ionos.token, or ionos.username and ionos.password")
	case status == http.StatusForbidden:
		mark(actions.ErrAuth, "auth", "check the rights of the login on the datacenter, and ionos.contract_number")
	case status == http.StatusNotFound:
		mark(actions.ErrGone, "gone", "")
	case status == http.StatusConflict, status == http.StatusLocked, status == http.StatusUnprocessableEntity && tellsBusy(said):
		mark(actions.ErrBusy, "busy", "")
	case status == http.StatusTooManyRequests:
		mark(actions.ErrThrottled, "throttled", "")
		fault.repeat = true
	case status >= 500:
		fault.result, fault.repeat = "server_error", mayRepeat(req)
		if isWrite(req) {
			mark(actions.ErrUnknown, "server_error", "")
		}
	}
	return fault
}

// tellsBusy reports whether a refusal is about a change under way and not about
// the request itself; the status 422 stands for both.
func tellsBusy(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{"busy", "locked", "pending", "in progress", "provisioning", "being processed"},
		func(sign string) bool { return strings.Contains(text, sign) })
}

// message is the status and what the body says of it, on one line: the cloud's
// messages where it speaks its own format, else only what kind of body it is.
func message(resp *http.Response, body []byte) string {
	status := fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	var e sdk.Error
	if json.Unmarshal(body, &e) == nil && e.Messages != nil && len(*e.Messages) > 0 {
		return status + ": " + outbound.Brief(joinMessages(*e.Messages))
	}
	if kind := resp.Header.Get("Content-Type"); len(body) > 0 && !strings.Contains(kind, "json") {
		return fmt.Sprintf("%s, with a body of type %q: not the API's own, but perhaps a proxy's", status, outbound.Brief(kind))
	}
	return status
}

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
