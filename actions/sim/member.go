package sim

import (
	"fmt"
	"net/http"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// member is an entry in the balancer's list of servers.
type member struct {
	id, url, tag string
	version      string // of BigBlueButton, from the last poll
	secret       fleet.Secret
	multiplier   float64
	records      map[string]bool // ids of the meetings that the balancer has recorded for it
	s            *server         // nil if the URL is not that of a simulated server

	state     fleet.BalancerState
	online    bool
	load      float64
	loadKnown bool
	bad, good int // consecutive failed polls, consecutive successful polls
	// raced is set if the member was cordoned during a poll: it stays among the
	// candidates for new meetings, with the load at that time, which no poll updates.
	raced     bool
	racedLoad float64
}

// Member is a server as the balancer's API describes it.
type Member struct {
	fleet.BalancerServer
	Multiplier float64
	Version    string // of BigBlueButton; empty until a poll has found it
}

// describe returns the member as the balancer's API describes it.
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

// rank returns the load by which meetings are placed.
func (m *member) rank() float64 {
	if m.raced {
		return m.racedLoad
	}
	return m.load
}

// weigh adds n times the multiplier to the load until the next poll, as Scalelite does
// for each create and each join (increment_load).
func (m *member) weigh(n int) {
	switch more := float64(n) * m.multiplier; {
	case m.raced:
		m.racedLoad += more
	case m.takes():
		m.load += more
	}
}

// set sets the member's state as Scalelite's updateServer does.
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
	Hangs   bool // with Status 0: the connection is accepted but never answered; otherwise it is refused
	Write   bool // whether the call is a write
}

// Error returns the status and the message.
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

// contention is Scalelite's message for concurrent changes of its list.
const contention = "Servers list concurrently modified"
