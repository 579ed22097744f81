package ionos

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

// wire is a cloud within the process. answer returns the answer to call n (from 0);
// the requests are kept.
type wire struct {
	answer func(n int, req *http.Request) (*http.Response, error)

	mu    sync.Mutex
	calls []call
}

type call struct {
	at     time.Time
	method string
	uri    string
	body   string
	header http.Header
	close  bool
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		req.Body.Close()
	}
	w.mu.Lock()
	n := len(w.calls)
	w.calls = append(w.calls, call{time.Now(), req.Method, req.URL.RequestURI(), string(body), req.Header.Clone(), req.Close})
	w.mu.Unlock()
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return w.answer(n, req)
}

// reply returns an answer with headers given as name, value, name, value.
func reply(status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}
}

// always returns the same answer for every call.
func always(status int, body string, headers ...string) *wire {
	return &wire{answer: func(int, *http.Request) (*http.Response, error) { return reply(status, body, headers...), nil }}
}

// script returns the given answers in order, and then the last one for every call.
func script(answers ...func() (*http.Response, error)) *wire {
	return &wire{answer: func(n int, _ *http.Request) (*http.Response, error) { return answers[min(n, len(answers)-1)]() }}
}

func says(status int, body string, headers ...string) func() (*http.Response, error) {
	return func() (*http.Response, error) { return reply(status, body, headers...), nil }
}

func breaks(err error) func() (*http.Response, error) {
	return func() (*http.Response, error) { return nil, err }
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

// operations are all methods of fleet.Cloud, by name.
func operations() map[string]func(context.Context, *Client) error {
	ref := fleet.ServerRef{Datacenter: "d1", ID: "s1"}
	return map[string]func(context.Context, *Client) error{
		"list":   func(ctx context.Context, c *Client) error { _, err := c.Servers(ctx, "d1"); return err },
		"server": func(ctx context.Context, c *Client) error { _, err := c.Server(ctx, ref); return err },
		"start":  func(ctx context.Context, c *Client) error { _, err := c.Start(ctx, ref); return err },
		"stop":   func(ctx context.Context, c *Client) error { _, err := c.Stop(ctx, ref); return err },
		"resize": func(ctx context.Context, c *Client) error {
			_, err := c.Resize(ctx, ref, fleet.Size{Cores: 6, RAM: 10240})
			return err
		},
		"request":  func(ctx context.Context, c *Client) error { _, err := c.Request(ctx, "r1"); return err },
		"contract": func(ctx context.Context, c *Client) error { _, err := c.Contract(ctx); return err },
	}
}
