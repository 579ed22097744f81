package bbb

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// maxBody is the largest accepted answer, in bytes. An answer lists every attendee
// of every meeting, which is about 0.5 MB for 1,000 people.
const maxBody = 8 << 20

// Client implements fleet.Meetings for all servers. It is safe for concurrent
// use.
type Client struct {
	http     *http.Client
	checksum outbound.Checksum
	timeout  time.Duration
	metrics  outbound.Metrics
}

var _ fleet.Meetings = (*Client)(nil)

// New returns a client. c must be valid. New makes no calls. It returns an error if
// CAFile cannot be used.
func New(c Config, o outbound.Options) (*Client, error) {
	transport, err := o.Connect(outbound.Connections{CAFile: c.CAFile, InsecureSkipVerify: c.InsecureSkipVerify})
	if err != nil {
		return nil, fmt.Errorf("bbb: %w", err)
	}
	return &Client{
		http: outbound.NewClient(transport), checksum: c.Checksum, timeout: c.RequestTimeout,
		metrics: outbound.NewMetrics(o.Registerer, "bbb"),
	}, nil
}

// Meetings implements fleet.Meetings with one call of getMeetings. The call is
// not repeated after an error: the caller asks again in the next cycle and treats
// the number of meetings as unknown until then.
func (c *Client) Meetings(ctx context.Context, s fleet.BalancerServer) (fleet.MeetingCount, error) {
	host, err := hostOf(s.URL)
	if err != nil {
		return fleet.MeetingCount{}, fmt.Errorf("asking server %s for its meetings: %w", s.ID, err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	start := time.Now()
	count, fault := c.ask(ctx, s)
	c.metrics.Observe("getMeetings", outbound.OutcomeOf(fault), start)
	if fault != nil {
		return fleet.MeetingCount{}, fmt.Errorf("asking %s for its meetings: %w", host, fault)
	}
	return count, nil
}

// ask calls getMeetings of a server once.
func (c *Client) ask(ctx context.Context, s fleet.BalancerServer) (fleet.MeetingCount, *outbound.Fault) {
	const call, caKey = "getMeetings", "bbb.ca_file"
	address := strings.TrimSuffix(s.URL, "/") + "/" + call + "?checksum=" + c.checksum.Sign(call, "", s.Secret)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fleet.MeetingCount{}, refused("the URL in Scalelite is invalid") // err would show the signature
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fleet.MeetingCount{}, outbound.NoAnswer(req, err, false, caKey)
	}
	body, err := outbound.ReadBody(resp, maxBody)
	if err != nil {
		return fleet.MeetingCount{}, outbound.NoAnswer(req, err, false, caKey)
	}
	if resp.StatusCode != http.StatusOK {
		return fleet.MeetingCount{}, refused(fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode)))
	}
	return count(body)
}

// refused returns the fault of a refusal.
func refused(text string) *outbound.Fault { return &outbound.Fault{Text: text, Outcome: "refused"} }

// hostOf returns the host of a server's URL in Scalelite, or an error if the URL is not
// that of an API.
func hostOf(address string) (string, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return "", errors.New("the URL in Scalelite must be like https://host/bigbluebutton/api")
	case u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("the URL in Scalelite must not have a query or a fragment")
	}
	return u.Host, nil
}
