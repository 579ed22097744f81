package fleet

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// Validate returns all errors in the sections that Config holds. Each error names the
// key's path, its value, and what is allowed.
func (c Config) Validate() []error {
	var p refuse.Problems
	c.Fleet.validate(&p)
	p.Add(c.Thresholds.Validate()...)
	c.Sizes.validate(&p)
	c.Capacity.validate(&p)
	c.ScaleIn.validate(&p)
	c.Cooldowns.validate(&p)
	c.Deadlines.validate(&p)
	p.Require(c.Deadlines.Stale >= c.Fleet.EvaluationInterval, "deadlines.stale", c.Deadlines.Stale,
		"be at least fleet.evaluation_interval (%v), or every read is stale before the next", c.Fleet.EvaluationInterval)
	return p
}

// positiveShare requires a share above 0 and up to 1.
func positiveShare(p *refuse.Problems, key string, v float64) {
	p.Require(v > 0 && v <= 1, key, v, "be above 0 and at most 1")
}

// shareBelowOne requires a share from 0 to below 1.
func shareBelowOne(p *refuse.Problems, key string, v float64) {
	p.Require(v >= 0 && v < 1, key, v, "be at least 0 and below 1")
}

// anyShare requires a share from 0 to 1.
func anyShare(p *refuse.Problems, key string, v float64) {
	p.Require(v >= 0 && v <= 1, key, v, "be from 0 to 1")
}

// validate checks the section fleet.
func (c FleetConfig) validate(p *refuse.Problems) {
	p.Require(c.Name != "", "fleet.name", c.Name, "be a name")
	p.Positive("fleet.evaluation_interval", c.EvaluationInterval)
	p.Positive("fleet.busy_interval", c.BusyInterval)
	p.Require(c.BusyInterval <= c.EvaluationInterval, "fleet.busy_interval", c.BusyInterval,
		"be at most fleet.evaluation_interval (%v)", c.EvaluationInterval)
	p.Positive("fleet.debounce_quiet", c.DebounceQuiet)
	p.Require(c.DebounceMax >= c.DebounceQuiet, "fleet.debounce_max", c.DebounceMax,
		"be at least fleet.debounce_quiet (%v)", c.DebounceQuiet)
	p.AtLeast("fleet.max_alerts", c.MaxAlerts, 0)
	p.AtLeast("fleet.concurrency", c.Concurrency, 1)
	c.validateSelection(p)
}

// validateSelection checks the keys that select servers. An empty list of datacenters
// is allowed, since only programs that read the cloud need one.
func (c FleetConfig) validateSelection(p *refuse.Problems) {
	for i, id := range c.Datacenters {
		key := fmt.Sprintf("fleet.datacenters[%d]", i)
		p.Require(id != "" && !strings.ContainsAny(id, "/?#, \t\n"), key, id, "be one datacenter id (a UUID at IONOS)")
		p.Require(slices.Index(c.Datacenters, id) == i, key, id, "be listed once; remove the copy")
	}
	for i, pattern := range c.Exclude {
		_, err := path.Match(pattern, "")
		p.Require(err == nil && pattern != "", fmt.Sprintf("fleet.exclude[%d]", i), pattern,
			"be a server's id, its name, or a pattern of names such as bbb-test-*")
	}
	p.AtLeast("fleet.budget.max_cores", int(c.Budget.Cores), 0)
	p.AtLeast("fleet.budget.max_ram_mib", int(c.Budget.RAM), 0)
}

// ramUnit is the granularity of RAM sizes, which IONOS requires for hot-plugging.
const ramUnit MiB = 1024

// validate checks the section sizes.
func (s Sizes) validate(p *refuse.Problems) {
	whole := wholeSize(p, "sizes.default", s.Default)
	whole = wholeSize(p, "sizes.fleet", s.Fleet) && whole
	whole = wholeSize(p, "sizes.max", s.Max) && whole
	whole = wholeSize(p, "sizes.step", s.Step) && whole
	p.AtLeast("sizes.idle_ram_mib", int(s.IdleRAM), 0)
	if !whole {
		return
	}
	room := s.Max.Sub(s.Default)
	p.Require(room.Cores >= 0, "sizes.max.cores", s.Max.Cores, "be at least sizes.default.cores (%d)", s.Default.Cores)
	p.Require(room.RAM >= 0, "sizes.max.ram_mib", s.Max.RAM, "be at least sizes.default.ram_mib (%d)", s.Default.RAM)
	p.Require(room.Cores%s.Step.Cores == 0, "sizes.step.cores", s.Step.Cores,
		"be a divisor of the %d cores between sizes.default and sizes.max", room.Cores)
	p.Require(room.RAM%s.Step.RAM == 0, "sizes.step.ram_mib", s.Step.RAM,
		"be a divisor of the %d MiB between sizes.default and sizes.max", room.RAM)
}

// wholeSize requires at least one core and a positive number of whole GiB. It reports
// whether both hold.
func wholeSize(p *refuse.Problems, key string, s Size) bool {
	before := len(*p)
	p.AtLeast(key+".cores", int(s.Cores), 1)
	p.Require(s.RAM > 0 && s.RAM%ramUnit == 0, key+".ram_mib", s.RAM, "be a positive multiple of %d", ramUnit)
	return len(*p) == before
}

// validate checks the section capacity.
func (c Capacity) validate(p *refuse.Problems) {
	p.Require(c.MinActive >= 1, "capacity.min_active", c.MinActive, "be at least 1: without an active server no meeting can begin")
	anyShare(p, "capacity.min_active_share", c.MinActiveShare)
	anyShare(p, "capacity.learning_active_share", c.LearningActiveShare)
	shareBelowOne(p, "capacity.headroom", c.Headroom)
	shareBelowOne(p, "capacity.tolerance", c.Tolerance)
	p.AtLeast("capacity.max_step", c.MaxStep, 1)
	p.Positive("capacity.start_time", c.StartTime)
	p.AtLeast("capacity.users_per_server", c.UsersPerServer, 1)
	validateCalendars(p, c.Calendars)
	_, err := time.LoadLocation(c.Location)
	p.Require(err == nil, "capacity.location", c.Location, "be a time zone such as Europe/Berlin")
	for i, f := range c.Schedule {
		f.validate(p, fmt.Sprintf("capacity.schedule[%d]", i))
	}
	for _, tag := range slices.Sorted(maps.Keys(c.Pools)) {
		p.Require(tag != "" && tag != untagged && !strings.ContainsAny(tag, ";!"), "capacity.pools", tag,
			"have keys that are tags of servers in Scalelite; the floor of servers without a tag is capacity.min_active")
		p.AtLeast("capacity.pools."+tag+".min_active", c.Pools[tag].MinActive, 0)
	}
	floor := c.highestFloors()
	p.Require(c.Ceiling == 0 || c.Ceiling >= floor, "capacity.ceiling", c.Ceiling,
		"be 0 (no limit) or at least the highest floor (%d)", floor)
}

// untagged is how a meeting asks Scalelite for servers without a tag, so that it can
// be no tag.
const untagged = "none"

// highestFloors is the sum of the highest floors of the pools that the configuration
// names, and of the servers without a tag.
func (c Capacity) highestFloors() (sum int) {
	highest := map[string]int{"": c.MinActive}
	for tag, p := range c.Pools {
		highest[tag] = p.MinActive
	}
	for _, f := range c.Schedule {
		highest[f.Pool] = max(highest[f.Pool], f.MinActive)
	}
	for _, n := range highest {
		sum += n
	}
	return sum
}

// validate checks one floor of the schedule. It requires each interval to name its
// time zone, also for UTC: without one, Alertmanager's syntax means UTC, which is one
// or two hours off in Central Europe, so that the floor would rise too late.
func (f Floor) validate(p *refuse.Problems, key string) {
	p.AtLeast(key+".min_active", f.MinActive, 1)
	p.Require(len(f.Intervals) > 0, key+".time_intervals", nil, "list at least one interval, or the floor never holds")
	for j, in := range f.Intervals {
		p.Require(in.Location != nil, fmt.Sprintf("%s.time_intervals[%d].location", key, j), nil,
			"be set to the schedule's time zone, such as Europe/Berlin; write UTC if the times are in UTC")
	}
}

// validate checks the section scale_in.
func (s ScaleIn) validate(p *refuse.Problems) {
	positiveShare(p, "scale_in.max_share", s.MaxShare)
	positiveShare(p, "scale_in.max_unseen", s.MaxUnseen)
	positiveShare(p, "scale_in.max_vanished", s.MaxVanished)
	p.Require(s.RecordingsDeadline >= 0, "scale_in.recordings_deadline", s.RecordingsDeadline,
		"be at least 0s (0s: wait without a limit)")
}

// validate checks the section cooldowns.
func (c Cooldowns) validate(p *refuse.Problems) {
	p.Positive("cooldowns.server_up", c.ServerUp)
	p.Positive("cooldowns.server_down", c.ServerDown)
	p.Positive("cooldowns.scale_out", c.Out)
	p.Positive("cooldowns.scale_in", c.In)
	p.Positive("cooldowns.shrink", c.Shrink)
	p.Positive("cooldowns.backoff", c.Backoff)
	p.Require(c.BackoffMax >= c.Backoff, "cooldowns.backoff_max", c.BackoffMax,
		"be at least cooldowns.backoff (%v)", c.Backoff)
}

// validate checks the section deadlines.
func (d Deadlines) validate(p *refuse.Problems) {
	p.Positive("deadlines.start", d.Start)
	p.Require(d.Queue >= 0, "deadlines.queue", d.Queue, "be at least 0s")
	p.Positive("deadlines.warm", d.Warm)
	p.Positive("deadlines.stop", d.Stop)
	p.Positive("deadlines.resize", d.Resize)
	p.Positive("deadlines.drain", d.Drain)
	p.Positive("deadlines.read", d.Read)
	p.Positive("deadlines.write", d.Write)
	p.Positive("deadlines.proof", d.Proof)
	p.Require(d.Proof <= 0 || d.Proof < d.Write, "deadlines.proof", d.Proof, "be shorter than deadlines.write (%v)", d.Write)
	p.Positive("deadlines.patience", d.Patience)
	p.Require(d.Stale > d.Read, "deadlines.stale", d.Stale, "be more than deadlines.read (%v)", d.Read)
	p.Positive("deadlines.alert_resync", d.AlertResync)
	p.Positive("deadlines.alert_late", d.AlertLate)
	p.Require(d.AlertExpiry > d.AlertResync, "deadlines.alert_expiry", d.AlertExpiry,
		"be more than deadlines.alert_resync (%v)", d.AlertResync)
}

// Warnings returns a text for each setting that is allowed but likely not intended.
func (c Config) Warnings() []string {
	var all []string
	for i, f := range c.Capacity.Schedule {
		for _, in := range f.Intervals {
			for _, days := range in.DaysOfMonth {
				if days.Begin < 0 || days.End < 0 {
					all = append(all, fmt.Sprintf("capacity.schedule[%d]: days_of_month counted from the end of the month "+
						"are a day off around the change to summer time; count from the beginning where it matters", i))
				}
			}
		}
	}
	return slices.Compact(all)
}
