package scalelite

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// wire is a Scalelite within the process. It answers call n (from 0) with a function of
// the test, and keeps the requests.
type wire struct {
	answer func(n int) (*http.Response, error)

	mu    sync.Mutex
	calls []sent
}

type sent struct {
	at                 time.Time
	method, host, path string
	query, body        string
	header             http.Header
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		req.Body.Close()
	}
	w.mu.Lock()
	n := len(w.calls)
	w.calls = append(w.calls, sent{time.Now(), req.Method, req.Host, req.URL.Path, req.URL.RawQuery, string(body), req.Header})
	w.mu.Unlock()
	return w.answer(n)
}

// answer returns one answer; kind is its Content-Type.
type answer struct {
	status     int
	kind, body string
	err        error
}

func (a answer) reply() (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	return &http.Response{StatusCode: a.status, Header: http.Header{"Content-Type": {a.kind}},
		Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: -1}, nil
}

// script returns the given answers in order, and then the last one for every call.
func script(answers ...answer) *wire {
	return &wire{answer: func(n int) (*http.Response, error) { return answers[min(n, len(answers)-1)].reply() }}
}

func inJSON(status int, body string) answer {
	return answer{status, "application/json; charset=utf-8", body, nil}
}

// inXML returns a refusal of Scalelite in XML, with status 200.
func inXML(key, message string) answer {
	return answer{200, "text/xml; charset=utf-8", `<?xml version="1.0"?>
<response>
  <returncode>FAILED</returncode>
  <messageKey>` + key + `</messageKey>
  <message>` + message + `</message>
</response>`, nil}
}

func client(t *testing.T, w http.RoundTripper, set ...func(*Config)) *Client {
	t.Helper()
	c := valid()
	for _, f := range set {
		f(&c)
	}
	got, err := New(c, outbound.Options{Transport: w})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// operations are all methods of fleet.Balancer, by the names of their API calls.
func operations() map[string]func(context.Context, *Client) error {
	return map[string]func(context.Context, *Client) error{
		"getServers":    func(ctx context.Context, c *Client) error { _, err := c.Servers(ctx); return err },
		"getServerInfo": func(ctx context.Context, c *Client) error { _, err := c.Server(ctx, "s1"); return err },
		"updateServer":  func(ctx context.Context, c *Client) error { return c.SetState(ctx, "s1", fleet.Cordoned) },
	}
}
