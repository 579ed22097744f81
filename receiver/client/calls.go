package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
)

// Fleet returns the fleet as of the daemon's last cycle, and the verdict on it.
func (c *Client) Fleet(ctx context.Context) (api.Fleet, error) {
	var st api.Fleet
	err := c.call(ctx, http.MethodGet, api.PathFleet, nil, &st)
	return st, err
}

// Alerts returns the active alerts that the daemon knows, ordered by name,
// instance and fingerprint.
func (c *Client) Alerts(ctx context.Context) ([]fleet.Alert, error) {
	var alerts []fleet.Alert
	err := c.call(ctx, http.MethodGet, api.PathAlerts, nil, &alerts)
	return alerts, err
}

// JournalQuery selects journal entries.
type JournalQuery struct {
	// Server is the id or name of the only server to list; "" is all servers.
	Server string
	// Limit is the number of entries, up to api.MaxJournal; 0 is
	// api.DefaultJournal.
	Limit int
}

// Journal returns the newest entries of the journal, newest first.
func (c *Client) Journal(ctx context.Context, q JournalQuery) ([]fleet.Entry, error) {
	query := url.Values{}
	if q.Server != "" {
		query.Set(api.QueryServer, q.Server)
	}
	if q.Limit != 0 {
		query.Set(api.QueryLimit, strconv.Itoa(q.Limit))
	}
	path := api.PathJournal
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	var entries []fleet.Entry
	err := c.call(ctx, http.MethodGet, path, nil, &entries)
	return entries, err
}

// Pause adds a pause and returns it with its id. The pause is in force when
// Pause returns.
func (c *Client) Pause(ctx context.Context, request api.PauseRequest) (fleet.Pause, error) {
	var p fleet.Pause
	err := c.call(ctx, http.MethodPost, api.PathPauses, request, &p)
	return p, err
}

// Resume ends the pause with an id. An unknown id is an Error with code 404.
func (c *Client) Resume(ctx context.Context, id string) error {
	if id == "" {
		return errors.New("resume: the id of a pause is missing")
	}
	return c.call(ctx, http.MethodDelete, api.PathPauses+"/"+url.PathEscape(id), nil, nil)
}

// ResumeAll ends every pause.
func (c *Client) ResumeAll(ctx context.Context) error {
	return c.call(ctx, http.MethodDelete, api.PathPauses, nil, nil)
}

// Release returns a server, by id or name, or all whose names match a pattern, to
// the scaler's control after a person cordoned, disabled, stopped or resized them.
// An unknown server is an Error with code 404.
func (c *Client) Release(ctx context.Context, server string) error {
	return c.call(ctx, http.MethodPost, api.PathRelease, api.ReleaseRequest{Server: server}, nil)
}
