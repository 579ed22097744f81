package fleet

import "context"

// Balancer is the load balancer that places new meetings on servers: Scalelite.
// Implementations call Check before each attempt of a write, and return errors that
// match ErrAuth, ErrGone, ErrUnknown and ErrThrottled where they apply.
type Balancer interface {
	// Servers returns all servers, with one call.
	Servers(ctx context.Context) ([]BalancerServer, error)
	// Server reads one server again. The error matches ErrGone if it does not exist.
	Server(ctx context.Context, id string) (BalancerServer, error)
	// SetState enables, cordons or disables a server. The balancer's poller may
	// overwrite the state while it polls, so callers read it back after a poll
	// interval.
	SetState(ctx context.Context, id string, to BalancerState) error
}

// BalancerServer is a server as the balancer lists it.
type BalancerServer struct {
	ID     string `json:"id"`
	URL    string `json:"url"` // of its BigBlueButton API
	Secret Secret `json:"-"`
	// Tag reserves the server for meetings that are created with this tag. It is
	// empty for a server that takes meetings without a tag.
	Tag    string        `json:"tag,omitempty"`
	State  BalancerState `json:"state"`
	Online bool          `json:"online"` // whether the balancer's last poll succeeded
	// Load is the number by which the balancer places meetings: participants, but at
	// least 15 for a meeting that was just created, times the server's multiplier.
	// It is valid only with LoadKnown, and not for a disabled server.
	Load      float64 `json:"load"`
	LoadKnown bool    `json:"load_known"`
}

// BalancerState is whether the balancer sends meetings to a server.
type BalancerState string

// The states of a server in the balancer. An enabled server gets new meetings. A
// cordoned server gets none, and people can still join those that run on it. On a
// disabled server nobody can join, not even a running meeting.
const (
	Enabled  BalancerState = "enabled"
	Cordoned BalancerState = "cordoned"
	Disabled BalancerState = "disabled"
)

// Meetings reads the running meetings from a BigBlueButton server itself. Only this
// proves that a server is empty.
type Meetings interface {
	// Meetings returns what runs on the server. An error means that it did not answer
	// as BigBlueButton does; callers must never treat it as empty then.
	Meetings(ctx context.Context, s BalancerServer) (MeetingCount, error)
}

// MeetingCount is the number of meetings on a server and of people in them.
type MeetingCount struct {
	Meetings     int `json:"meetings"`            // including breakout rooms
	Breakouts    int `json:"breakouts,omitempty"` // breakout rooms among Meetings
	Participants int `json:"participants"`
	Videos       int `json:"videos"`
}

// placed returns the number of meetings that the balancer placed on the server: all
// except breakout rooms, which run on the server of their meeting.
func (c MeetingCount) placed() int { return c.Meetings - c.Breakouts }
