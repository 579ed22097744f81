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

// maxBody bounds an answer. A thousand servers at depth 3 are about 5 MB.
const maxBody = 32 << 20

// policy is the http.RoundTripper under the SDK. It answers with a success
// whose body is already read, or with a *outbound.Fault. GET and PATCH, which set
// absolute values, are repeated after server and network errors; POST only
// where the cloud surely did nothing: when the rate limit refused it, or no
// connection came about.
type policy struct {
	base http.RoundTripper
	// authorize adds the login. It is a function since fmt shows what fields hold.
	authorize func(http.Header)
	contract  string
	timeout   time.Duration // of one attempt
	retry     outbound.Retry
	lanes     *lanes
	pace      *pace
	metrics   outbound.Metrics
	log       *slog.Logger
}

// RoundTrip implements http.RoundTripper.
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

// attempt makes one call, when it is its turn and its check lets it.
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

// turnKey is the context key of a call that has its turn; the value is its policy.
type turnKey struct{}

// turn waits until a call may be made. The caller must call end. The calls that
// the check of a write makes belong to the turn of the write, which would wait for
// them without end; of them only the rate is limited.
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

// exchange sends the request as our own, and reads the whole answer.
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

// outgoing copies the SDK's request without what the SDK adds unasked: the end
// of the connection, and a contract number out of the environment.
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

// operation names the call for the metrics.
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

// mayRepeat reports whether a request may be sent again although it may have
// been carried out.
func mayRepeat(req *http.Request) bool { return req.Method != http.MethodPost }
