// Package ionostest serves the cloud of a sim.World with the protocol of the IONOS
// Cloud API v6, for the real SDK and any other client.
//
// It serves datacenters, servers (list with depth, paging, filters and order, read,
// PATCH of name, cores and RAM, start, stop, suspend, resume, reboot), requests and
// their status, and the contract. Volumes, NICs, LANs, labels and locations can be read
// but not changed. Writes are accepted with 202 and a Location header, and take effect
// in simulated time. Calls that it does not serve are answered with 501.
//
// NewResources serves a cloud without a sim.World, in which resources can also be created
// and deleted.
package ionostest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// BasePath is the API's path, which the SDK appends when it is missing.
const BasePath = "/cloudapi/v6"

const defaultContract = 31880000

// Config sets what is served, and the credentials that clients must send.
type Config struct {
	World *sim.World
	// User and Password, or Token, are the credentials that clients must send. If none
	// is set, all clients are accepted.
	User            string
	Password, Token fleet.Secret
	// Contract is the contract number. A client that sends another one in
	// X-Contract-Number is refused. Default 31880000.
	Contract int64
	// PlainGateway answers 502 and 504 with a JSON body. Otherwise they have the HTML
	// body of a proxy, as users report.
	PlainGateway bool
	// Sparse omits every field that the API may omit.
	Sparse bool
}

// api is the handler. It has no state beyond its configuration.
type api struct {
	Config
	mux *http.ServeMux
}

// New returns the API as a handler, to be mounted at the root of a listener:
//
//	server := httptest.NewServer(ionostest.New(ionostest.Config{World: world}))
//	sdk := ionoscloud.NewConfiguration("", "", "", server.URL)
func New(cfg Config) http.Handler {
	if cfg.Contract == 0 {
		cfg.Contract = defaultContract
	}
	a := &api{cfg, http.NewServeMux()}
	for path, read := range a.reads() {
		a.mux.HandleFunc("GET "+BasePath+path, a.serve(read))
	}
	a.mux.HandleFunc("PATCH "+BasePath+"/datacenters/{dc}/servers/{id}", a.patch)
	a.mux.HandleFunc("POST "+BasePath+"/datacenters/{dc}/servers/{id}/{act}", a.act)
	a.mux.HandleFunc("/", a.absent)
	return a.guard(a.limits, a.mux)
}

// limits sets the headers of the rate limit. The sim.World applies it.
func (a *api) limits(rw http.ResponseWriter) error {
	if limit, burst, left := a.World.Limits(); limit > 0 {
		limitHeaders(rw, limit, burst, left)
	}
	return nil
}

func limitHeaders(rw http.ResponseWriter, limit, burst, left int) {
	rw.Header().Set("X-RateLimit-Limit", strconv.Itoa(limit))
	rw.Header().Set("X-RateLimit-Burst", strconv.Itoa(burst))
	rw.Header().Set("X-RateLimit-Remaining", strconv.Itoa(left))
}

// serve returns a handler that answers with the result of read.
func (a *api) serve(read func(*http.Request) (any, error)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		v, err := read(r)
		if err != nil {
			a.refuse(rw, r, err)
			return
		}
		answer(rw, r, http.StatusOK, v)
	}
}

// absent answers what is not simulated.
func (a *api) absent(rw http.ResponseWriter, r *http.Request) { a.refuse(rw, r, notSimulated(r)) }

// guard checks the credentials, and the rate limit by limit.
func (a *api) guard(limit func(http.ResponseWriter) error, next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !a.knows(r) {
			a.refuse(rw, r, &sim.CloudError{Status: http.StatusUnauthorized, Code: "315", Message: "Unauthorized"})
			return
		}
		if n := r.Header.Get("X-Contract-Number"); n != "" && n != strconv.FormatInt(a.Contract, 10) {
			a.refuse(rw, r, &sim.CloudError{Status: http.StatusForbidden, Code: "451", Message: "Access denied to contract " + n})
			return
		}
		if err := limit(rw); err != nil {
			a.refuse(rw, r, err)
			return
		}
		next.ServeHTTP(rw, r)
	})
}

// knows reports whether the request has valid credentials.
func (a *api) knows(r *http.Request) bool {
	if a.User == "" && a.Token == "" {
		return true
	}
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return a.Token != "" && token == a.Token.Reveal()
	}
	user, password, ok := r.BasicAuth()
	return ok && a.User != "" && user == a.User && password == a.Password.Reveal()
}

// refuse answers with an error in the API's format.
func (a *api) refuse(rw http.ResponseWriter, r *http.Request, err error) {
	e, ok := errors.AsType[*sim.CloudError](err)
	switch {
	case !ok:
		e = &sim.CloudError{Status: http.StatusInternalServerError, Code: "500", Message: err.Error()}
	case e.Hangs:
		<-r.Context().Done()
		return
	}
	if e.RetryAfter > 0 {
		rw.Header().Set("Retry-After", strconv.Itoa(int(e.RetryAfter.Seconds())))
	}
	if (e.Status == http.StatusBadGateway || e.Status == http.StatusGatewayTimeout) && !a.PlainGateway {
		rw.Header().Set("Content-Type", "text/html")
		rw.WriteHeader(e.Status)
		fmt.Fprintf(rw, "<html><head><title>%d %s</title></head><body><h1>%[2]s</h1></body></html>\n", e.Status, e.Message)
		return
	}
	answer(rw, r, e.Status, errorBody{e.Status, []errorMessage{{e.Code, e.Message}}})
}

type errorBody struct {
	HTTPStatus int            `json:"httpStatus"`
	Messages   []errorMessage `json:"messages"`
}

type errorMessage struct {
	ErrorCode string `json:"errorCode"`
	Message   string `json:"message"`
}

// answer writes v as JSON, indented unless the query has pretty=false.
func answer(rw http.ResponseWriter, r *http.Request, status int, v any) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	enc := json.NewEncoder(rw)
	if r.URL.Query().Get("pretty") != "false" {
		enc.SetIndent("", "  ")
	}
	_ = enc.Encode(v) // the client went away
}

// self returns the absolute URL of a path of the API.
func self(r *http.Request, path string, args ...any) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + BasePath + fmt.Sprintf(path, args...)
}
