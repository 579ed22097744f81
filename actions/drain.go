package actions

import (
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// finishDrains carries on with draining servers: repairs a cordon, disables
// and stops those that are proven empty. It comes after all that could take
// them back into service.
func (d *decision) finishDrains() {
	d.each(StateDraining, d.drain)
	d.each(StateEmpty, d.empty)
}

// drain decides what happens to a server that drains and may have meetings.
func (d *decision) drain(s *Server) {
	people, high := s.Probe.Count.Participants, toGrow(s, d.cfg.Asks)
	switch {
	case s.Balancer.State == Enabled:
		d.step(s, Cordon, s.Record.Aim, Size{}, nil, "the balancer lost the cordon: cordoned again")
	case s.cordonedInVain():
		d.step(s, Enable, s.Record.Aim, Size{}, nil, "meetings still come although it is cordoned: enabled, to be cordoned anew")
	case s.Balancer.State == Disabled && s.Probe.answered() && people > 0:
		d.step(s, Cordon, s.Record.Aim, Size{}, nil, "disabled with %s on it: cordoned, so that they can join again", plural(people, "person", "people"))
	case len(high) > 0 && (people > 0 || s.Balancer.Load > 0):
		d.growBusy(s, high, s.Size)
	case !s.Probe.answered():
		d.say(s, "draining: not proven empty, BigBlueButton does not answer")
	case d.v.Now.Sub(s.Record.At) > d.cfg.Deadlines.Drain:
		d.say(s, "draining since %s, longer than expected: %s left", clock(s.Record.At), plural(s.Probe.Count.Meetings, "meeting", "meetings"))
	default:
		d.say(s, "draining: %s left", plural(s.Probe.Count.Meetings, "meeting", "meetings"))
	}
}

// empty decides what happens to a server that is proven to have no meeting: it
// is disabled, then stopped, unless one of the reasons below keeps it on.
func (d *decision) empty(s *Server) {
	wait := d.recordings(s)
	switch {
	case s.HoldIn != "":
		d.say(s, "%s", s.HoldIn)
	case len(d.plan.Brakes) > 0:
		d.say(s, "empty; not stopped: %s", d.plan.Brakes[0])
	case s.Busy:
		d.say(s, "empty; the cloud has a change of it pending")
	case !s.Record.Confirmed:
		d.say(s, "empty; waits for the balancer's poller to show that the %s holds", s.Record.Wrote)
	case wait != "":
		d.say(s, "empty; %s", wait)
	case s.Balancer.State != Disabled:
		d.step(s, Disable, s.Record.Aim, Size{}, nil, "no meeting left")
	default:
		d.step(s, Stop, AimDrain, Size{}, s.asked(d.cfg.Asks, rules.AskStop), "no meeting left and out of service")
	}
}

// recordings says what an empty server waits for before it may be stopped: its
// idle alert, which shows that its recordings are processed, or the deadline.
func (d *decision) recordings(s *Server) string {
	limit := d.cfg.ScaleIn.RecordingsDeadline
	switch {
	case len(s.asked(d.cfg.Asks, rules.AskStop)) > 0:
		return ""
	case limit == 0:
		return "waits for its idle alert (recordings processed)"
	case d.v.Now.Sub(s.Record.EmptySince) >= limit:
		return ""
	}
	return "waits for its idle alert (recordings processed), until " + clock(s.Record.EmptySince.Add(limit))
}
