package receiver

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"path"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/receiver/verdict"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// maxRequest limits the body of a request to the API, in bytes.
const maxRequest = 64 << 10

func (s *server) alerts(c echo.Context) error {
	return c.JSON(http.StatusOK, list(s.Scaler.Alerts()))
}

func (s *server) fleet(c echo.Context) error {
	situation := s.situation()
	st := api.Fleet{Status: situation.Status, Verdict: verdict.Of(situation), Now: situation.Now}
	st.Brakes, st.Limits, st.Blocked, st.Pauses = list(st.Brakes), list(st.Limits), list(st.Blocked), list(st.Pauses)
	st.Sources, st.Servers, st.Unjoined = list(st.Sources), list(st.Servers), list(st.Unjoined)
	return c.JSON(http.StatusOK, st)
}

// failuresWithin is how many entries of the journal are searched for steps that
// fail.
const failuresWithin = 200

// situation returns what the verdict is made from, as of now.
func (s *server) situation() verdict.Situation {
	now := verdict.Situation{Status: s.Scaler.Status(), Alerts: s.Scaler.Alerts(), Asks: s.Asks(), Now: s.Now()}
	// An alert that always fires is no news.
	now.Alerts = slices.DeleteFunc(slices.Clone(now.Alerts), func(a fleet.Alert) bool { return now.Asks[a.Name].Ask == rules.AskRemember })
	var err error
	if now.Journal, err = s.Scaler.Journal(failuresWithin, ""); err != nil {
		now.JournalError = err.Error()
	}
	return now
}

func (s *server) journal(c echo.Context) error {
	limit := api.DefaultJournal
	if text := c.QueryParam(api.QueryLimit); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > api.MaxJournal {
			return fail(http.StatusBadRequest, "limit: %q is not a number from 1 to %d", text, api.MaxJournal)
		}
	}
	entries, err := s.Scaler.Journal(limit, c.QueryParam(api.QueryServer))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, list(entries))
}

// list returns items, or an empty list for nil, which JSON encodes as [] instead
// of null.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

func (s *server) pause(c echo.Context) error {
	var request api.PauseRequest
	if err := s.decodeRequest(c, &request); err != nil {
		return err
	}
	p, err := pauseOf(request, s.Now())
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

// pauseOf returns the pause that a request describes, beginning now.
func pauseOf(r api.PauseRequest, now time.Time) (fleet.Pause, error) {
	if r.For != "" {
		d, err := time.ParseDuration(r.For)
		if err != nil || d <= 0 {
			return fleet.Pause{}, fail(http.StatusBadRequest, "for: %q is not a duration above 0 such as 2h", r.For)
		}
		if !r.Until.IsZero() {
			return fleet.Pause{}, fail(http.StatusBadRequest, "for: give either for or until, not both")
		}
		r.Until = now.Add(d)
	}
	switch _, err := path.Match(r.Server, ""); {
	case err != nil:
		return fleet.Pause{}, fail(http.StatusBadRequest, "server: %q is not a name or a pattern such as bbb-1*", r.Server)
	case r.Reason == "":
		return fleet.Pause{}, fail(http.StatusBadRequest, "reason: missing; give the reason of the pause")
	case !r.Until.After(now):
		return fleet.Pause{}, fail(http.StatusBadRequest, "until: a pause needs an end in the future; give for or until")
	}
	return fleet.Pause{
		Server: r.Server, ScaleInOnly: r.ScaleInOnly, Reason: r.Reason, By: r.By, From: now, Until: r.Until,
	}, nil
}

// resume ends the pause whose id is in the path, or all pauses without an id.
func (s *server) resume(c echo.Context) error {
	id := c.Param("id")
	if err := s.Scaler.Resume(id); err != nil {
		return err
	}
	s.Log.Info("resumed", "pause", cmp.Or(id, "all"), "by", caller(c.Request()))
	return c.NoContent(http.StatusNoContent)
}

func (s *server) release(c echo.Context) error {
	var request api.ReleaseRequest
	if err := s.decodeRequest(c, &request); err != nil {
		return err
	}
	if request.Server == "" {
		return fail(http.StatusBadRequest, "server: missing; give its name or id")
	}
	if now := s.stateOf(request.Server); request.State != "" && now != request.State {
		return fail(http.StatusConflict, "server %s is %s now, not %s any more: nothing was changed", request.Server, cmp.Or(string(now), "not in the fleet"), request.State)
	}
	if err := s.Scaler.Release(request.Server); err != nil {
		return err
	}
	s.Log.Info("released", "server", request.Server, "by", caller(c.Request()))
	return c.NoContent(http.StatusNoContent)
}

// stateOf returns the state of the server with an id or name, "" if there is none.
func (s *server) stateOf(server string) fleet.State {
	for _, known := range s.Scaler.Status().Servers {
		if known.ID == server || known.Name == server {
			return known.State
		}
	}
	return ""
}

// decodeRequest decodes the JSON body of a request into request. Unknown fields
// are errors.
func (s *server) decodeRequest(c echo.Context, request any) error {
	body, err := s.body(c, maxRequest)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(request); err != nil {
		return fail(http.StatusBadRequest, "request: %v", explain(err))
	}
	return nil
}
