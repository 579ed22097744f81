package sim

import (
	"fmt"
	"net/http"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// member is an entry in the balancer's list of servers.
type member struct {
	id, url, tag string
	version      string // of BigBlueButton, as the poller found it
	secret       fleet.Secret
	multiplier   float64
	records      map[string]bool // ids of the meetings that the balancer believes to be on it
	s            *server         // nil when the URL is of no server in this world

	state     fleet.BalancerState
	online    bool
	load      float64
	loadKnown bool
	bad, good int // polls in a row that failed, that went well
	// raced is set for one cordoned during a poll: it stays among those that
	// take meetings, with the load that it had, which no poll corrects.
	raced     bool
	racedLoad float64
}

// Member is a server as the balancer's API describes it.
type Member struct {
	fleet.BalancerServer
	Multiplier float64
	Version    string // of BigBlueButton; empty until a poll has found it
}

func (m *member) describe() Member {
	d := Member{
		BalancerServer: fleet.BalancerServer{
			ID: m.id, URL: m.url, Secret: m.secret, Tag: m.tag, State: m.state, Online: m.online, LoadKnown: m.loadKnown,
		},
		Multiplier: m.multiplier, Version: m.version,
	}
	if m.loadKnown {
		d.Load = m.load
	}
	return d
}

// takes reports whether the balancer may place a new meeting on the server.
func (m *member) takes() bool {
	return m.raced || m.online && m.loadKnown && m.state == fleet.Enabled
}

// rank is the load that placement goes by.
func (m *member) rank() float64 {
	if m.raced {
		return m.racedLoad
	}
	return m.load
}

// weigh adds n times the multiplier, as each create and each join does until
// the next poll (Scalelite's increment_load).
func (m *member) weigh(n int) {
	switch more := float64(n) * m.multiplier; {
	case m.raced:
		m.racedLoad += more
	case m.takes():
		m.load += more
	}
}

// set moves the member as the balancer's updateServer does.
func (m *member) set(to fleet.BalancerState) {
	if to == m.state {
		return
	}
	if m.state == fleet.Disabled || to == fleet.Disabled {
		m.loadKnown = false // until the next poll
	}
	m.state, m.raced = to, false
}

// BalancerError is an error answer of the balancer. It unwraps to the Err
// sentinels of package fleet.
type BalancerError struct {
	Status  int // of HTTP; 0 means that there is no answer
	Message string
	Hangs   bool // it accepts the connection and never answers; with Status 0 and without Hangs it refuses the connection
	Write   bool // the call was one that changes something
}

// Error returns the balancer's answer as text.
func (e *BalancerError) Error() string {
	if e.Status == 0 {
		return "balancer: " + e.Message
	}
	return fmt.Sprintf("balancer answered %d: %s", e.Status, e.Message)
}

// Unwrap returns the sentinel that the answer stands for, or nil.
func (e *BalancerError) Unwrap() error {
	switch {
	case e.Status == http.StatusNotFound:
		return fleet.ErrGone
	case e.Message == contention:
		return fleet.ErrBusy
	case e.Write && (e.Hangs || e.Status >= http.StatusInternalServerError):
		return fleet.ErrUnknown
	}
	return nil
}

// contention is Scalelite's message when two writers change its list at once.
const contention = "Servers list concurrently modified"
