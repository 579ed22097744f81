package ionos

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"path"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// maxBody is the maximum size of an answer, in bytes. A list of 1,000 servers at depth
// 3 is about 5 MB.
const maxBody = 32 << 20

// policy is the http.RoundTripper under the SDK. It returns a successful answer whose
// body is already read, or an *outbound.Fault. GET, and PATCH with its absolute values,
// are repeated after server and network errors. POST is only repeated if the cloud has
// definitely not carried it out: after a refusal because of the rate limit, or if no
// connection was opened.
type policy struct {
	base http.RoundTripper
	// authorize adds the credentials. It is a function because fmt would print the
	// content of a field.
	authorize func(http.Header)
	contract  string
	timeout   time.Duration // of one attempt
	retry     outbound.Retry
	lanes     *lanes
	pace      *pace
	metrics   outbound.Metrics
	log       *slog.Logger
}

// RoundTrip implements http.RoundTripper. It repeats failed attempts.
func (p *policy) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	var resp *http.Response
	fault := p.retry.Do(req.Context(), func() (fault *outbound.Fault) {
		resp, fault = p.attempt(req)
		return fault
	}, func(fault *outbound.Fault) {
		p.log.Debug("repeating a call to the cloud", "method", operation(req), "attempt", fault.Attempts, "error", fault.Text)
	})
	if fault != nil {
		return nil, fault
	}
	return resp, nil
}

// attempt waits for its turn, calls the check of a write, and sends the request once.
func (p *policy) attempt(req *http.Request) (*http.Response, *outbound.Fault) {
	end, err := p.turn(req)
	if err != nil {
		return nil, outbound.NotSent(err)
	}
	defer end()
	ctx := context.WithValue(req.Context(), turnKey{}, p)
	if req.Method != http.MethodGet {
		if fault := outbound.Check(ctx); fault != nil {
			return nil, fault
		}
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	start := time.Now()
	resp, body, err := p.exchange(req, ctx)
	if resp != nil {
		p.pace.observe(resp)
	}
	fault := judge(req, resp, body, err)
	p.metrics.Observe(operation(req), outbound.OutcomeOf(fault), start)
	if fault != nil {
		return nil, fault
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// turnKey is the context key of a call that has its turn. The value is its policy.
type turnKey struct{}

// turn waits until a call may be made. The caller must call end. The check of a write
// makes its calls within the turn of the write. These wait only for the rate limit:
// they would deadlock if they waited for a turn of their own.
func (p *policy) turn(req *http.Request) (end func(), err error) {
	if req.Context().Value(turnKey{}) == p {
		return func() {}, p.pace.wait(req.Context())
	}
	leave, err := p.lanes.enter(req)
	if err != nil {
		return nil, err
	}
	release, err := p.pace.acquire(req.Context())
	if err != nil {
		leave()
		return nil, err
	}
	return func() { release(); leave() }, nil
}

// exchange sends the request once and reads the whole answer.
func (p *policy) exchange(req *http.Request, ctx context.Context) (*http.Response, []byte, error) {
	out, err := p.outgoing(req, ctx)
	if err != nil {
		return nil, nil, err
	}
	resp, err := p.base.RoundTrip(out)
	if err != nil {
		return nil, nil, err
	}
	body, err := outbound.ReadBody(resp, maxBody)
	return resp, body, err
}

// outgoing returns a copy of the SDK's request with credentials, and without what the
// SDK adds: closing the connection, and a contract number from the environment.
func (p *policy) outgoing(req *http.Request, ctx context.Context) (*http.Request, error) {
	out := req.Clone(ctx)
	out.Close = false
	p.authorize(out.Header)
	out.Header.Del("X-Contract-Number")
	if p.contract != "" {
		out.Header.Set("X-Contract-Number", p.contract)
	}
	if req.GetBody == nil {
		return out, nil
	}
	body, err := req.GetBody()
	out.Body = body
	return out, err
}

// operation returns the value of the metrics' label method for a request.
func operation(req *http.Request) string {
	last := path.Base(req.URL.Path)
	switch {
	case req.Method == http.MethodPatch:
		return "resize"
	case req.Method == http.MethodPost: // start, stop
		return last
	case last == "status":
		return "request"
	case last == "contracts":
		return "contract"
	case last == "servers":
		return "list"
	}
	return "server"
}

// mayRepeat reports whether a request may be sent again if it may already have been
// carried out.
func mayRepeat(req *http.Request) bool { return req.Method != http.MethodPost }
