package scalelite

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// maxBody is the maximum size of an answer, in bytes. A list of 745 servers is 180 KB.
const maxBody = 8 << 20

// Client implements fleet.Balancer for one Scalelite. It is safe for concurrent use.
type Client struct {
	base string // up to and including "/scalelite/api/"
	host string // Host header, or ""
	// sign is a function because fmt would print the content of a field, and it holds
	// the secret.
	sign    func(action, rawQuery string) string
	http    *http.Client
	timeout time.Duration
	retry   outbound.Retry
	// writing allows one write at a time, because Scalelite answers concurrent writes
	// with errors (12 of 160 updates, measured with 1.8.5).
	writing chan struct{}
	metrics outbound.Metrics
	log     *slog.Logger
}

var _ fleet.Balancer = (*Client)(nil)

// New returns a client. c must be valid and have a URL, and the file that it names must
// have been read into Secret. New makes no calls. It returns an error if CAFile cannot
// be used.
func New(c Config, o outbound.Options) (*Client, error) {
	const root = "/scalelite/api"
	u, err := url.Parse(strings.TrimSuffix(strings.TrimSuffix(c.URL, "/"), root) + root + "/")
	if err != nil {
		return nil, errors.New("scalelite.url is not a URL")
	}
	transport, err := o.Connect(outbound.Connections{CAFile: c.CAFile})
	if err != nil {
		return nil, fmt.Errorf("scalelite: %w", err)
	}
	return &Client{
		base: u.String(), host: c.HostHeader,
		sign: func(action, rawQuery string) string { return c.Checksum.Sign(action, rawQuery, c.Secret) },
		http: outbound.NewClient(transport), timeout: c.RequestTimeout,
		retry:   outbound.Retry{Attempts: c.MaxAttempts, Backoff: outbound.Backoff{Base: 200 * time.Millisecond, Max: 5 * time.Second}},
		writing: make(chan struct{}, 1),
		metrics: outbound.NewMetrics(o.Registerer, "balancer"), log: o.Logger(),
	}, nil
}

// Servers implements fleet.Balancer with one call of getServers.
func (c *Client) Servers(ctx context.Context) ([]fleet.BalancerServer, error) {
	body, fault := c.do(ctx, call{action: "getServers"})
	if fault != nil && errors.Is(fault, errNoServers) {
		return nil, nil
	}
	if fault != nil {
		return nil, fmt.Errorf("listing the servers of Scalelite: %w", fault)
	}
	servers, err := decodeServers(body)
	if err != nil {
		return nil, fmt.Errorf("listing the servers of Scalelite: %w", err)
	}
	return servers, nil
}

// Server implements fleet.Balancer with one call of getServerInfo.
func (c *Client) Server(ctx context.Context, id string) (fleet.BalancerServer, error) {
	body, fault := c.do(ctx, call{action: "getServerInfo", query: "id=" + url.QueryEscape(id)})
	if fault != nil {
		return fleet.BalancerServer{}, fmt.Errorf("reading server %s of Scalelite: %w", id, fault)
	}
	s, err := decodeServer(body)
	if err != nil {
		return fleet.BalancerServer{}, fmt.Errorf("reading server %s of Scalelite: %w", id, err)
	}
	return s, nil
}

// SetState implements fleet.Balancer with one call of updateServer. It returns an error
// if Scalelite's answer does not show the new state.
func (c *Client) SetState(ctx context.Context, id string, to fleet.BalancerState) error {
	verb, ok := verbs()[to]
	if !ok {
		return fmt.Errorf("setting server %s of Scalelite to %q: must be %s, %s or %s", id, string(to), fleet.Enabled, fleet.Cordoned, fleet.Disabled)
	}
	body, fault := c.do(ctx, call{action: "updateServer", body: updateBody(id, verb)})
	if fault != nil {
		return fmt.Errorf("setting server %s of Scalelite to %s: %w", id, to, fault)
	}
	s, err := decodeServer(body)
	if err != nil {
		return fmt.Errorf("setting server %s of Scalelite to %s: %w: %w", id, to, fleet.ErrUnknown, err)
	}
	if s.State != to {
		return fmt.Errorf("setting server %s of Scalelite to %s: it answers %q", id, to, string(s.State))
	}
	return nil
}

// verbs returns the names of the states in a call of updateServer.
func verbs() map[fleet.BalancerState]string {
	return map[fleet.BalancerState]string{fleet.Enabled: "enable", fleet.Cordoned: "cordon", fleet.Disabled: "disable"}
}

// updateBody returns the body of a call of updateServer.
func updateBody(id, verb string) []byte {
	type server struct {
		State string `json:"state"`
	}
	body, _ := json.Marshal(struct { // cannot fail: two strings
		ID     string `json:"id"`
		Server server `json:"server"`
	}{id, server{verb}})
	return body
}

// call is one call of the API. A call with a body is a write.
type call struct {
	action string
	query  string // raw, without the checksum
	body   []byte
}

// do makes a call and returns the body of the answer. It repeats attempts that may
// succeed later; this includes writes, since each sets an absolute state.
func (c *Client) do(ctx context.Context, call call) (body []byte, fault *outbound.Fault) {
	fault = c.retry.Do(ctx, func() (fault *outbound.Fault) {
		body, fault = c.attempt(ctx, call)
		return fault
	}, func(fault *outbound.Fault) {
		c.log.Debug("repeating a call to the balancer", "method", call.action, "attempt", fault.Attempts, "error", fault.Text)
	})
	return body, fault
}

// attempt waits for its turn, calls the check of a write, and sends the call once.
func (c *Client) attempt(ctx context.Context, call call) ([]byte, *outbound.Fault) {
	if call.body != nil {
		select {
		case c.writing <- struct{}{}:
			defer func() { <-c.writing }()
		case <-ctx.Done():
			return nil, outbound.NotSent(ctx.Err())
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, outbound.NotSent(err)
	}
	if call.body != nil {
		if fault := outbound.Check(ctx); fault != nil {
			return nil, fault
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	start := time.Now()
	body, fault := c.exchange(ctx, call)
	c.metrics.Observe(call.action, outbound.OutcomeOf(fault), start)
	return body, fault
}

// exchange sends the call once and returns the body of a successful answer.
func (c *Client) exchange(ctx context.Context, call call) ([]byte, *outbound.Fault) {
	req, err := c.request(ctx, call)
	if err != nil {
		return nil, outbound.NotSent(err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, outbound.NoAnswer(req, err, true, "scalelite.ca_file")
	}
	body, err := outbound.ReadBody(resp, maxBody)
	if err != nil {
		return nil, outbound.NoAnswer(req, err, true, "scalelite.ca_file")
	}
	return body, judge(call, req.Host, resp, body)
}

// request returns the signed HTTP request of a call.
func (c *Client) request(ctx context.Context, call call) (*http.Request, error) {
	query := "checksum=" + c.sign(call.action, call.query)
	if call.query != "" {
		query = call.query + "&" + query
	}
	method, content := http.MethodGet, io.Reader(nil)
	if call.body != nil {
		method, content = http.MethodPost, bytes.NewReader(call.body)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+call.action+"?"+query, content)
	if err != nil {
		return nil, errors.New("scalelite.url makes no valid request") // err would show the checksum
	}
	if c.host != "" {
		req.Host = c.host
	}
	req.Header.Set("Accept", "application/json")
	if call.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}
