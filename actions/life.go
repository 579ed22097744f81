package actions

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// repair takes servers that do not answer out of service, and back in. Cordoned
// is enough: no new meeting comes, and people can still join those it has, in
// case only its web side hangs.
func (d *decision) repair() {
	if silent, of := d.silent(); silent > atLeastOne(d.cfg.ScaleIn.MaxUnseen, of) {
		d.plan.Brakes = append(d.plan.Brakes, plural(silent, "server does", "servers do")+
			" not answer at once: none is taken out, the fault may be on our side")
	} else {
		d.each(StateActive, d.takeOut)
	}
	d.each(StateDown, d.bringBack)
}

// silent counts the servers that should answer and do not, of those that are in
// service or would be if they had answered: what is off tells nothing of a
// fault on our side, and what was taken out for its silence does.
func (d *decision) silent() (silent, of int) {
	for i := range d.v.Servers {
		s := &d.v.Servers[i]
		if s.State != StateActive && (s.State != StateDown || s.Record.Aim != AimRepair) {
			continue
		}
		of++
		if s.Probe.silent() {
			silent++
		}
	}
	return silent, of
}

func (d *decision) takeOut(s *Server) {
	down := s.asked(d.cfg.Asks, rules.AskDisable)
	switch {
	case len(down) == 0 || d.cfg.NoBalancer:
	case s.Probe.silent():
		d.step(s, Cordon, AimRepair, Size{}, down, "neither its exporter nor BigBlueButton answers: taken out")
		d.active--
	case s.Probe.answered():
		d.say(s, "its exporter does not answer, BigBlueButton does: left in service")
	default:
		d.say(s, "its exporter does not answer; BigBlueButton is being asked")
	}
}

func (d *decision) bringBack(s *Server) {
	down := s.asked(d.cfg.Asks, rules.AskDisable)
	switch {
	case s.Record.Aim == AimNone:
		d.say(s, "%s", s.Problem) // the balancer takes it back by itself
	case s.Record.Aim == AimServe && s.Balancer.State == Enabled:
		d.say(s, "enabled, but the balancer has not seen it answer")
	case s.Record.Aim == AimRepair && s.Balancer.State == Enabled:
		d.step(s, Cordon, AimRepair, Size{}, nil, "the balancer lost the cordon: cordoned again")
	case s.Probe.answered() && len(down) == 0:
		d.step(s, Enable, AimServe, Size{}, nil, "BigBlueButton answers again: back into service")
	default:
		d.say(s, "%s", s.Problem)
	}
}

// warm enables what was started, once BigBlueButton itself answers.
func (d *decision) warm() {
	d.each(StateWarming, func(s *Server) {
		switch {
		case s.Balancer.State == Enabled:
			d.say(s, "enabled; waits for the balancer's next poll")
		case s.Probe.answered():
			d.step(s, Enable, AimServe, Size{}, nil, "BigBlueButton answers: into service")
		default:
			d.say(s, "waits for BigBlueButton to answer, until %s",
				clock(s.Record.At.Add(d.cfg.Deadlines.Warm)))
		}
	})
}

// finishDrains carries drained servers on to their end. It comes after what
// could take them back into service.
func (d *decision) finishDrains() {
	d.each(StateDraining, d.drain)
	d.each(StateEmpty, d.emptied)
}

func (d *decision) drain(s *Server) {
	people, high := s.Probe.Count.Participants, s.toGrow(d.cfg.Asks)
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

func (d *decision) emptied(s *Server) {
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
// idle alert, the sign that recordings are processed, or the deadline.
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

// floorAhead is the floor to keep at now in a fleet of so many servers: that of
// the schedule, also what it will be within the time that it takes to start what
// those in service lack, at most MaxStep servers a cooldown.
func (c Config) floorAhead(now time.Time, servers, have int) int {
	floor := c.Capacity.FloorAt(now, servers)
	highest := floor
	for _, f := range c.Capacity.Schedule {
		highest = max(highest, f.MinActive)
	}
	lead := c.lead(highest - have)
	for at := now.Truncate(time.Minute).Add(time.Minute); highest > floor && at.Sub(now) <= lead; at = at.Add(time.Minute) {
		if f := c.Capacity.FloorAt(at, servers); f > floor && at.Sub(now) <= c.lead(f-have) {
			floor = f
		}
	}
	return floor
}

// lead is how long before they are needed so many servers must begin to start.
func (c Config) lead(missing int) time.Duration {
	batches := max(0, (missing-1)/max(1, c.Capacity.MaxStep))
	return min(c.Capacity.StartTime+time.Duration(batches)*c.Cooldowns.Out, 12*time.Hour)
}
