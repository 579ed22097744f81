package live

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite/scalelitetest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
)

// cloud serves the simulated IONOS. Each replica has a user of its own, by which its
// requests are told from those of the others.
func (d *demo) cloud() http.Handler {
	var each []http.Handler
	for i := range d.daemonAt {
		each = append(each, ionostest.New(ionostest.Config{World: d.world, User: d.user(i), Password: d.secret.password}))
	}
	return d.byReplica(each, askedOfCloud, func(r *http.Request, replica int) bool {
		user, _, _ := r.BasicAuth()
		return user == d.user(replica)
	})
}

// scalelite serves the simulated Scalelite, to each replica with a secret of its own.
func (d *demo) scalelite() http.Handler {
	var each []http.Handler
	for _, secret := range d.secret.balancer {
		each = append(each, scalelitetest.New(scalelitetest.Config{World: d.world, Secret: secret}))
	}
	return d.byReplica(each, askedOfBalancer, func(r *http.Request, replica int) bool {
		return simhttp.Checks(r, path.Base(r.URL.Path), d.secret.balancer[replica], nil)
	})
}

// asked returns the change that a request asks for, and whether its aim holds for a
// server; nil if it asks for none.
type asked func(r *http.Request, body []byte) (change, func(sim.Reading) bool)

// byReplica serves each replica by a handler of its own, and notes the changes that several
// replicas ask for. A request without a valid login is left to the first handler.
func (d *demo) byReplica(each []http.Handler, asks asked, from func(r *http.Request, replica int) bool) http.Handler {
	if len(each) == 1 {
		return each[0]
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		for i, h := range each {
			if from(r, i) {
				d.pass(rw, r, h, asks, i)
				return
			}
		}
		each[0].ServeHTTP(rw, r)
	})
}

// maxBody is the maximum size of a request's body, in bytes.
const maxBody = 1 << 20

// pass serves a request of a replica, and notes the change that it asks for.
func (d *demo) pass(rw http.ResponseWriter, r *http.Request, h http.Handler, asks asked, replica int) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxBody))
	if err != nil {
		return // the daemon has ended while it sent the request
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	c, holds := asks(r, body)
	server, err := d.world.Server(c.Server)
	if holds == nil || err != nil {
		h.ServeHTTP(rw, r)
		return
	}
	defer d.replicas.changes.lock(server.ID)()
	c.Server, c.Process = server.ID, d.replicas.process(replica)
	c.Holds = d.holds(server.ID, holds)
	answer := &status{ResponseWriter: rw}
	h.ServeHTTP(answer, r)
	c.Accepted = answer.code/100 == 2 || !c.Holds && d.holds(server.ID, holds)
	if d.replicas.changes.note(c) {
		d.log.Error("a step was done twice", "server", server.Name, c.Property, c.Aim, "replica", replicaName(replica))
	}
}

func (d *demo) holds(server string, holds func(sim.Reading) bool) bool {
	now, err := d.world.Server(server)
	return err == nil && holds(now)
}

// status is a ResponseWriter that keeps the status of the answer.
type status struct {
	http.ResponseWriter
	code int // 0 before the first byte
}

// WriteHeader keeps the status.
func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// Write implies a status of 200, as for every ResponseWriter.
func (s *status) Write(text []byte) (int, error) {
	if s.code == 0 {
		s.code = http.StatusOK
	}
	return s.ResponseWriter.Write(text)
}

// Unwrap gives the handler access to the connection.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// askedOfCloud reads a request to IONOS: a start, a stop, or a new size.
func askedOfCloud(r *http.Request, body []byte) (c change, holds func(sim.Reading) bool) {
	_, rest, ok := strings.Cut(r.URL.Path, "/servers/")
	server, act, _ := strings.Cut(rest, "/")
	c.Server = server
	switch {
	case ok && r.Method == http.MethodPatch:
		return resized(c, body)
	case !ok || r.Method != http.MethodPost:
		return c, nil
	}
	power := map[string]fleet.Power{"start": fleet.PowerOn, "resume": fleet.PowerOn, "stop": fleet.PowerOff, "suspend": fleet.PowerOff}[act]
	if power == "" {
		return c, nil
	}
	c.Property, c.Aim = "power", string(power)
	return c, func(s sim.Reading) bool { return s.Power == power || s.Busy }
}

// resized reads the body of a change of cores and RAM.
func resized(c change, body []byte) (change, func(sim.Reading) bool) {
	var to struct {
		Cores *fleet.Cores `json:"cores"`
		RAM   *fleet.MiB   `json:"ram"`
	}
	if json.Unmarshal(body, &to) != nil || to.Cores == nil && to.RAM == nil {
		return c, nil
	}
	aim, _ := json.Marshal(to) // numbers only
	c.Property, c.Aim = "size", string(aim)
	return c, func(s sim.Reading) bool {
		return s.Busy || (to.Cores == nil || *to.Cores == s.Size.Cores) && (to.RAM == nil || *to.RAM == s.Size.RAM)
	}
}

// askedOfBalancer reads a request to Scalelite for a new state of a server.
func askedOfBalancer(r *http.Request, body []byte) (c change, holds func(sim.Reading) bool) {
	var to struct {
		ID     string
		Server struct{ State string }
	}
	if path.Base(r.URL.Path) != "updateServer" || json.Unmarshal(body, &to) != nil {
		return c, nil
	}
	state, known := map[string]fleet.BalancerState{"enable": fleet.Enabled, "cordon": fleet.Cordoned, "disable": fleet.Disabled}[to.Server.State]
	if !known {
		return c, nil
	}
	return change{Server: to.ID, Property: "state", Aim: string(state)}, func(s sim.Reading) bool { return s.State == state }
}
