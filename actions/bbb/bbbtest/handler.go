// Package bbbtest serves the servers of a sim.World with BigBlueButton's API: create,
// end, getMeetings, getMeetingInfo and isMeetingRunning, in XML and with checksums.
//
// The handler closes the connection for a server that is off or still booting. A server
// with the fault "bbb hangs" never answers, one with "bbb fails" answers FAILED.
package bbbtest

import (
	"encoding/xml"
	"errors"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
)

// Config sets what is served.
type Config struct {
	World *sim.World
	// Identify returns the server that a request is for; default simhttp.ByLocalAddr.
	Identify simhttp.Identify
	// Clock converts simulated time into the times in answers; nil leaves them
	// unchanged. A balancer that is not simulated compares createTime with its own
	// clock.
	Clock func(time.Time) time.Time
}

type api struct{ Config }

// request is a call with its server and its checked parameters.
type request struct {
	*http.Request
	server sim.Reading
	action string
}

var calls = map[string]func(a *api, rw http.ResponseWriter, r request){
	"api":              (*api).index,
	"create":           (*api).create,
	"end":              (*api).end,
	"getMeetings":      (*api).meetings,
	"getMeetingInfo":   (*api).info,
	"isMeetingRunning": (*api).isRunning,
}

// New returns the API of all servers as one handler, to be mounted at the root
// of a listener. It answers on every path that ends in api/ and a call.
func New(cfg Config) http.Handler {
	if cfg.Identify == nil {
		cfg.Identify = simhttp.ByLocalAddr
	}
	if cfg.Clock == nil {
		cfg.Clock = func(t time.Time) time.Time { return t }
	}
	return &api{cfg}
}

// ServeHTTP answers one request.
func (a *api) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	server, err := a.World.Server(a.Identify(r))
	if err != nil {
		simhttp.HangUp(rw)
		return
	}
	action := path.Base(strings.TrimSuffix(r.URL.Path, "/"))
	call, ok := calls[action]
	switch {
	case a.refuses(rw, r, server):
	case !ok:
		failed(rw, "unsupportedRequest", "This request is not supported.")
	case action != "api" && !simhttp.Checks(r, action, server.Secret, nil):
		failed(rw, "checksumError", "Checksums do not match")
	default:
		call(a, rw, request{r, server, action})
	}
}

// refuses reports whether the server cannot answer, and if so, behaves accordingly: it
// hangs, fails, or closes the connection.
func (a *api) refuses(rw http.ResponseWriter, r *http.Request, server sim.Reading) bool {
	err := a.World.Reach(server.ID)
	switch {
	case err == nil:
		return false
	case errors.Is(err, sim.ErrHangs):
		<-r.Context().Done()
	case errors.Is(err, sim.ErrFailed):
		failed(rw, "internalError", "BigBlueButton cannot answer just now.")
	default:
		simhttp.HangUp(rw)
	}
	return true
}

// response is the envelope of every answer.
type response struct {
	XMLName    xml.Name `xml:"response"`
	Returncode string   `xml:"returncode"`
	Version    string   `xml:"version,omitempty"` // of the API
	BBBVersion string   `xml:"bbbVersion,omitempty"`
	MessageKey string   `xml:"messageKey,omitempty"`
	Message    string   `xml:"message,omitempty"`
	Running    *bool    `xml:"running,omitempty"`
	*meeting            // create, getMeetingInfo
	Meetings   *list    `xml:"meetings"`
}

func failed(rw http.ResponseWriter, key, message string) {
	write(rw, response{Returncode: "FAILED", MessageKey: key, Message: message})
}

func write(rw http.ResponseWriter, v response) {
	rw.Header().Set("Content-Type", "text/xml;charset=utf-8")
	_ = xml.NewEncoder(rw).Encode(v) // the client went away
}
