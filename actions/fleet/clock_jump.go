package fleet

import (
	"slices"
	"time"
)

// clockSlack is how far ahead of a cycle's time a stored time may be: writes of
// earlier cycles go on while a cycle runs.
const clockSlack = time.Minute

// pulled is t, or now if t lies so far ahead that the clock must have been set
// back since it was stored: cooldowns would last as long as the jump.
func pulled(t, now time.Time) time.Time {
	if t.Sub(now) > clockSlack {
		return now
	}
	return t
}

// CorrectClock brings times that a clock ahead of now has stored back to now.
func (r *Record) CorrectClock(now time.Time, c Cooldowns) {
	r.Up, r.Down, r.WroteAt = pulled(r.Up, now), pulled(r.Down, now), pulled(r.WroteAt, now)
	r.RetryAt = pulled(r.RetryAt, now.Add(c.BackoffMax))
}

// CorrectClock is f with the times that a clock ahead of now has stored back at now,
// and whether there were any.
func (f FleetRecord) CorrectClock(now time.Time) (FleetRecord, bool) {
	in, outs := pulled(f.In, now), slices.Clone(f.Outs)
	for i, at := range outs {
		outs[i] = pulled(at, now)
	}
	changed := !in.Equal(f.In) || !slices.EqualFunc(outs, f.Outs, time.Time.Equal)
	f.In, f.Outs = in, outs
	return f, changed
}
