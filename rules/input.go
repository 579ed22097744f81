package rules

import (
	"fmt"
	"time"
)

// Input is what the rules take from the other sections of the file.
type Input struct {
	Fleet         string        // fleet.name
	Thresholds    Thresholds    // thresholds
	Headroom      float64       // capacity.headroom: how far below a band's top scaling aims
	Tolerance     float64       // capacity.tolerance: how far above that a load may be, as a share
	Floor         int           // capacity.min_active: the floor while the scaler's own metric is absent
	Cooldown      time.Duration // cooldowns.scale_out: how often a firing alert is sent again
	StartTime     time.Duration // capacity.start_time: how far ahead the forecast looks, at least
	DrainDeadline time.Duration // deadlines.drain
	StaleAfter    time.Duration // deadlines.stale
	AlertExpiry   time.Duration // deadlines.alert_expiry
}

// Validate returns everything that is wrong with in, each error beginning with
// the path of the key that it came from.
func (in Input) Validate() []error {
	var p problems
	p.check(in.Fleet != "", "fleet.name", in.Fleet, "must not be empty")
	p.check(in.Floor >= 0, "capacity.min_active", in.Floor, "must be at least 0")
	p.check(in.Headroom >= 0 && in.Headroom < 1, "capacity.headroom", in.Headroom, "must be at least 0 and below 1")
	p.check(in.Tolerance >= 0 && in.Tolerance < 1, "capacity.tolerance", in.Tolerance, "must be at least 0 and below 1")
	p.duration("cooldowns.scale_out", in.Cooldown)
	p.duration("capacity.start_time", in.StartTime)
	p.duration("deadlines.drain", in.DrainDeadline)
	p.duration("deadlines.stale", in.StaleAfter)
	p.duration("deadlines.alert_expiry", in.AlertExpiry)
	return append(p, in.Thresholds.Validate()...)
}

// Validate returns what is wrong with the thresholds, each error beginning
// with its key's path.
func (t Thresholds) Validate() []error {
	return append(t.CPU.validate("thresholds.cpu"), t.Memory.validate("thresholds.memory")...)
}

func (b Band) validate(path string) []error {
	var p problems
	p.check(b.Min > 0 && b.Min < 1, path+".min", b.Min, "must be above 0 and below 1")
	p.check(b.Max > 0 && b.Max < 1, path+".max", b.Max, "must be above 0 and below 1")
	p.check(!(b.Min >= b.Max), path+".min", b.Min, fmt.Sprintf("must be below %s.max, which is %v", path, b.Max))
	return p
}

// problems collects errors of the form `path: value: what is allowed`.
type problems []error

func (p *problems) check(ok bool, path string, value any, allowed string) {
	if ok {
		return
	}
	if text, is := value.(string); is {
		value = fmt.Sprintf("%q", text)
	}
	*p = append(*p, fmt.Errorf("%s: %v: %s", path, value, allowed))
}

func (p *problems) duration(path string, d time.Duration) {
	p.check(d > 0, path, d, "must be longer than 0")
}
