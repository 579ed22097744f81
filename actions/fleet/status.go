package fleet

import "time"

// Status is the scaler's view after its last cycle, for the API and the page.
type Status struct {
	Fleet   string        `json:"fleet"`
	At      time.Time     `json:"at"`
	Ready   bool          `json:"ready"` // the fleet was read completely within deadlines.stale
	DryRun  bool          `json:"dry_run"`
	Floor   int           `json:"floor"`
	Ceiling int           `json:"ceiling"`
	Need    int           `json:"need"`
	Counts  map[State]int `json:"counts"`
	// Pools are the same by pool, unless no server has a tag; the floor and the need
	// above are their sums.
	Pools []PoolStatus `json:"pools,omitempty"`
	// UnknownPools are the tags that the configuration names and no server has.
	UnknownPools []string `json:"unknown_pools,omitempty"`

	Brakes   []Hold         `json:"brakes"`
	Limits   []Hold         `json:"limits"`
	Blocked  []Hold         `json:"blocked"` // why no write is made at all
	Pauses   []Pause        `json:"pauses"`
	Sources  []SourceStatus `json:"sources"`
	Servers  []ServerStatus `json:"servers"`  // by name
	Unjoined []Hold         `json:"unjoined"` // balancer servers and alerts that match no server
	// Shared are the hosts that name several servers and join none, with these.
	Shared []string `json:"shared_hosts,omitempty"`
	// Unheard names the alerts that are known from Alertmanager's API alone, though
	// a notification of them should have come.
	Unheard []string `json:"unheard,omitempty"`
}

// PoolStatus is the servers with one tag.
type PoolStatus struct {
	Pool   string        `json:"pool"` // the tag; empty for the servers without one
	Floor  int           `json:"floor"`
	Need   int           `json:"need"`
	Counts map[State]int `json:"counts"`
}

// PoolName is how people read a pool.
func PoolName(tag string) string {
	if tag == "" {
		return "untagged"
	}
	return tag
}

// SourceStatus is the freshness of one thing that the fleet is read from.
type SourceStatus struct {
	Name   string    `json:"name"` // "datacenter <id>", "balancer", "alertmanager"
	ReadAt time.Time `json:"read_at,omitzero"`
	Error  string    `json:"error,omitempty"`
}

// ServerStatus is one server, and all that bears on its next step.
type ServerStatus struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Datacenter string `json:"datacenter"`
	Pool       string `json:"pool,omitempty"` // its tag in the balancer
	Addr       string `json:"addr,omitempty"`
	// Host stands for the server in the labels of metrics; Aliases are all hosts
	// that name it and no other: by them, alerts and targets are joined.
	Host    string   `json:"host"`
	Aliases []string `json:"aliases,omitempty"`

	Size     Size          `json:"size"`
	State    State         `json:"state"`
	Since    time.Time     `json:"since,omitzero"` // of the state, as far as the scaler knows
	Power    Power         `json:"power"`
	Balancer BalancerState `json:"balancer,omitempty"`
	// BalancerURL is that of its BigBlueButton API, as the balancer knows it.
	BalancerURL string `json:"balancer_url,omitempty"`

	Load     float64       `json:"load"`
	Meetings *MeetingCount `json:"meetings,omitempty"` // when it was asked lately
	Reason   string        `json:"reason"`             // why the next step is what it is, or is none
	Alerts   []string      `json:"alerts,omitempty"`
	InFlight *Step         `json:"in_flight,omitempty"`
	// Cooldowns in force: up, down, backoff → until.
	Cooldowns map[string]time.Time `json:"cooldowns,omitempty"`
}
