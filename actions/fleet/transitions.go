package fleet

import (
	"fmt"
	"time"
)

// Observe updates the server's record from what was read, before the plan is made: it
// ends the step in flight, confirms what was written to the balancer, and detects
// what a person changed. It returns the journal entries of the steps that ended.
// failed is the cloud's error message if the request of the step in flight failed,
// otherwise "". cloudAt and balancerAt are when the two lists were read.
func (s *Server) Observe(cfg Config, failed string, cloudAt, balancerAt, now time.Time) []Entry {
	r := &s.Record
	r.ID = s.ID
	var entries []Entry
	if r.Flight != nil {
		entries = s.endFlight(cfg, failed, cloudAt, now)
	}
	if r.Flight == nil {
		s.notePeople(now)
	}
	if s.Balancer != nil {
		s.confirm(cfg, balancerAt, now)
	}
	s.countMeetings(now)
	return entries
}

// endFlight ends the step in flight if the cloud shows its goal, its request failed,
// nothing shows that it was ever sent, or its deadline has passed.
func (s *Server) endFlight(cfg Config, failed string, readAt, now time.Time) []Entry {
	f := s.Record.Flight
	switch {
	case s.Reached(f.Step):
		s.Record.ForgetFailures()
		s.complete(f.Step, f.At, now)
		return s.end(Done, "", now)
	case failed != "":
		return s.giveUp(cfg, failed, now)
	case f.Request == "" && !s.Busy && readAt.Sub(f.At) > untraced && !f.Step.Kind.SwitchesOff():
		return s.end(Abandoned, "the cloud shows no sign of it: it was never sent, or never accepted", now)
	case !now.Before(f.Deadline):
		return s.giveUp(cfg, fmt.Sprintf("not done within %s (the cloud reports power %s, busy %v)",
			f.Deadline.Sub(f.At).Round(time.Second), s.Power, s.Busy), now)
	}
	return nil
}

// untraced is how long a write whose answer was lost, in a crash or with a broken
// connection, may take to show in the cloud's list before it is abandoned.
const untraced = time.Minute

// SwitchesOff reports whether a step of kind k that is carried out late would end
// meetings that have begun in the meantime. Such a step is not abandoned while
// nothing shows it: it stays in flight until its deadline.
func (k Kind) SwitchesOff() bool { return k == Stop || k == Shrink }

// giveUp ends the step in flight as failed, and starts the backoff.
func (s *Server) giveUp(cfg Config, why string, now time.Time) []Entry {
	s.Record.Fail(why, now, cfg.Cooldowns)
	s.Record.Tried = &s.Record.Flight.Step
	return s.end(Failed, why, now)
}

// Reached reports whether the cloud shows the goal of a step and no pending change.
func (s *Server) Reached(step Step) bool {
	if s.Busy {
		return false
	}
	switch step.Kind {
	case Start:
		return s.Power == PowerOn
	case Stop:
		return s.Power == PowerOff
	}
	return s.Size == step.To
}

// complete updates the record after a step that was requested at asked has reached its
// goal. It also begins the cooldown, because the answer to the write may have been
// lost.
func (s *Server) complete(step Step, asked, now time.Time) {
	switch step.Kind {
	case Grow:
		s.Record.Grew(step.To, asked)
	case Shrink:
		s.Record.Down = later(s.Record.Down, asked)
	case Start:
		s.Record.At = now // Deadlines.Warm counts from here
	case Stop:
		s.Record.SetAim(AimOff, now)
	}
}

// end removes the step in flight and returns its journal entry. A step that has reached
// its goal explains the power or the size that it changes; notePeople detects every
// other change.
func (s *Server) end(o Outcome, detail string, now time.Time) []Entry {
	f := s.Record.Flight
	s.Record.Flight = nil
	switch {
	case o != Done:
		s.Record.Made = "" // a step that failed cannot be reversed
	case f.Step.To == (Size{}):
		s.Record.Power = s.Power
	default:
		s.Record.Size = s.Size
	}
	return []Entry{{At: now, Step: f.Step, Outcome: o, Detail: detail, Request: f.Request,
		Took: Seconds(now.Sub(f.At).Seconds())}}
}

// notePeople compares power and size with those of the last cycle. A change without a
// step of the scaler was made by a person.
func (s *Server) notePeople(now time.Time) {
	r := &s.Record
	if t := r.Tried; t != nil && s.Reached(*t) {
		r.ForgetFailures()
		s.complete(*t, now, now)
		r.Power, r.Size = s.Power, s.Size
	}
	switch {
	case r.Power == PowerOn && s.Power == PowerOff:
		r.Manual, r.ManualAt = "stopped by a person, or by itself: start it, or release it, to give it to the scaler", now
	case r.Power == PowerOff && s.Power == PowerOn && r.Manual != "":
		r.Manual, r.ManualAt = "", time.Time{} // the person has given it back
	}
	if r.Power == PowerOff && s.Power == PowerOn && (r.Aim == AimOff || r.Aim == AimDrain) {
		r.Aim = AimNone // started by a person
	}
	if r.Size != (Size{}) && r.Size != s.Size && r.Manual == "" {
		r.Manual, r.ManualAt = fmt.Sprintf("resized by a person from %s to %s: release it to give it to the scaler", r.Size, s.Size), now
	}
	if s.Power != PowerOther {
		r.Power = s.Power
	}
	r.Size = s.Size
}

// confirm compares the balancer's list with the last state written to it. A state
// that is still there a poll interval after the write is confirmed. Before that, the
// balancer's poller may have overwritten it, and the plan repairs a difference. After
// that, a person has changed it, and the aim ends. If the list never shows the state
// within a poll interval, the write was lost: the state in the list replaces Wrote,
// so that no later step waits for the confirmation of the lost one.
func (s *Server) confirm(cfg Config, readAt, now time.Time) {
	r := &s.Record
	if r.Wrote == "" {
		return
	}
	if readAt.Before(r.WroteAt) {
		s.Balancer.State = r.Wrote // the list is older than the write
		return
	}
	holds := s.Balancer.State == r.Wrote || (r.Wrote == Cordoned && s.Balancer.State == Disabled)
	switch {
	case holds && readAt.Sub(r.WroteAt) >= cfg.PollInterval:
		r.Confirmed = true
		if r.Aim == AimServe && r.Wrote == Enabled && s.Balancer.Online && s.Balancer.LoadKnown {
			r.SetAim(AimNone, now)
		}
	case !holds && r.Confirmed:
		r.SetAim(AimNone, now)
	case !holds && readAt.Sub(r.WroteAt) >= cfg.PollInterval:
		r.SetWrote(s.Balancer.State, readAt)
	}
}

// countMeetings updates EmptySince and Least from the latest probe.
func (s *Server) countMeetings(now time.Time) {
	r := &s.Record
	if !s.Probe.Answered() {
		return
	}
	if !s.Probe.Empty() {
		r.EmptySince = time.Time{}
	} else if r.EmptySince.IsZero() {
		r.EmptySince = now
	}
	cordoned := r.Wrote == Cordoned && s.Probe.At.Sub(r.WroteAt) >= createTime
	if n := s.Probe.Count.placed(); (r.Confirmed || cordoned) && (!r.LeastKnown || n < r.Least) {
		r.Least, r.LeastKnown = n, true
	}
}

// createTime is how long a meeting that Scalelite placed on a server before it was
// cordoned may take until the server lists it. Meetings that appear later were placed
// after the cordon.
const createTime = 15 * time.Second

// CordonedInVain reports whether the server still gets new meetings although the
// balancer lists it as cordoned. This happens when Scalelite's poller adds a server
// back to the candidates while it is being cordoned.
func (s *Server) CordonedInVain() bool {
	r := s.Record
	return r.Confirmed && r.LeastKnown && s.Probe.Answered() && s.Balancer.State == Cordoned &&
		s.Probe.Count.placed() > r.Least
}
