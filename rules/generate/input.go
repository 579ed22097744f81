package generate

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Input holds the values that the rules take from other sections of the
// configuration file.
type Input struct {
	Fleet         string           // fleet.name
	Thresholds    rules.Thresholds // thresholds
	IdleRAM       int              // sizes.idle_ram_mib: what a server holds while nobody is on it, until it is learned
	Headroom      float64          // capacity.headroom: the share of a band's max that scaling keeps free
	Tolerance     float64          // capacity.tolerance: the share by which a load may exceed that target
	Floor         int              // capacity.min_active: the floor while the scaler's own metric is absent
	Cooldown      time.Duration    // cooldowns.scale_out: how often a firing alert is sent again
	StartTime     time.Duration    // capacity.start_time: how far ahead the forecast looks, at least
	DrainDeadline time.Duration    // deadlines.drain
	StaleAfter    time.Duration    // deadlines.stale
	AlertExpiry   time.Duration    // deadlines.alert_expiry
}

// Validate returns everything that is wrong with in, each error beginning with
// the path of the key that it came from.
func (in Input) Validate() []error {
	var p problems
	p.check(in.Fleet != "", "fleet.name", in.Fleet, "not be empty")
	p.check(in.Floor >= 0, "capacity.min_active", in.Floor, "be at least 0")
	p.check(in.IdleRAM >= 0, "sizes.idle_ram_mib", in.IdleRAM, "be at least 0")
	p.check(in.Headroom >= 0 && in.Headroom < 1, "capacity.headroom", in.Headroom, "be at least 0 and below 1")
	p.check(in.Tolerance >= 0 && in.Tolerance < 1, "capacity.tolerance", in.Tolerance, "be at least 0 and below 1")
	p.duration("cooldowns.scale_out", in.Cooldown)
	p.duration("capacity.start_time", in.StartTime)
	p.duration("deadlines.drain", in.DrainDeadline)
	p.duration("deadlines.stale", in.StaleAfter)
	p.duration("deadlines.alert_expiry", in.AlertExpiry)
	return append(p, in.Thresholds.Validate()...)
}
