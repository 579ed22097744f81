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

// MeetingsPath is the path at which Scalelite serves BigBlueButton's API.
const MeetingsPath = "/bigbluebutton/api/"

// forward answers the calls create, end and join.
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

// create forwards the call to the server of the meeting, or to the server on which it
// is placed. The forwarded call has the tag of that server, not the requested tags.
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

// end deletes the record of the meeting, and then forwards the call to its server.
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

// join redirects a browser to the server of the meeting.
func (a *api) join(rw http.ResponseWriter, r *http.Request, id string) {
	m, err := a.World.Admit(id)
	if err != nil {
		a.decline(rw, r, err, "")
		return
	}
	http.Redirect(rw, r, address(m, "join", queryOf(r)), http.StatusFound)
}

// decline answers with the reason why there is no server for a meeting.
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

// address returns the URL of a call of a server's own API, signed with its secret.
func address(m sim.Member, action string, params url.Values) string {
	params.Del("checksum")
	query := params.Encode()
	sum := sha256.Sum256([]byte(action + query + m.Secret.Reveal()))
	return strings.TrimRight(m.URL, "/") + "/" + action + "?" + query + "&checksum=" + hex.EncodeToString(sum[:])
}

// passOn sends a call to a server, and copies the answer.
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
