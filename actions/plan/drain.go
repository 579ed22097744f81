package plan

import (
	"fmt"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// finishDrains continues the drains: it repairs lost cordons, and disables and
// stops the servers that are proven empty. It runs after scaleOut, which may take
// these servers back into service.
func (d *decision) finishDrains() {
	d.each(fleet.StateDraining, d.drain)
	d.each(fleet.StateEmpty, d.empty)
}

// drain decides the next step of a draining server that has meetings, or may have.
func (d *decision) drain(s *fleet.Server) {
	count, high := s.Probe.Count, toGrow(s, d.cfg.Asks)
	switch {
	case s.Balancer.State == fleet.Enabled && d.active < d.floor && s.Probe.Answered():
		// It takes meetings, which those on their way do not yet.
		d.say(s, "draining, enabled in the balancer; cordoned again once %d servers are active", d.floor)
	case s.Balancer.State == fleet.Enabled:
		d.step(s, fleet.Cordon, s.Record.Aim, fleet.Size{}, nil, "the balancer lost the cordon: cordoned again")
	case s.CordonedInVain():
		d.step(s, fleet.Enable, s.Record.Aim, fleet.Size{}, nil, "still gets new meetings although it is cordoned: enabled, then cordoned again")
	case s.Balancer.State == fleet.Disabled && s.Probe.Answered() && !s.Probe.Empty():
		// This also applies while the meetings have no participants: a meeting that
		// was just created has none, and nobody can join it on a disabled server.
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

// empty decides the next step of a server that is proven to have no meeting: it is
// disabled, then stopped, unless one of the reasons below prevents it.
func (d *decision) empty(s *fleet.Server) {
	wait := d.recordings(s)
	switch {
	case s.HoldIn != "":
		d.say(s, "%s", s.HoldIn)
	case len(d.brakes) > 0:
		d.say(s, "empty; not stopped: %s", d.brakes[0])
	case s.Busy:
		d.say(s, "empty; another change to it is pending in the cloud")
	case !s.Record.Confirmed:
		d.say(s, "empty; waits for a poll interval to confirm that it is still %s in the balancer", s.Record.Wrote)
	case wait != "":
		d.say(s, "empty; %s", wait)
	case s.Balancer.State != fleet.Disabled && d.v.Now.Sub(s.Record.EmptySince) < d.cfg.PollInterval:
		d.say(s, "empty; will be disabled once it has been empty for a poll interval")
	case s.Balancer.State != fleet.Disabled:
		d.step(s, fleet.Disable, s.Record.Aim, fleet.Size{}, nil, "no meeting left")
	default:
		d.step(s, fleet.Stop, fleet.AimDrain, fleet.Size{}, s.AlertsAsking(d.cfg.Asks, rules.AskStop), "no meeting left, and disabled in the balancer")
	}
}

// recordings returns what an empty server waits for before it may be disabled, or
// "". It waits for its idle alert, which does not fire while Prometheus sees a
// recording that is not processed, or for ScaleIn.RecordingsDeadline.
func (d *decision) recordings(s *fleet.Server) string {
	limit := d.cfg.ScaleIn.RecordingsDeadline
	until := s.Record.EmptySince.Add(limit)
	idle := "the alert " + rules.ServerIdle + ", which fires when no recording is left to process"
	if d.unmeasured(s) {
		idle = "the alert " + rules.ServerIdle + ", which cannot fire while Prometheus does not see the server"
	}
	switch {
	case len(s.AlertsAsking(d.cfg.Asks, rules.AskStop)) > 0:
		return ""
	case limit == 0:
		return "waits for " + idle + "; scale_in.recordings_deadline sets no limit"
	case s.Record.EmptySince.IsZero():
		return "waits for " + idle
	case !d.v.Now.Before(until):
		return ""
	}
	return fmt.Sprintf("waits for %s; stopped without it at %s (scale_in.recordings_deadline)", idle, fleet.Clock(until))
}
