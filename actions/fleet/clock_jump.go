package fleet

import (
	"reflect"
	"slices"
	"time"
)

// clockSlack is how far a stored time may be ahead of a cycle's time before it
// counts as wrong: writes of earlier cycles store times while a cycle runs.
const clockSlack = time.Minute

// pulled returns t, or now if t is more than clockSlack after now. Then the clock was
// set back since t was stored.
func pulled(t, now time.Time) time.Time {
	if t.Sub(now) > clockSlack {
		return now
	}
	return t
}

// CorrectClock sets every time of the record that is more than 1 min after now to
// now: the clock was set back since it was stored. Without this, cooldowns and
// deadlines would last longer by as much as the clock was ahead.
func (r *Record) CorrectClock(now time.Time, c Cooldowns) {
	for _, t := range []*time.Time{&r.At, &r.WroteAt, &r.EmptySince, &r.Up, &r.UpCores, &r.UpRAM, &r.Down, &r.Since, &r.MadeAt, &r.ManualAt} {
		*t = pulled(*t, now)
	}
	r.RetryAt = pulled(r.RetryAt, now.Add(c.BackoffMax))
	if f := r.Flight; f != nil && pulled(f.At, now) != f.At {
		corrected := *f // a copy, because the stored record points to f
		corrected.At, corrected.Deadline = now, now.Add(f.Deadline.Sub(f.At))
		r.Flight = &corrected
	}
}

// correctClock does the same for a contest, and returns whether any time was changed.
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

// CorrectClock returns f with every time that is more than 1 min after now set to
// now, and whether any time was changed.
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
