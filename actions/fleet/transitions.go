package fleet

import (
	"fmt"
	"time"
)

// Observe brings a server's record up to what was read, before anything
// is decided: it ends flights, confirms what was written to the balancer,
// notices what a person did, and returns the journal lines that follow. failed
// holds the cloud's words when it says that the flight's request failed;
// cloudAt and balancerAt are when the two were read.
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

// endFlight ends the flight when its goal shows, its request failed, or its
// deadline is over.
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
		return s.end(Abandoned, "the cloud shows nothing of it: it was never sent, or never accepted", now)
	case !now.Before(f.Deadline):
		return s.giveUp(cfg, fmt.Sprintf("not done within %s (the cloud says: power %s, busy %v)",
			f.Deadline.Sub(f.At).Round(time.Second), s.Power, s.Busy), now)
	}
	return nil
}

// untraced is how long a write whose answer was lost, to a crash or a broken
// connection, may take to show in the cloud's list before it is decided anew.
const untraced = time.Minute

// SwitchesOff reports whether a step that comes true late would end meetings that
// have begun since: one without trace keeps its server until its deadline.
func (k Kind) SwitchesOff() bool { return k == Stop || k == Shrink }

func (s *Server) giveUp(cfg Config, why string, now time.Time) []Entry {
	s.Record.Fail(why, now, cfg.Cooldowns)
	s.Record.Tried = &s.Record.Flight.Step
	return s.end(Failed, why, now)
}

// Reached reports whether the cloud shows the goal of a step.
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

// complete sets what comes after a step, asked for at the given time, that came
// true: also the cooldown, should its answer have been lost.
func (s *Server) complete(step Step, asked, now time.Time) {
	switch step.Kind {
	case Grow:
		s.Record.Up = later(s.Record.Up, asked)
	case Shrink:
		s.Record.Down = later(s.Record.Down, asked)
	case Start:
		s.Record.At = now // the deadline for warming begins
	case Stop:
		s.Record.SetAim(AimOff, now)
	}
}

func (s *Server) end(o Outcome, detail string, now time.Time) []Entry {
	f := s.Record.Flight
	s.Record.Flight = nil
	if o != Done {
		s.Record.Made = "" // what does not come true is undone by nobody
	}
	s.Record.Power, s.Record.Size = s.Power, s.Size
	return []Entry{{At: now, Step: f.Step, Outcome: o, Detail: detail, Request: f.Request,
		Took: Seconds(now.Sub(f.At).Seconds())}}
}

// notePeople compares power and size with what was last seen: a change without a
// step of ours is a person's.
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
		r.Manual, r.ManualAt = "", time.Time{} // given back
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

// confirm reads back what was written to the balancer: before a poll interval
// has passed its poller may still undo it, and a difference is to be repaired;
// after that a difference is a person's doing, and ends our aim. A write that
// never showed was lost: what the balancer shows instead is then read back in
// its place, so that the next step is decided from there and nothing waits for
// a state that nobody is going to write.
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

// countMeetings follows the meetings of a server that drains.
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
	if n := s.Probe.Count.placed(); r.Confirmed && (!r.LeastKnown || n < r.Least) {
		r.Least, r.LeastKnown = n, true
	}
}

// CordonedInVain reports whether meetings still come to the server although it
// reads cordoned: Scalelite's poller had put it back among the candidates.
func (s *Server) CordonedInVain() bool {
	r := s.Record
	return r.Confirmed && r.LeastKnown && s.Probe.Answered() && s.Balancer.State == Cordoned &&
		s.Probe.Count.placed() > r.Least
}
