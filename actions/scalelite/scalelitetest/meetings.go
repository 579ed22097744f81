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

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
)

// MeetingsPath is where Scalelite stands in for BigBlueButton.
const MeetingsPath = "/bigbluebutton/api/"

// forward answers what concerns one meeting: create, end and join.
func (a *api) forward(rw http.ResponseWriter, r *http.Request, action string) {
	id := queryOf(r).Get("meetingID")
	switch {
	case action == "":
		replyXML(rw, response{Returncode: "SUCCESS", Version: "2.0"})
	case action != "create" && action != "end" && (action != "join" || r.Method != http.MethodGet):
		a.unsupported(rw, r)
	case !simhttp.Checks(r, action, a.Secret, a.Algorithms):
		failed(rw, "checksumError", "You did not pass the checksum security check")
	case id == "":
		failed(rw, "missingParamMeetingID", "You must specify a meeting ID for the meeting.")
	case action == "create":
		a.create(rw, r, id)
	case action == "end":
		a.end(rw, r, id)
	default:
		a.join(rw, r, id)
	}
}

// create asks the server that has the meeting, or is to have it. The server is
// told its own tag, not the one that was asked for.
func (a *api) create(rw http.ResponseWriter, r *http.Request, id string) {
	const tag = "meta_server-tag"
	query := queryOf(r)
	m, err := a.World.Assign(id, query.Get(tag))
	if err != nil {
		a.decline(rw, r, err, query.Get(tag))
		return
	}
	query.Del(tag)
	if m.Tag != "" {
		query.Set(tag, m.Tag)
	}
	if err := passOn(rw, r, address(m, "create", query)); err != nil {
		failed(rw, "internalError", "Unable to create meeting on server.")
	}
}

// end forgets the meeting, and then asks its server to end it.
func (a *api) end(rw http.ResponseWriter, r *http.Request, id string) {
	m, err := a.World.Release(id)
	if err != nil {
		a.decline(rw, r, err, "")
		return
	}
	if err := passOn(rw, r, address(m, "end", queryOf(r))); err != nil {
		failed(rw, "internalError", "Unable to access meeting on server.")
	}
}

// join sends a browser to the meeting's server.
func (a *api) join(rw http.ResponseWriter, r *http.Request, id string) {
	m, err := a.World.Admit(id)
	if err != nil {
		a.decline(rw, r, err, "")
		return
	}
	http.Redirect(rw, r, address(m, "join", queryOf(r)), http.StatusFound)
}

// decline answers with why there is no server for a meeting.
func (a *api) decline(rw http.ResponseWriter, r *http.Request, err error, tags string) {
	switch {
	case errors.Is(err, sim.ErrNoServers):
		failed(rw, "internalError", "Could not find any available servers.")
	case errors.Is(err, sim.ErrTagUnavailable):
		failed(rw, "serverTagUnavailable", "There is no available server with the required tag="+strings.TrimSuffix(tags, "!")+".")
	case errors.Is(err, sim.ErrUnavailable):
		failed(rw, "serverUnavailable", "The server for this meeting is disabled/offline.")
	case errors.Is(err, sim.ErrNoMeeting):
		failed(rw, "notFound", "We could not find a meeting with that meeting ID - perhaps the meeting is not yet running?")
	default:
		a.refuse(rw, r, err)
	}
}

// address is a call of a server's own API, signed with its secret.
func address(m sim.Member, action string, params url.Values) string {
	params.Del("checksum")
	query := params.Encode()
	sum := sha256.Sum256([]byte(action + query + m.Secret.Reveal()))
	return strings.TrimRight(m.URL, "/") + "/" + action + "?" + query + "&checksum=" + hex.EncodeToString(sum[:])
}

// passOn makes a call of a server, and copies the answer.
func passOn(rw http.ResponseWriter, r *http.Request, address string) error {
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answered %s", resp.Status)
	}
	rw.Header().Set("Content-Type", "application/xml; charset=utf-8")
	_, err = io.Copy(rw, resp.Body)
	return err
}
