package fleet

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Config is the configuration of the scaler. The first fields are sections of the
// configuration file; the others are derived from them and from the sections of the
// balancer and the rules.
type Config struct {
	Fleet      FleetConfig      `yaml:"fleet"`
	Thresholds rules.Thresholds `yaml:"thresholds"`
	Sizes      Sizes            `yaml:"sizes"`
	Capacity   Capacity         `yaml:"capacity"`
	ScaleIn    ScaleIn          `yaml:"scale_in"`
	Cooldowns  Cooldowns        `yaml:"cooldowns"`
	Deadlines  Deadlines        `yaml:"deadlines"`

	HostNames  HostNames                `yaml:"-"` // derives cloud server names from balancer hosts that DNS does not resolve to them
	Asks       map[string]rules.Meaning `yaml:"-"` // alert name → what it asks for, including the operator's own alerts
	NoBalancer bool                     `yaml:"-"` // no Scalelite configured: only start and grow
	// PollInterval is the time between two polls of the balancer's poller. A state that
	// is still read back after it is confirmed.
	PollInterval time.Duration `yaml:"-"`
	// Forecast is from the section rules.forecast and Capacity.
	Forecast ForecastConfig `yaml:"-"`
	DryRun   bool           `yaml:"-"`
}

// FleetConfig selects the servers of the fleet, limits what they may use together,
// and sets how often a cycle runs.
type FleetConfig struct {
	// Name is the value of the fleet label in alerts and metrics.
	Name string `yaml:"name"`
	// EvaluationInterval is the time between two cycles when no notification
	// arrives.
	EvaluationInterval time.Duration `yaml:"evaluation_interval"`
	// BusyInterval replaces EvaluationInterval while a server starts, warms, drains,
	// stops, resizes or is down, and until the fleet was read completely once.
	BusyInterval time.Duration `yaml:"busy_interval"`
	// DebounceQuiet is how long no notification must arrive before a cycle starts.
	DebounceQuiet time.Duration `yaml:"debounce_quiet"`
	// DebounceMax is the longest such wait, from the first notification on.
	DebounceMax time.Duration `yaml:"debounce_max"`
	// MaxAlerts is the maximum number of alerts in the table; further ones are refused.
	// 0: 100 and 20 for each server of the fleet, at least 2000.
	MaxAlerts int `yaml:"max_alerts"`
	// Concurrency is the maximum number of outside calls of one kind at a time.
	Concurrency int `yaml:"concurrency"`

	// Datacenters are the ids (at IONOS: UUIDs) of the datacenters with the fleet's
	// servers.
	Datacenters []string `yaml:"datacenters"`
	// NamePattern must match the whole name of each of the fleet's servers; the
	// zero value matches all.
	NamePattern NamePattern `yaml:"name_pattern"`
	// Exclude lists servers that the scaler leaves alone: ids, names, or
	// path.Match patterns of names.
	Exclude []string `yaml:"exclude"`
	// Budget limits the cores and RAM of the servers that are switched on, below the
	// limits of the contract.
	Budget Budget `yaml:"budget"`
}

// Sizes are the sizes that servers get. All are in cores and MiB of RAM.
type Sizes struct {
	// Default is the size of an empty server.
	Default Size `yaml:"default"`
	// Fleet is the size that all servers in service grow to for the load of the
	// fleet, before others are started (see Together). With Fleet equal to Default,
	// servers do not grow for the fleet.
	Fleet Size `yaml:"fleet"`
	// Max is the upper limit for one overloaded server.
	Max Size `yaml:"max"`
	// Step is the smallest change of a size.
	Step Size `yaml:"step"`
	// IdleRAM is the memory that a server holds while nobody is on it, for the time
	// until the rules have learned it.
	IdleRAM MiB `yaml:"idle_ram_mib"`
}

// Together returns the size that all servers grow to for the fleet's load: Fleet, but at
// least Default and at most half of Max, so that a server that gets more people than the
// others can still double. In simulated days of 60 servers with a Max of 10 cores, 0.1 %
// of people's time was on overloaded servers with 5 cores, and 11 % with 10.
func (s Sizes) Together() Size {
	return Size{
		Cores: s.Default.Cores + wholeSteps(min(s.Fleet.Cores, s.Max.Cores/2)-s.Default.Cores, s.Step.Cores),
		RAM:   s.Default.RAM + wholeSteps(min(s.Fleet.RAM, s.Max.RAM/2)-s.Default.RAM, s.Step.RAM),
	}
}

// wholeSteps rounds n down to a multiple of step, and to 0 if it is negative.
func wholeSteps[T Cores | MiB](n, step T) T { return max(0, n) / max(1, step) * max(1, step) }

// Within returns the sizes with Max limited to what the contract allows for one server,
// but never below Default.
func (s Sizes) Within(limit Size) Sizes {
	s.Max = s.Default.Max(Size{min(s.Max.Cores, limit.Cores), min(s.Max.RAM, limit.RAM)})
	return s
}

// Capacity bounds the number of servers.
type Capacity struct {
	// MinActive is the minimum number of active servers outside the schedule: the
	// floor.
	MinActive int `yaml:"min_active"`
	// MinActiveShare is the floor as a share of the fleet; the larger of the two
	// applies.
	MinActiveShare float64 `yaml:"min_active_share"`
	// LearningActiveShare replaces MinActiveShare while an alert says that the
	// forecast has no history, if it is larger and there is no Schedule. Its default
	// is from the simulated weeks, in which 15 % of the servers carry the first
	// morning.
	LearningActiveShare float64 `yaml:"learning_active_share"`
	// Location is the name of the time zone in which the forecast counts weeks, and of
	// times in calendars that have none. Empty: see Zone.
	Location string `yaml:"location"`
	// Calendars name days off and events with a floor.
	Calendars []Calendar `yaml:"calendars"`
	// UsersPerServer is how many of the people that a calendar expects one active server
	// counts for.
	UsersPerServer int `yaml:"users_per_server"`
	// Events are those of the calendars, as they were last read.
	Events Events `yaml:"-"`
	// Schedule raises the floor at given times.
	Schedule Schedule `yaml:"schedule"`
	// Pools are the floors of the servers with a tag in the balancer, by tag. The
	// floor of those without one is MinActive.
	Pools map[string]Pool `yaml:"pools"`
	// Headroom is the share of a band's maximum that scaling keeps free, in both
	// directions.
	Headroom float64 `yaml:"headroom"`
	// Tolerance is the share by which the needed size may exceed the present one
	// before servers grow or start for it.
	Tolerance float64 `yaml:"tolerance"`
	// MaxStep is the maximum number of servers started within Cooldowns.Out.
	MaxStep int `yaml:"max_step"`
	// Ceiling is the maximum number of servers that are switched on; 0: no limit.
	Ceiling int `yaml:"ceiling"`
	// StartTime is the usual time from the start of a server to its first meeting.
	// The schedule and the forecast act this long in advance.
	StartTime time.Duration `yaml:"start_time"`
}

// Pool bounds the number of servers with one tag.
type Pool struct {
	// MinActive is the minimum number of active servers outside the schedule. 0: the
	// pool has no floor then, not even a share of its servers.
	MinActive int `yaml:"min_active"`
}

// DefaultPool returns the bounds of a pool that the configuration does not name: a
// meeting that requires the tag finds a server.
func DefaultPool() Pool { return Pool{MinActive: 1} }

// SetDefaults sets what a pool has that the configuration names without more.
func (p *Pool) SetDefaults() { *p = DefaultPool() }

// ScaleIn limits how fast, and when, capacity is removed.
type ScaleIn struct {
	// MaxShare is the share of the active servers that may drain at a time;
	// at least one may.
	MaxShare float64 `yaml:"max_share"`
	// MaxUnseen is the share of the fleet that the cloud, the balancer or Prometheus
	// may not see before scale-in stops.
	MaxUnseen float64 `yaml:"max_unseen"`
	// MaxVanished is the share of the known servers that may be missing from the
	// cloud's list. If more are missing, all writes stop.
	MaxVanished float64 `yaml:"max_vanished"`
	// RecordingsDeadline is how long an empty server waits for its idle alert,
	// which shows that its recordings are processed, before it is stopped without
	// it. Processing continues at its next start. 0: no limit.
	RecordingsDeadline time.Duration `yaml:"recordings_deadline"`
}

// Cooldowns are the minimum times between two changes, to one server (ServerUp,
// ServerDown) or to the number of servers (Out, In).
type Cooldowns struct {
	ServerUp   time.Duration `yaml:"server_up"`   // from a growth of a server to its next one
	ServerDown time.Duration `yaml:"server_down"` // from a growth, cordon or shrink of a server to its next cordon
	Out        time.Duration `yaml:"scale_out"`   // in which at most Capacity.MaxStep servers start
	In         time.Duration `yaml:"scale_in"`    // from a start, enable or cordon of any server to the next scale-in
	Shrink     time.Duration `yaml:"shrink"`      // from when a server is in service to its drain because of its size, and from a stop to an exchange
	Backoff    time.Duration `yaml:"backoff"`     // after a server's first failed step; doubles with each further one
	BackoffMax time.Duration `yaml:"backoff_max"` // upper limit of the doubled backoff
}

// Deadlines are the maximum times that parts of a step may take. A step that
// exceeds its deadline is reported as failed and tried again later. No deadline ever
// ends a meeting.
type Deadlines struct {
	Start time.Duration `yaml:"start"` // until the server runs
	// Queue is added to Start, Stop and Resize for each other change in progress in
	// the same datacenter, since the cloud may carry them out one after the other.
	Queue  time.Duration `yaml:"queue"`
	Warm   time.Duration `yaml:"warm"`   // until BigBlueButton answers and the balancer sends meetings
	Stop   time.Duration `yaml:"stop"`   // until the server is off
	Resize time.Duration `yaml:"resize"` // until the new size shows
	Drain  time.Duration `yaml:"drain"`  // until a draining server is reported as draining too long
	Read   time.Duration `yaml:"read"`   // one read of a datacenter, the balancer or a server
	Write  time.Duration `yaml:"write"`  // one write
	// Proof is how long a server may take to answer that it is empty, immediately
	// before it is stopped or disabled. It is short, because a meeting that begins
	// after the answer was written would not be seen.
	Proof time.Duration `yaml:"proof"`
	Stale time.Duration `yaml:"stale"` // age from which on the result of a read is not used
	// Patience is how long a cycle waits for slow reads and writes before it
	// continues without them.
	Patience time.Duration `yaml:"patience"`
	// AlertExpiry is how long an alert counts as firing after Alertmanager last
	// reported it. It must exceed Alertmanager's repeat_interval.
	AlertExpiry time.Duration `yaml:"alert_expiry"`
	// AlertResync is the time between two reads of Alertmanager's API.
	AlertResync time.Duration `yaml:"alert_resync"`
	// AlertLate is how late a copy of a notification may arrive: for this time after a
	// resolved notification, a firing one with a start time before the end is ignored,
	// and after a firing one, a resolved one with an end before the start.
	// Alertmanager peers that cannot reach each other send the same notification one
	// after the other, 15 s apart (--cluster.peer-timeout).
	AlertLate time.Duration `yaml:"alert_late"`
}

// For returns the deadline of a step of kind k in the cloud, without Queue.
func (d Deadlines) For(k Kind) time.Duration {
	switch k {
	case Start:
		return d.Start
	case Stop:
		return d.Stop
	}
	return d.Resize
}

// Budget limits the total cores and RAM of the servers that are switched on. Zero is
// no limit.
type Budget struct {
	Cores Cores `yaml:"max_cores"`
	RAM   MiB   `yaml:"max_ram_mib"`
}

// Defaults returns the configuration of an empty file.
func Defaults() Config {
	return Config{
		Fleet: FleetConfig{
			Name: "bbb", EvaluationInterval: 30 * time.Second, BusyInterval: 10 * time.Second,
			DebounceQuiet: 2 * time.Second, DebounceMax: 10 * time.Second, Concurrency: 16,
		},
		Thresholds: rules.Thresholds{CPU: rules.Band{Min: 0.15, Max: 0.85}, Memory: rules.Band{Min: 0.15, Max: 0.85}},
		Sizes:      Sizes{Default: Size{2, 8192}, Fleet: Size{12, 16384}, Max: Size{24, 32768}, Step: Size{1, 1024}, IdleRAM: 3072},
		Capacity:   Capacity{MinActive: 2, MinActiveShare: 0.02, LearningActiveShare: 0.15, Headroom: 0.2, Tolerance: 0.2, UsersPerServer: 100, MaxStep: 50, StartTime: 5 * time.Minute},
		ScaleIn: ScaleIn{
			MaxShare: 0.25, MaxUnseen: 0.1, MaxVanished: 0.2, RecordingsDeadline: 2 * time.Hour,
		},
		Cooldowns: Cooldowns{
			ServerUp: 2 * time.Minute, ServerDown: 5 * time.Minute, Out: time.Minute, In: 2 * time.Minute, Shrink: 30 * time.Minute,
			Backoff: time.Minute, BackoffMax: 30 * time.Minute,
		},
		Deadlines: Deadlines{
			Start: 10 * time.Minute, Queue: time.Minute, Warm: 15 * time.Minute, Stop: 10 * time.Minute, Resize: 10 * time.Minute,
			Drain: 3 * time.Hour, Read: 20 * time.Second, Write: 30 * time.Second, Proof: time.Second, Stale: 5 * time.Minute, Patience: 3 * time.Second,
			AlertExpiry: 30 * time.Minute, AlertResync: 3 * time.Minute, AlertLate: time.Minute,
		},
		Asks:         rules.Meanings(),
		PollInterval: time.Minute,
	}
}
