package alertmanager

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// maxBody is the maximum size of an answer, in bytes. Ten alerts for each of 1,000
// servers are 10 MB.
const maxBody = 32 << 20

// transport is the http.RoundTripper under Alertmanager's client. It adds the
// credentials, limits the size of the answer, and turns every answer other than a
// success into an *outbound.Fault.
type transport struct {
	base http.RoundTripper
	// authorize adds the credentials. It is a function because fmt would print the
	// content of a field.
	authorize func(*http.Request)
	metrics   outbound.Metrics
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	start := time.Now()
	resp, fault := t.exchange(req)
	t.metrics.Observe(operation(req), outbound.OutcomeOf(fault), start)
	if fault != nil {
		return nil, fault
	}
	return resp, nil
}

// operation returns the name of the call, for the API's calls that in Alertmanager's
// description of it.
func operation(req *http.Request) string {
	switch path.Base(req.URL.Path) {
	case "status":
		return "getStatus"
	case "metrics":
		return "metrics"
	}
	return "getAlertGroups"
}

// exchange sends the request once and reads the whole answer.
func (t *transport) exchange(req *http.Request) (*http.Response, *outbound.Fault) {
	const caKey = "alertmanager.ca_file"
	out := req.Clone(req.Context())
	t.authorize(out)
	resp, err := t.base.RoundTrip(out)
	if err != nil {
		return nil, outbound.NoAnswer(req, err, false, caKey)
	}
	body, err := outbound.ReadBody(resp, maxBody)
	if err != nil {
		return nil, outbound.NoAnswer(req, err, false, caKey)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, refusal(resp.StatusCode, body)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// refusal returns the fault of an answer with another status than 200. It matches none
// of the sentinels of package fleet, which are for the cloud and the balancer.
func refusal(status int, body []byte) *outbound.Fault {
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	var kinds []error
	switch {
	case status/100 == 3:
		text += "; redirects are not followed; check alertmanager.urls (http or https? the path?)"
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		text += "; check alertmanager.username and password, or bearer_token"
		kinds = []error{outbound.ErrLogin}
	case status == http.StatusNotFound:
		text += "; check alertmanager.urls, and that Alertmanager is at least 0.17, the first with this API"
	case status == http.StatusBadRequest:
		text += ": " + outbound.Brief(string(body)) + "; check alertmanager.filter and receiver"
	}
	return &outbound.Fault{Text: text, Kinds: kinds, Outcome: "refused"}
}
