package fleet

import "time"

// Kind is the kind of a step. Code, journal, metrics and page use the same words.
type Kind string

// The kinds of step. Start, Stop, Grow and Shrink change the cloud; Enable, Cordon,
// Disable and Reclaim change the balancer. Reclaim is an enable that takes a draining
// server back into service.
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

// Kinds returns all kinds of step, in the order in which a server goes through them.
func Kinds() []Kind {
	return []Kind{Start, Enable, Grow, Cordon, Reclaim, Disable, Shrink, Stop}
}

// Step is one planned change to one server.
type Step struct {
	Kind     Kind     `json:"kind"`
	ServerID string   `json:"server_id"`
	Server   string   `json:"server"`           // name of the server
	To       Size     `json:"to,omitzero"`      // for Grow and Shrink: the new size
	Aim      Aim      `json:"aim,omitempty"`    // aim of the server from this step on
	Reason   string   `json:"reason"`           // for people
	Alerts   []string `json:"alerts,omitempty"` // names of the alerts that asked for it
}

// Plan is the result of one cycle: at most one step for each server, and a reason for
// every server, including those that get no step.
type Plan struct {
	At      time.Time         `json:"at"`
	Steps   []Step            `json:"steps"`
	Reasons map[string]string `json:"reasons"`          // server id → reason
	Brakes  []Hold            `json:"brakes,omitempty"` // reasons why no capacity is removed
	Limits  []Hold            `json:"limits,omitempty"` // reasons why less capacity is added than needed
	Floor   int               `json:"floor"`            // minimum number of active servers now
	Need    int               `json:"need"`             // servers needed beyond those active or on their way
}

// BalancerState returns the state that a step of kind k writes to the balancer, or ""
// for steps in the cloud.
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

// Replaceable reports whether the next plan may replace the step by one for another
// server if it has not begun when Deadlines.Patience is over. This holds for steps
// whose number is limited. All other steps must be taken for this very server, and
// the read that checks them may take longer.
func (s Step) Replaceable() bool {
	switch s.Kind {
	case Start, Reclaim, Grow:
		return true
	case Cordon:
		return s.Aim == AimDrain
	}
	return false
}
