package fleet

import (
	"fmt"
	"slices"
	"time"
)

// Validate returns everything that is wrong with the sections that are the
// core's own, each error with the key's path, the value, and what is allowed.
func (c Config) Validate() []error {
	var p problems
	c.Fleet.validate(&p)
	p = append(p, c.Thresholds.Validate()...)
	c.Sizes.validate(&p)
	c.Capacity.validate(&p)
	c.ScaleIn.validate(&p)
	c.Cooldowns.validate(&p)
	c.Deadlines.validate(&p)
	p.require(c.Deadlines.Stale >= c.Fleet.EvaluationInterval, "deadlines.stale", c.Deadlines.Stale,
		"at least fleet.evaluation_interval (%v), or every read is stale before the next", c.Fleet.EvaluationInterval)
	return p
}

// problems collects what is wrong.
type problems []error

func (p *problems) require(ok bool, key string, value any, allowed string, args ...any) {
	if !ok {
		*p = append(*p, fmt.Errorf("%s: %v is not %s", key, value, fmt.Sprintf(allowed, args...)))
	}
}

func (p *problems) positive(key string, d time.Duration) {
	p.require(d > 0, key, d, "more than 0s")
}

func (p *problems) share(key string, v float64) {
	p.require(v > 0 && v <= 1, key, v, "a share above 0 and at most 1")
}

func (c FleetConfig) validate(p *problems) {
	p.require(c.Name != "", "fleet.name", `""`, "a name")
	p.positive("fleet.evaluation_interval", c.EvaluationInterval)
	p.positive("fleet.busy_interval", c.BusyInterval)
	p.require(c.BusyInterval <= c.EvaluationInterval, "fleet.busy_interval", c.BusyInterval,
		"at most fleet.evaluation_interval (%v)", c.EvaluationInterval)
	p.positive("fleet.debounce_quiet", c.DebounceQuiet)
	p.require(c.DebounceMax >= c.DebounceQuiet, "fleet.debounce_max", c.DebounceMax,
		"at least fleet.debounce_quiet (%v)", c.DebounceQuiet)
	p.require(c.Concurrency >= 1, "fleet.concurrency", c.Concurrency, "at least 1")
}

// ramUnit is the granularity that sizes are kept to: what hot-plugging RAM
// needs at IONOS.
const ramUnit MiB = 1024

func (s Sizes) validate(p *problems) {
	whole := p.size("sizes.default", s.Default)
	whole = p.size("sizes.fleet", s.Fleet) && whole
	whole = p.size("sizes.max", s.Max) && whole
	whole = p.size("sizes.step", s.Step) && whole
	if !whole {
		return
	}
	room := s.Max.Sub(s.Default)
	p.require(room.Cores >= 0, "sizes.max.cores", s.Max.Cores, "at least sizes.default.cores (%d)", s.Default.Cores)
	p.require(room.RAM >= 0, "sizes.max.ram_mib", s.Max.RAM, "at least sizes.default.ram_mib (%d)", s.Default.RAM)
	p.require(room.Cores%s.Step.Cores == 0, "sizes.step.cores", s.Step.Cores,
		"a divisor of the %d cores between sizes.default and sizes.max", room.Cores)
	p.require(room.RAM%s.Step.RAM == 0, "sizes.step.ram_mib", s.Step.RAM,
		"a divisor of the %d MiB between sizes.default and sizes.max", room.RAM)
}

func (p *problems) size(key string, s Size) bool {
	before := len(*p)
	p.require(s.Cores >= 1, key+".cores", s.Cores, "at least 1")
	p.require(s.RAM > 0 && s.RAM%ramUnit == 0, key+".ram_mib", s.RAM, "a positive multiple of %d", ramUnit)
	return len(*p) == before
}

func (c Capacity) validate(p *problems) {
	p.require(c.MinActive >= 1, "capacity.min_active", c.MinActive, "at least 1: without an active server no meeting can begin")
	p.require(c.MinActiveShare >= 0 && c.MinActiveShare <= 1, "capacity.min_active_share", c.MinActiveShare, "a ratio from 0 to 1")
	p.require(c.LearningActiveShare >= 0 && c.LearningActiveShare <= 1, "capacity.learning_active_share", c.LearningActiveShare, "a ratio from 0 to 1")
	p.require(c.Headroom >= 0 && c.Headroom < 1, "capacity.headroom", c.Headroom, "a ratio from 0 to below 1")
	p.require(c.Tolerance >= 0 && c.Tolerance < 1, "capacity.tolerance", c.Tolerance, "a ratio from 0 to below 1")
	p.require(c.MaxStep >= 1, "capacity.max_step", c.MaxStep, "at least 1")
	p.positive("capacity.start_time", c.StartTime)
	floor := c.MinActive
	for i, f := range c.Schedule {
		key := fmt.Sprintf("capacity.schedule[%d]", i)
		p.require(f.MinActive >= 1, key+".min_active", f.MinActive, "at least 1")
		p.require(len(f.Intervals) > 0, key+".time_intervals", "an empty list", "allowed: the floor would never hold")
		floor = max(floor, f.MinActive)
	}
	p.require(c.Ceiling >= 0, "capacity.ceiling", c.Ceiling, "at least 0 (0: no limit)")
	p.require(c.Ceiling <= 0 || c.Ceiling >= floor, "capacity.ceiling", c.Ceiling,
		"at least the greatest floor (%d), nor 0 (no limit)", floor)
}

func (s ScaleIn) validate(p *problems) {
	p.share("scale_in.max_share", s.MaxShare)
	p.share("scale_in.max_unseen", s.MaxUnseen)
	p.share("scale_in.max_vanished", s.MaxVanished)
	p.require(s.RecordingsDeadline >= 0, "scale_in.recordings_deadline", s.RecordingsDeadline,
		"at least 0s (0s: wait for ever)")
}

func (c Cooldowns) validate(p *problems) {
	p.positive("cooldowns.server_up", c.ServerUp)
	p.positive("cooldowns.server_down", c.ServerDown)
	p.positive("cooldowns.scale_out", c.Out)
	p.positive("cooldowns.scale_in", c.In)
	p.positive("cooldowns.backoff", c.Backoff)
	p.require(c.BackoffMax >= c.Backoff, "cooldowns.backoff_max", c.BackoffMax,
		"at least cooldowns.backoff (%v)", c.Backoff)
}

func (d Deadlines) validate(p *problems) {
	p.positive("deadlines.start", d.Start)
	p.require(d.Queue >= 0, "deadlines.queue", d.Queue, "at least 0s")
	p.positive("deadlines.warm", d.Warm)
	p.positive("deadlines.stop", d.Stop)
	p.positive("deadlines.resize", d.Resize)
	p.positive("deadlines.drain", d.Drain)
	p.positive("deadlines.read", d.Read)
	p.positive("deadlines.write", d.Write)
	p.positive("deadlines.patience", d.Patience)
	p.require(d.Stale > d.Read, "deadlines.stale", d.Stale, "more than deadlines.read (%v)", d.Read)
	p.positive("deadlines.alert_resync", d.AlertResync)
	p.require(d.AlertExpiry > d.AlertResync, "deadlines.alert_expiry", d.AlertExpiry,
		"more than deadlines.alert_resync (%v)", d.AlertResync)
}

// Warnings names what is allowed and likely to surprise.
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
