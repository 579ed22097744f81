package receiver

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"path"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

const (
	maxRequest     = 64 << 10 // bytes of a request to the API
	defaultJournal = 100      // entries
	maxJournal     = 10_000
)

func (s *server) alerts(c echo.Context) error {
	return c.JSON(http.StatusOK, list(s.Scaler.Alerts()))
}

func (s *server) fleet(c echo.Context) error {
	st := s.Scaler.Status()
	st.Brakes, st.Limits, st.Blocked, st.Pauses = list(st.Brakes), list(st.Limits), list(st.Blocked), list(st.Pauses)
	st.Sources, st.Servers, st.Unjoined = list(st.Sources), list(st.Servers), list(st.Unjoined)
	return c.JSON(http.StatusOK, st)
}

func (s *server) journal(c echo.Context) error {
	limit := defaultJournal
	if text := c.QueryParam("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxJournal {
			return fail(http.StatusBadRequest, "limit: %q is not a number from 1 to %d", text, maxJournal)
		}
	}
	entries, err := s.Scaler.Journal(limit, c.QueryParam("server"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, list(entries))
}

// list encodes as [] when there is nothing.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// PauseRequest asks for a pause, with an end given in one of two ways.
type PauseRequest struct {
	Server      string    `json:"server,omitempty"` // name pattern (path.Match); empty: the whole fleet
	ScaleInOnly bool      `json:"scale_in_only,omitempty"`
	Reason      string    `json:"reason"`
	By          string    `json:"by,omitempty"`  // a login's name wins
	For         string    `json:"for,omitempty"` // a duration such as 2h
	Until       time.Time `json:"until,omitzero"`
}

func (s *server) pause(c echo.Context) error {
	var ask PauseRequest
	if err := s.request(c, &ask); err != nil {
		return err
	}
	p, err := ask.pause(s.Now())
	if err != nil {
		return err
	}
	p.By = cmp.Or(caller(c.Request()), p.By)
	if p, err = s.Scaler.Pause(p); err != nil {
		return err
	}
	s.Log.Info("paused", "pause", p.ID, "server", p.Server, "scale_in_only", p.ScaleInOnly, "reason", p.Reason, "by", p.By, "until", p.Until)
	return c.JSON(http.StatusCreated, p)
}

func (ask PauseRequest) pause(now time.Time) (fleet.Pause, error) {
	if ask.For != "" {
		d, err := time.ParseDuration(ask.For)
		if err != nil || d <= 0 || !ask.Until.IsZero() {
			return fleet.Pause{}, fail(http.StatusBadRequest, "for: %q is not a duration such as 2h, or is given beside until", ask.For)
		}
		ask.Until = now.Add(d)
	}
	switch _, err := path.Match(ask.Server, ""); {
	case err != nil:
		return fleet.Pause{}, fail(http.StatusBadRequest, "server: %q is not a name or a pattern such as bbb-1*", ask.Server)
	case ask.Reason == "":
		return fleet.Pause{}, fail(http.StatusBadRequest, "reason: missing; say why, for whoever reads it later")
	case !ask.Until.After(now):
		return fleet.Pause{}, fail(http.StatusBadRequest, "until: a pause needs an end in the future; give for or until")
	}
	return fleet.Pause{
		Server: ask.Server, ScaleInOnly: ask.ScaleInOnly, Reason: ask.Reason, By: ask.By, From: now, Until: ask.Until,
	}, nil
}

// resume ends the pause that the path names, or all.
func (s *server) resume(c echo.Context) error {
	id := c.Param("id")
	if err := s.Scaler.Resume(id); err != nil {
		return err
	}
	s.Log.Info("resumed", "pause", cmp.Or(id, "all"), "by", caller(c.Request()))
	return c.NoContent(http.StatusNoContent)
}

// ReleaseRequest names a server to give back, by id or name.
type ReleaseRequest struct {
	Server string `json:"server"`
}

func (s *server) release(c echo.Context) error {
	var ask ReleaseRequest
	if err := s.request(c, &ask); err != nil {
		return err
	}
	if ask.Server == "" {
		return fail(http.StatusBadRequest, "server: missing; give its name or id")
	}
	if err := s.Scaler.Release(ask.Server); err != nil {
		return err
	}
	s.Log.Info("released", "server", ask.Server, "by", caller(c.Request()))
	return c.NoContent(http.StatusNoContent)
}

// request reads a request's body into ask, strictly.
func (s *server) request(c echo.Context, ask any) error {
	body, err := s.body(c, maxRequest)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(ask); err != nil {
		return fail(http.StatusBadRequest, "request: %v", explain(err))
	}
	return nil
}
