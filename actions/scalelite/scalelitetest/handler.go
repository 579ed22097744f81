// Package scalelitetest serves the balancer of a sim.World with the API of Scalelite
// 1.8.5: the same paths, checksums and states, and the same three formats of errors.
// For learning platforms it serves create, end and join: the sim.World places the
// meeting, and the call is forwarded over HTTP to the API of its server.
package scalelitetest

import (
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
)

// BasePath is the path of Scalelite's API.
const BasePath = "/scalelite/api/"

// Config sets what is served, and which requests are accepted.
type Config struct {
	World  *sim.World
	Secret fleet.Secret // LOADBALANCER_SECRET
	// Host is URL_HOST: requests for another host are answered with 403. Empty: all
	// hosts are accepted.
	Host string
	// Algorithms are the checksums that are allowed
	// (LOADBALANCER_CHECKSUM_ALGORITHM); nil allows SHA1, SHA256 and SHA512.
	Algorithms []string
	// Before15 answers as versions before 1.5.1 do, which do not have this API.
	Before15 bool
}

type api struct{ Config }

// call is one of the API's actions.
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
func New(cfg Config) http.Handler { return &api{cfg} }

// ServeHTTP answers one request in Scalelite's order: host, route, content
// type, JSON, checksum, then the action itself.
func (a *api) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	// Rails ignores slashes at the end of a path, and repeated slashes.
	path := "/" + strings.Join(strings.FieldsFunc(r.URL.Path, func(c rune) bool { return c == '/' }), "/")
	if a.Host != "" && !strings.EqualFold(hostOnly(r.Host), a.Host) && !strings.Contains(path, "health_check") {
		empty(rw, http.StatusForbidden)
		return
	}
	action, ours := strings.CutPrefix(path, BasePath)
	meeting, theirs := strings.CutPrefix(path+"/", MeetingsPath)
	switch {
	case path == "/" && r.Method == http.MethodPost:
		exception(rw, r, http.StatusUnprocessableEntity) // the health check refuses POST
	case path == "/" || path == "/health_check" && r.Method == http.MethodGet:
		io.WriteString(rw, "success")
	case theirs:
		a.forward(rw, r, strings.TrimSuffix(meeting, "/"))
	case ours && !a.Before15:
		a.route(rw, r, action)
	default:
		a.unsupported(rw, r)
	}
}

// unsupported answers a request without a route. Versions before 1.5.1 first check the
// CSRF token, which a POST of an API client does not have.
func (a *api) unsupported(rw http.ResponseWriter, r *http.Request) {
	if a.Before15 && r.Method == http.MethodPost {
		exception(rw, r, http.StatusUnprocessableEntity)
		return
	}
	failed(rw, "unsupportedRequest", "This request is not supported.")
}

// route answers a request of Scalelite's own API. An action may have one
// extension, as in getServers.json.
func (a *api) route(rw http.ResponseWriter, r *http.Request, action string) {
	name, extension, extended := strings.Cut(action, ".")
	c := calls[name]
	if c.method != r.Method || extended && (extension == "" || strings.Contains(extension, ".")) {
		a.unsupported(rw, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, 1<<20))
	if err != nil {
		exception(rw, r, http.StatusInternalServerError)
		return
	}
	if r.Method == http.MethodPost && len(body) > 0 && !isJSON(r) {
		failed(rw, "unsupportedContentType", "POST request Content-Type is missing or unsupported")
		return
	}
	p, err := read(r, body)
	switch {
	case err != nil:
		exception(rw, r, http.StatusBadRequest)
	case !simhttp.Checks(r, name, a.Secret, a.Algorithms):
		failed(rw, "checksumError", "You did not pass the checksum security check")
	default:
		c.serve(a, rw, r, p)
	}
}

func hostOnly(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return hostport
}
