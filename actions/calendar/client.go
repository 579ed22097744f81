package calendar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// Client implements fleet.Calendars. It is safe for concurrent use.
type Client struct {
	calendars map[string]source // by name
	metrics   outbound.Metrics
}

// source reads the text of one calendar.
type source func(ctx context.Context) ([]byte, *outbound.Fault)

// New returns a client. The calendars must be valid, and the files with their secrets
// must have been read. New makes no calls. It returns an error if a CAFile cannot be
// used.
func New(calendars []fleet.Calendar, o outbound.Options) (*Client, error) {
	c := &Client{calendars: map[string]source{}, metrics: outbound.NewMetrics(o.Registerer, "calendar")}
	var errs []error
	for _, calendar := range calendars {
		if calendar.File != "" {
			c.calendars[calendar.Name] = func(context.Context) ([]byte, *outbound.Fault) { return readFile(calendar.File) }
			continue
		}
		base, err := o.Connect(outbound.Connections{CAFile: calendar.CAFile, MaxPerHost: 2})
		if err != nil {
			errs = append(errs, fmt.Errorf("calendar %s: %w", calendar.Name, err))
			continue
		}
		http := outbound.NewClient(base)
		c.calendars[calendar.Name] = func(ctx context.Context) ([]byte, *outbound.Fault) { return get(ctx, http, calendar) }
	}
	return c, errors.Join(errs...)
}

// Read implements fleet.Calendars. The error does not contain the URL, which may be a
// secret.
func (c *Client) Read(ctx context.Context, name string, zone *time.Location, now time.Time) (fleet.Feed, error) {
	read, known := c.calendars[name]
	if !known {
		return fleet.Feed{}, fmt.Errorf("no calendar has the name %q", name)
	}
	start := time.Now()
	body, fault := read(ctx)
	c.metrics.Observe("get", outbound.OutcomeOf(fault), start)
	if fault != nil {
		return fleet.Feed{}, fault
	}
	content, err := Parse(ctx, body, zone, now)
	if err != nil {
		return fleet.Feed{}, err
	}
	return fleet.Feed{Name: name, ReadAt: now, Events: content.Events, Skipped: content.Skipped}, nil
}

// readFile reads a calendar from a file.
func readFile(path string) ([]byte, *outbound.Fault) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(err)
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, MaxBody+1))
	if err != nil {
		return nil, unreadable(err)
	}
	return body, nil // Parse refuses one that is too large
}

func unreadable(err error) *outbound.Fault {
	return &outbound.Fault{Text: outbound.Brief(err.Error()), Kinds: []error{err}, Outcome: "file"}
}

// get reads a calendar from its URL.
func get(ctx context.Context, client *http.Client, c fleet.Calendar) ([]byte, *outbound.Fault) {
	const caKey = "ca_file of the calendar"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL.Reveal(), nil)
	if err != nil {
		return nil, &outbound.Fault{Text: "its url is not a URL", Outcome: "network"}
	}
	req.Header.Set("User-Agent", "bbb-scaler")
	req.Header.Set("Accept", "text/calendar, */*;q=0.1")
	switch {
	case c.BearerToken != "":
		req.Header.Set("Authorization", "Bearer "+c.BearerToken.Reveal())
	case c.Username != "":
		req.SetBasicAuth(c.Username, c.Password.Reveal())
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, outbound.NoAnswer(req, err, false, caKey)
	}
	body, err := outbound.ReadBody(resp, MaxBody)
	if err != nil {
		return nil, outbound.NoAnswer(req, err, false, caKey)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, refusal(resp.StatusCode)
	}
	return body, nil
}

// refusal returns the fault of an answer with another status than 200.
func refusal(status int) *outbound.Fault {
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	var kinds []error
	switch {
	case status/100 == 3:
		text += "; redirects are not followed: set url to the address that it leads to"
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		text += "; check username and password, or bearer_token"
		kinds = []error{outbound.ErrLogin}
	case status == http.StatusNotFound || status == http.StatusGone:
		text += "; check url"
	}
	return &outbound.Fault{Text: text, Kinds: kinds, Outcome: "refused"}
}
