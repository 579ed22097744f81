package fleet

import (
	"reflect"
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
// Without that, what waits for a deadline after one of them would wait for as
// long as the jump, and a server on its way would count as coming all the while.
func (r *Record) CorrectClock(now time.Time, c Cooldowns) {
	for _, t := range []*time.Time{&r.At, &r.WroteAt, &r.EmptySince, &r.Up, &r.Down, &r.Since, &r.MadeAt, &r.ManualAt} {
		*t = pulled(*t, now)
	}
	r.RetryAt = pulled(r.RetryAt, now.Add(c.BackoffMax))
	if f := r.Flight; f != nil && pulled(f.At, now) != f.At {
		corrected := *f // the stored record shares f
		corrected.At, corrected.Deadline = now, now.Add(f.Deadline.Sub(f.At))
		r.Flight = &corrected
	}
}

// correctClock does the same for a contest, and reports whether it changed it.
func (c *Contest) correctClock(now time.Time) (changed bool) {
	before := *c
	c.Reversals = slices.Clone(c.Reversals) // the stored record shares them
	for i := range c.Reversals {
		c.Reversals[i].At = pulled(c.Reversals[i].At, now)
	}
	for _, t := range []*time.Time{&c.Since, &c.From, &c.Last, &c.Ended} {
		*t = pulled(*t, now)
	}
	return !reflect.DeepEqual(before, *c)
}

// CorrectClock is f with the times that a clock ahead of now has stored back at now,
// and whether there were any.
func (f FleetRecord) CorrectClock(now time.Time) (FleetRecord, bool) {
	in, fewer, outs := pulled(f.In, now), pulled(f.FewerSince, now), slices.Clone(f.Outs)
	for i, at := range outs {
		outs[i] = pulled(at, now)
	}
	changed := !in.Equal(f.In) || !fewer.Equal(f.FewerSince) || !slices.EqualFunc(outs, f.Outs, time.Time.Equal)
	f.In, f.FewerSince, f.Outs = in, fewer, outs
	changed = f.Contest.correctClock(now) || changed
	return f, changed
}
