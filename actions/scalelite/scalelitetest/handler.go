// Package scalelitetest serves the balancer of a sim.World as Scalelite 1.8.5
// serves its API: the same paths, checksums, states, and the same three shapes
// of error. Of what it does for learning platforms it serves create and end:
// it places a meeting by the world's rules and passes the call on, over HTTP, to
// the server's own API.
package scalelitetest

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
)

// BasePath is where Scalelite has its API.
const BasePath = "/scalelite/api/"

// Config tells what to serve, and to whom.
type Config struct {
	World  *sim.World
	Secret fleet.Secret // LOADBALANCER_SECRET
	// Host is URL_HOST: requests for another host are answered with 403. Empty
	// lets every host pass.
	Host string
	// Algorithms are the checksums that are allowed
	// (LOADBALANCER_CHECKSUM_ALGORITHM); nil allows SHA1, SHA256 and SHA512.
	Algorithms []string
	// Before15 answers as versions before 1.5.1, which have no such API.
	Before15 bool
}

type api struct {
	Config
	placed placed
}

// call is one of the API's actions; body holds its JSON parameters.
type call struct {
	method string
	serve  func(a *api, rw http.ResponseWriter, r *http.Request, p params)
}

var calls = map[string]call{
	"getServers":    {http.MethodGet, (*api).servers},
	"getServerInfo": {http.MethodGet, (*api).server},
	"addServer":     {http.MethodPost, (*api).add},
	"updateServer":  {http.MethodPost, (*api).update},
	"deleteServer":  {http.MethodPost, (*api).remove},
	"panicServer":   {http.MethodPost, (*api).panicServer},
}

// New returns the API as a handler, to be mounted at the root of a listener.
func New(cfg Config) http.Handler { return &api{Config: cfg} }

// ServeHTTP answers one request in Scalelite's order: host, route, content
// type, checksum, then the action itself.
func (a *api) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if a.Host != "" && hostOnly(r.Host) != a.Host {
		http.Error(rw, "Blocked hosts: "+r.Host, http.StatusForbidden)
		return
	}
	if action, ok := strings.CutPrefix(r.URL.Path, MeetingsPath); ok {
		a.forward(rw, r, action)
		return
	}
	action, ok := strings.CutPrefix(r.URL.Path, BasePath)
	c := calls[action]
	if !ok || a.Before15 || c.method != r.Method {
		failed(rw, "unsupportedRequest", "This request is not supported.")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, 1<<20))
	if err != nil {
		a.unhandled(rw, r)
		return
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); len(body) > 0 && kind != "application/json" {
		failed(rw, "unsupportedContentType", "POST request Content-Type is missing or unsupported")
		return
	}
	if !simhttp.Checks(r, action, a.Secret, a.Algorithms) {
		failed(rw, "checksumError", "You did not pass the checksum security check")
		return
	}
	p := params{ID: r.URL.Query().Get("id")}
	if len(body) > 0 && json.Unmarshal(body, &p) != nil {
		http.Error(rw, "", http.StatusBadRequest)
		return
	}
	c.serve(a, rw, r, p)
}

func hostOnly(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return hostport
}

// failed answers in the shape of BigBlueButton's API: 200 and XML.
func failed(rw http.ResponseWriter, key, message string) {
	rw.Header().Set("Content-Type", "application/xml; charset=utf-8")
	io.WriteString(rw, xml.Header)
	_ = xml.NewEncoder(rw).Encode(struct {
		XMLName    xml.Name `xml:"response"`
		Returncode string   `xml:"returncode"`
		MessageKey string   `xml:"messageKey"`
		Message    string   `xml:"message"`
	}{Returncode: "FAILED", MessageKey: key, Message: message})
}

// unhandled answers as Rails does for an exception: an empty page, or JSON for
// those who accept it.
func (a *api) unhandled(rw http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.Header.Get("Accept"), "json") {
		reply(rw, http.StatusInternalServerError, map[string]any{"status": 500, "error": "Internal Server Error"})
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(http.StatusInternalServerError)
}

func reply(rw http.ResponseWriter, status int, v any) {
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(v) // the client went away
}

// refuse answers with what the world's balancer refused.
func (a *api) refuse(rw http.ResponseWriter, r *http.Request, err error) {
	e, _ := errors.AsType[*sim.BalancerError](err)
	switch {
	case e != nil && e.Hangs:
		<-r.Context().Done()
	case e != nil && e.Status == 0:
		simhttp.HangUp(rw)
	case e == nil || e.Status >= 500:
		a.unhandled(rw, r)
	default:
		reply(rw, e.Status, map[string]string{"error": e.Message})
	}
}
