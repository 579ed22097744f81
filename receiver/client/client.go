package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
)

// Config holds the address of a daemon and the login.
type Config struct {
	// URL is the daemon's base address, such as http://localhost:9745. A path is
	// kept, for a daemon behind a reverse proxy.
	URL string
	// User and Password are a login of --web.config.file. If User is empty, no login
	// is sent.
	User     string
	Password fleet.Secret
	// Token is web.token, which permits changes. It is sent when User is empty.
	Token fleet.Secret
	// CAFile is a PEM file of the certificate authorities to trust instead of
	// the system's; "" trusts the system's.
	CAFile string
	// Timeout is the time limit of one call, including its response; 0 is 30 s.
	Timeout time.Duration
}

// maxResponse limits what is read of a response, in bytes.
const maxResponse = 64 << 20

// ErrUnreachable is returned when no daemon answered: nothing did, or something that
// is not bbb-scaler. An Error with a code of 500 or above matches it, too.
var ErrUnreachable = errors.New("the daemon does not answer")

// Client calls one daemon. It is safe for concurrent use.
type Client struct {
	cfg  Config
	http *http.Client
}

// New returns a client of the daemon at cfg.URL. It makes no call. It returns an
// error if the URL is invalid or the CAFile cannot be read.
func New(cfg Config) (*Client, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("URL of the daemon: %q is not an address such as http://localhost:9745", cfg.URL)
	}
	cfg.URL = strings.TrimRight(cfg.URL, "/")
	transport, err := outbound.Connections{CAFile: cfg.CAFile}.Transport()
	if err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, http: outbound.NewClient(transport)}
	c.http.Timeout = cmp.Or(cfg.Timeout, 30*time.Second)
	return c, nil
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// call sends a request and decodes the response. A nil request sends no body, a
// nil response ignores the body.
func (c *Client) call(ctx context.Context, method, path string, request, response any) error {
	what := method + " " + path
	r, err := c.request(ctx, method, path, request)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("%s: %w: %w; %s", what, ErrUnreachable, err, cmp.Or(outbound.CertificateHint(err, "--ca-file"), "is the daemon running there?"))
	}
	body, err := outbound.ReadBody(resp, maxResponse)
	if err != nil {
		return fmt.Errorf("%s: %w: reading the response: %w", what, ErrUnreachable, err)
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %w", what, refusal(resp, body))
	}
	if response == nil {
		return nil
	}
	if err := json.Unmarshal(body, response); err != nil {
		return fmt.Errorf("%s: %w: not a response of bbb-scaler: %w", what, ErrUnreachable, err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path string, request any) (*http.Request, error) {
	var body bytes.Buffer
	if request != nil {
		if err := json.NewEncoder(&body).Encode(request); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, c.cfg.URL+path, &body)
	if err != nil {
		return nil, err
	}
	if request != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	switch {
	case c.cfg.User != "":
		r.SetBasicAuth(c.cfg.User, c.cfg.Password.Reveal())
	case c.cfg.Token != "":
		r.Header.Set("Authorization", "Bearer "+c.cfg.Token.Reveal())
	}
	return r, nil
}

// Error is a response with a status code outside 200 to 299, from the daemon or
// from a proxy in front of it.
type Error struct {
	// Code is the HTTP status code.
	Code int
	// Text is the message of the daemon. For a response of a proxy, it is the status
	// and the beginning of the body.
	Text string
}

// Error returns Text.
func (e *Error) Error() string { return e.Text }

// Is reports whether target is ErrUnreachable and the daemon, or the proxy, could not
// serve the request.
func (e *Error) Is(target error) bool { return target == ErrUnreachable && e.Code >= 500 }

func refusal(resp *http.Response, body []byte) error {
	var said api.Error
	if err := json.Unmarshal(body, &said); err == nil && said.Error != "" {
		return &Error{Code: resp.StatusCode, Text: said.Error}
	}
	text := resp.Status
	if brief := outbound.Brief(string(body)); brief != "" {
		text += ": " + brief
	}
	return &Error{Code: resp.StatusCode, Text: text}
}
