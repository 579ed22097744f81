package plan

import (
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// finishDrains carries on with draining servers: repairs a cordon, disables
// and stops those that are proven empty. It comes after all that could take
// them back into service.
func (d *decision) finishDrains() {
	d.each(fleet.StateDraining, d.drain)
	d.each(fleet.StateEmpty, d.empty)
}

// drain decides what happens to a server that drains and may have meetings.
func (d *decision) drain(s *fleet.Server) {
	count, high := s.Probe.Count, toGrow(s, d.cfg.Asks)
	switch {
	case s.Balancer.State == fleet.Enabled:
		d.step(s, fleet.Cordon, s.Record.Aim, fleet.Size{}, nil, "the balancer lost the cordon: cordoned again")
	case s.CordonedInVain():
		d.step(s, fleet.Enable, s.Record.Aim, fleet.Size{}, nil, "meetings still come although it is cordoned: enabled, to be cordoned anew")
	case s.Balancer.State == fleet.Disabled && s.Probe.Answered() && !s.Probe.Empty():
		// Also when nobody is on it yet: a room that was just opened has no one, and
		// nobody can join it while its server is disabled.
		d.step(s, fleet.Cordon, s.Record.Aim, fleet.Size{}, nil, "disabled with %s on it: cordoned, so that people can join",
			fleet.Plural(count.Meetings, "meeting", "meetings"))
	case len(high) > 0 && (count.Participants > 0 || s.Balancer.Load > 0):
		d.growBusy(s, high, s.Size)
	case !s.Probe.Answered():
		d.say(s, "draining: not proven empty, BigBlueButton does not answer")
	case d.v.Now.Sub(s.Record.At) > d.cfg.Deadlines.Drain:
		d.say(s, "draining since %s, longer than expected: %s left", fleet.Clock(s.Record.At), fleet.Plural(s.Probe.Count.Meetings, "meeting", "meetings"))
	default:
		d.say(s, "draining: %s left", fleet.Plural(s.Probe.Count.Meetings, "meeting", "meetings"))
	}
}

// empty decides what happens to a server that is proven to have no meeting: it
// is disabled, then stopped, unless one of the reasons below keeps it on.
func (d *decision) empty(s *fleet.Server) {
	wait := d.recordings(s)
	switch {
	case s.HoldIn != "":
		d.say(s, "%s", s.HoldIn)
	case len(d.brakes) > 0:
		d.say(s, "empty; not stopped: %s", d.brakes[0])
	case s.Busy:
		d.say(s, "empty; the cloud has a change of it pending")
	case !s.Record.Confirmed:
		d.say(s, "empty; waits for the balancer's poller to show that the %s holds", s.Record.Wrote)
	case wait != "":
		d.say(s, "empty; %s", wait)
	case s.Balancer.State != fleet.Disabled && d.v.Now.Sub(s.Record.EmptySince) < d.cfg.PollInterval:
		d.say(s, "empty; disabled once it has been empty for a poll interval")
	case s.Balancer.State != fleet.Disabled:
		d.step(s, fleet.Disable, s.Record.Aim, fleet.Size{}, nil, "no meeting left")
	default:
		d.step(s, fleet.Stop, fleet.AimDrain, fleet.Size{}, s.AlertsAsking(d.cfg.Asks, rules.AskStop), "no meeting left and out of service")
	}
}

// recordings says what an empty server waits for before it may be stopped: its
// idle alert, which shows that its recordings are processed, or the deadline.
func (d *decision) recordings(s *fleet.Server) string {
	limit := d.cfg.ScaleIn.RecordingsDeadline
	switch {
	case len(s.AlertsAsking(d.cfg.Asks, rules.AskStop)) > 0:
		return ""
	case limit == 0, s.Record.EmptySince.IsZero():
		return "waits for its idle alert (recordings processed)"
	case d.v.Now.Sub(s.Record.EmptySince) >= limit:
		return ""
	}
	return "waits for its idle alert (recordings processed), until " + fleet.Clock(s.Record.EmptySince.Add(limit))
}
