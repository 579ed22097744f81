package fleet

import (
	"fmt"
	"time"
)

// Classify sets where the server stands in its life.
func (s *Server) Classify(cfg Config, w Snapshot, now time.Time) {
	s.State, s.Problem = s.stateNow(cfg, w, now)
}

func (s *Server) stateNow(cfg Config, w Snapshot, now time.Time) (State, string) {
	switch {
	case cfg.Excluded(s.CloudServer):
		return StateExcluded, "excluded by the configuration"
	case w.Unsure[s.Datacenter] != "":
		return StateUncertain, w.Unsure[s.Datacenter]
	case w.Missing[s.ID] != "":
		return StateUncertain, w.Missing[s.ID]
	case cfg.NoBalancer:
		return s.stateAlone()
	case w.BalancerUnsure != "":
		return StateUncertain, w.BalancerUnsure
	case s.Balancer == nil && s.Problem != "":
		return StateUnjoined, s.Problem
	case s.Balancer == nil:
		return StateUnjoined, "not found in the balancer: register it, or mend its DNS name or scalelite.host_names"
	case s.Power == PowerOther:
		return StateUncertain, "the cloud says that it is neither on nor off"
	case s.Power == PowerOff:
		return s.stateOff()
	}
	return s.stateOn(cfg, now)
}

// stateAlone is the life of a server without a balancer: on or off.
func (s *Server) stateAlone() (State, string) {
	switch s.Power {
	case PowerOn:
		return StateActive, ""
	case PowerOff:
		return s.stateOff()
	}
	return StateUncertain, "the cloud says that it is neither on nor off"
}

func (s *Server) stateOff() (State, string) {
	switch {
	case s.InFlight(Start):
		return StateStarting, ""
	case s.InFlight(Shrink):
		return StateResizing, ""
	case s.Record.Manual != "":
		return StateManual, s.Record.Manual
	}
	return StateOff, ""
}

func (s *Server) stateOn(cfg Config, now time.Time) (State, string) {
	switch {
	case s.InFlight(Start):
		return StateStarting, ""
	case s.InFlight(Stop):
		return StateStopping, ""
	}
	switch s.Record.Aim {
	case AimServe:
		return s.stateServe(cfg, now)
	case AimDrain:
		return s.stateDrain()
	case AimRepair:
		return StateDown, "does not answer; taken out until it does"
	}
	return s.stateFree()
}

// stateServe is the way into service; Scalelite sends meetings to an enabled
// server only once its poller has seen it.
func (s *Server) stateServe(cfg Config, now time.Time) (State, string) {
	switch {
	case s.Balancer.State == Enabled && s.Balancer.Online && s.Balancer.LoadKnown:
		return StateActive, ""
	case now.Sub(s.Record.At) > cfg.Deadlines.Warm:
		return StateDown, "runs, but BigBlueButton did not come into service in time; back once it answers"
	}
	return StateWarming, ""
}

func (s *Server) stateDrain() (State, string) {
	if s.Balancer.State != Enabled && s.Probe.Empty() {
		return StateEmpty, ""
	}
	return StateDraining, ""
}

// stateFree is a running server that the scaler has begun nothing with.
func (s *Server) stateFree() (State, string) {
	switch {
	case s.Balancer.State != Enabled:
		return StateManual, fmt.Sprintf("%s in the balancer by a person: enable it there to give it to the scaler", s.Balancer.State)
	case !s.Balancer.Online:
		return StateDown, "enabled, but the balancer cannot reach it"
	}
	return StateActive, ""
}

// InFlight reports whether a step of the kind was asked for and does not show yet.
func (s *Server) InFlight(k Kind) bool { return s.Record.InFlight(k) }

// NoteState notes when the state changed.
func (s *Server) NoteState(now time.Time) {
	s.Record.ID = s.ID
	if s.Record.State != s.State {
		s.Record.State, s.Record.Since = s.State, now
	}
}

// ApplyPauses notes why the server is to be left alone for now.
func (s *Server) ApplyPauses(pauses []Pause, now time.Time) {
	for _, p := range pauses {
		if !p.Covers(s.CloudServer, now) {
			continue
		}
		why := fmt.Sprintf("paused until %s: %s", p.Until.Format("15:04 MST"), p.Reason)
		if p.ScaleInOnly {
			s.HoldIn = why
		} else {
			s.Hold = why
		}
	}
	if s.Record.Manual != "" && s.State != StateManual && s.Hold == "" {
		s.Hold = s.Record.Manual
	}
}
