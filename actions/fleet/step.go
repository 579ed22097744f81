package fleet

import "time"

// Kind is what a step does; the words are the same in code, journal, metrics
// and pages.
type Kind string

// The kinds of step. Reclaim is an enable that takes a draining server back.
const (
	Start   Kind = "start"
	Stop    Kind = "stop"
	Grow    Kind = "grow"
	Shrink  Kind = "shrink"
	Enable  Kind = "enable"
	Cordon  Kind = "cordon"
	Disable Kind = "disable"
	Reclaim Kind = "reclaim"
)

// Kinds returns every kind of step, in the order of a server's life.
func Kinds() []Kind {
	return []Kind{Start, Enable, Grow, Cordon, Reclaim, Disable, Shrink, Stop}
}

// Step is one change to one server, decided and not yet made.
type Step struct {
	Kind     Kind     `json:"kind"`
	ServerID string   `json:"server_id"`
	Server   string   `json:"server"`           // its name, for people
	To       Size     `json:"to,omitzero"`      // grow, shrink: the size to make
	Aim      Aim      `json:"aim,omitempty"`    // what the server is brought to by it
	Reason   string   `json:"reason"`           // why, for people
	Alerts   []string `json:"alerts,omitempty"` // names of the alerts behind it
}

// Plan is all that one cycle decides: at most one step a server,
// and a reason for every server, also for doing nothing.
type Plan struct {
	At      time.Time         `json:"at"`
	Steps   []Step            `json:"steps"`
	Reasons map[string]string `json:"reasons"`          // by server id
	Brakes  []Hold            `json:"brakes,omitempty"` // what holds back scale-in, or everything
	Limits  []Hold            `json:"limits,omitempty"` // what holds back scale-out: ceiling, contract, fleet
	Floor   int               `json:"floor"`            // least active servers now, by schedule
	Need    int               `json:"need"`             // servers wanted beyond those active or on their way
	Pools   []PoolPlan        `json:"pools"`            // the same by pool, the one without a tag first
}

// PoolPlan is what a plan says of one pool.
type PoolPlan struct {
	Pool  string `json:"pool"` // the servers' tag; empty for those without one
	Floor int    `json:"floor"`
	Need  int    `json:"need"`
}

// BalancerState is the balancer state that a step writes; "" for steps of the cloud.
func (k Kind) BalancerState() BalancerState {
	switch k {
	case Enable, Reclaim:
		return Enabled
	case Cordon:
		return Cordoned
	case Disable:
		return Disabled
	}
	return ""
}

// Replaceable reports whether the next plan makes another step in place of one
// that has not begun: of these only so many may be made. The others are due
// whatever else is planned, and what they are checked by may be slow to answer.
func (s Step) Replaceable() bool {
	switch s.Kind {
	case Start, Reclaim, Grow:
		return true
	case Cordon:
		return s.Aim == AimDrain
	}
	return false
}
