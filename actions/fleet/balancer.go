package fleet

import "context"

// Balancer sends new meetings to servers: Scalelite. Implementations call Check
// before each attempt of a write.
type Balancer interface {
	// Servers lists all servers in one call.
	Servers(ctx context.Context) ([]BalancerServer, error)
	// Server reads one server again.
	Server(ctx context.Context, id string) (BalancerServer, error)
	// SetState enables, cordons or disables a server. The balancer's poller may
	// overwrite it; read it back after a poll interval.
	SetState(ctx context.Context, id string, to BalancerState) error
}

// BalancerServer is a server as the balancer lists it.
type BalancerServer struct {
	ID     string `json:"id"`
	URL    string `json:"url"` // of its BigBlueButton API
	Secret Secret `json:"-"`
	// Tag is for which meetings the balancer keeps the server: those that ask for
	// it. It is empty for a server of all that ask for none.
	Tag    string        `json:"tag,omitempty"`
	State  BalancerState `json:"state"`
	Online bool          `json:"online"`
	// Load is what placement goes by: people, and at least 15 for a young
	// meeting, times the server's multiplier. It means nothing unless LoadKnown,
	// and says nothing of a disabled server.
	Load      float64 `json:"load"`
	LoadKnown bool    `json:"load_known"`
}

// BalancerState is whether the balancer sends meetings to a server.
type BalancerState string

// The states. Enabled takes new meetings; cordoned keeps those it has and lets
// people join them; disabled refuses joins even to running meetings.
const (
	Enabled  BalancerState = "enabled"
	Cordoned BalancerState = "cordoned"
	Disabled BalancerState = "disabled"
)

// Meetings asks a BigBlueButton server itself what runs on it: the only proof
// that it is empty. An error means that it did not answer as BigBlueButton
// does, and is never to be read as empty.
type Meetings interface {
	Meetings(ctx context.Context, s BalancerServer) (MeetingCount, error)
}

// MeetingCount is what runs on a server, breakout rooms included.
type MeetingCount struct {
	Meetings     int `json:"meetings"`
	Breakouts    int `json:"breakouts,omitempty"` // those of Meetings that are breakout rooms
	Participants int `json:"participants"`
	Videos       int `json:"videos"`
}

// placed is how many of the meetings the balancer has sent: breakout rooms stay
// with their meeting.
func (c MeetingCount) placed() int { return c.Meetings - c.Breakouts }
