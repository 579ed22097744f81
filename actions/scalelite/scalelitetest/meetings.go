package scalelitetest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
)

// MeetingsPath is where Scalelite stands in for BigBlueButton.
const MeetingsPath = "/bigbluebutton/api/"

// placed remembers where meetings are.
type placed struct {
	mu sync.Mutex
	on map[string]string // member's id, by the meeting's
}

// forward answers create and end.
func (a *api) forward(rw http.ResponseWriter, r *http.Request, action string) {
	id := r.URL.Query().Get("meetingID")
	switch {
	case action != "create" && action != "end":
		failed(rw, "unsupportedRequest", "This request is not supported.")
	case !simhttp.Checks(r, action, a.Secret, a.Algorithms):
		failed(rw, "checksumError", "You did not pass the checksum security check")
	case id == "":
		failed(rw, "missingParamMeetingID", "You must specify a meeting ID for the meeting.")
	default:
		a.pass(rw, r, action, id)
	}
}

// pass calls the server that has the meeting, or is to have it.
func (a *api) pass(rw http.ResponseWriter, r *http.Request, action, id string) {
	m, err := a.serverOf(id, action == "create")
	refused, isRefused := errors.AsType[*sim.BalancerError](err)
	switch {
	case isRefused:
		a.refuse(rw, r, refused)
		return
	case errors.Is(err, sim.ErrNoServers):
		failed(rw, "noServersAvailable", "There are no servers available for the request.")
		return
	case err != nil:
		failed(rw, "notFound", "We could not find a meeting with that meeting ID - perhaps the meeting is not yet running?")
		return
	}
	if err := passOn(rw, r, m, action); err != nil {
		failed(rw, "internalError", "Unable to "+action+" meeting on server.")
	}
}

// serverOf finds the server of a meeting, and places one that is new. A meeting
// stays with its server, also when creating it there failed.
func (a *api) serverOf(id string, create bool) (sim.Member, error) {
	a.placed.mu.Lock()
	defer a.placed.mu.Unlock()
	if on, ok := a.placed.on[id]; ok {
		if m, err := a.World.Member(on); err == nil {
			return m, nil
		}
	}
	if !create {
		return sim.Member{}, fleet.ErrGone
	}
	m, err := a.World.Place()
	if err != nil {
		return m, err
	}
	if a.placed.on == nil {
		a.placed.on = map[string]string{}
	}
	a.placed.on[id] = m.ID
	return m, nil
}

// passOn repeats r's parameters to a server, signed with its secret, and copies
// the answer.
func passOn(rw http.ResponseWriter, r *http.Request, m sim.Member, action string) error {
	params := r.URL.Query()
	params.Del("checksum")
	query := params.Encode()
	sum := sha256.Sum256([]byte(action + query + m.Secret.Reveal()))
	address, err := url.Parse(strings.TrimRight(m.URL, "/") + "/" + action + "?" + query + "&checksum=" + hex.EncodeToString(sum[:]))
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", address.Host, resp.Status)
	}
	rw.Header().Set("Content-Type", "application/xml; charset=utf-8")
	_, err = io.Copy(rw, resp.Body)
	return err
}
