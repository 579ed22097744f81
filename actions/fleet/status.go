package fleet

import "time"

// Status is the result of the last cycle, for the API, the page and the metrics.
type Status struct {
	Fleet   string        `json:"fleet"`
	At      time.Time     `json:"at"`
	Ready   bool          `json:"ready"` // the fleet was read completely within deadlines.stale
	DryRun  bool          `json:"dry_run"`
	Floor   int           `json:"floor"`   // minimum number of active servers now, of all pools
	Ceiling int           `json:"ceiling"` // maximum number of servers switched on; 0: no limit
	Need    int           `json:"need"`    // servers needed beyond those active or on their way, in all pools
	Counts  map[State]int `json:"counts"`  // number of servers in each state
	// Pools are the pools of the fleet, the one without a tag first; empty if no
	// server has a tag.
	Pools []PoolStatus `json:"pools,omitempty"`
	// Forecasts are the expected loads of the pools whose load is remembered.
	Forecasts []PoolForecast `json:"forecasts,omitempty"`
	// Calendars are those of the configuration, in its order.
	Calendars []CalendarStatus `json:"calendars,omitempty"`
	// UnknownPools are the tags that the configuration names and no server has.
	UnknownPools []string `json:"unknown_pools,omitempty"`

	// Cooldowns holds the end of each cooldown of the whole fleet that is in force, by
	// CooldownOut and CooldownIn.
	Cooldowns map[string]time.Time `json:"cooldowns,omitempty"`

	Brakes   []Hold         `json:"brakes"`   // reasons why no capacity is removed
	Limits   []Hold         `json:"limits"`   // reasons why less capacity is added than needed
	Blocked  []Hold         `json:"blocked"`  // reasons why nothing is changed at all
	Pauses   []Pause        `json:"pauses"`   // in force
	Sources  []SourceStatus `json:"sources"`  // how each source was read
	Servers  []ServerStatus `json:"servers"`  // sorted with ByName
	Unjoined []Hold         `json:"unjoined"` // balancer servers and alerts that match no cloud server
	// Shared has one line for each host that names several servers, see Join.Shared.
	Shared []string `json:"shared_hosts,omitempty"`
	// Leadership says which of the daemons that share a store leads; nil: the daemon is
	// alone with its store.
	Leadership *Leadership `json:"leadership,omitempty"`
	// Unheard names the alerts of which no notification has arrived although one was
	// due, see AlertTable.Unheard.
	Unheard []string `json:"unheard,omitempty"`
}

// PoolStatus is the servers with one tag.
type PoolStatus struct {
	Pool   string        `json:"pool"` // the tag; empty for the servers without one
	Floor  int           `json:"floor"`
	Need   int           `json:"need"`
	Counts map[State]int `json:"counts"`
}

// Active returns the number of servers of the pool that take new meetings.
func (p PoolStatus) Active() int { return p.Counts[StateActive] }

// PoolName is how people read a pool.
func PoolName(tag string) string {
	if tag == "" {
		return "untagged"
	}
	return tag
}

// SourceStatus says when and how one source of the fleet was last read.
type SourceStatus struct {
	Name   string    `json:"name"`             // "datacenter <id>", "balancer" or "alertmanager"
	ReadAt time.Time `json:"read_at,omitzero"` // start of the last successful read
	Error  string    `json:"error,omitempty"`  // of the last read
}

// ServerStatus is the status of one server.
type ServerStatus struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Datacenter string `json:"datacenter"`
	Pool       string `json:"pool,omitempty"` // its tag in the balancer
	Addr       string `json:"addr,omitempty"`
	// Host identifies the server in the labels of metrics. Aliases are all hosts that
	// name this server and no other; alerts and scrape targets are joined by them.
	Host    string   `json:"host"`
	Aliases []string `json:"aliases,omitempty"`

	Size     Size          `json:"size"`
	State    State         `json:"state"`
	Since    time.Time     `json:"since,omitzero"` // since when it has been in State
	Power    Power         `json:"power"`
	Balancer BalancerState `json:"balancer,omitempty"`
	// BalancerURL is the URL of its BigBlueButton API in the balancer.
	BalancerURL string `json:"balancer_url,omitempty"`

	Load float64 `json:"load"` // BalancerServer.Load
	// LoadKnown is whether the balancer knows Load: 0 then means that nobody is on it.
	LoadKnown bool `json:"load_known,omitempty"`

	Meetings *MeetingCount `json:"meetings,omitempty"`  // of a recent probe; nil: none
	Reason   string        `json:"reason"`              // why it gets its next step, or none
	Alerts   []string      `json:"alerts,omitempty"`    // names
	InFlight *Step         `json:"in_flight,omitempty"` // nil: none
	// Cooldowns holds the end of each cooldown in force, by CooldownUp, CooldownDown and
	// CooldownBackoff.
	Cooldowns map[string]time.Time `json:"cooldowns,omitempty"`
}

// The cooldowns of a server, and those of the fleet.
const (
	CooldownUp      = "up"        // until it may grow again
	CooldownDown    = "down"      // until it may be cordoned or shrunk
	CooldownBackoff = "backoff"   // until a step that failed is tried again
	CooldownOut     = "scale_out" // until another server may start: Capacity.MaxStep have
	CooldownIn      = "scale_in"  // until a server may be drained
)
