package fleet

import (
	"fmt"
	"time"
)

// Classify sets State and Problem from the server, its record and the snapshot.
func (s *Server) Classify(cfg Config, w Snapshot, now time.Time) {
	s.State, s.Problem = s.stateNow(cfg, w, now)
}

// stateNow returns the state and the problem. The first condition that applies
// decides.
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
		return StateUnjoined, "not found in the balancer: register it, or correct its DNS name or scalelite.host_names"
	case s.Power == PowerOther:
		return StateUncertain, "the cloud reports it as neither on nor off"
	case s.Power == PowerOff:
		return s.stateOff()
	}
	return s.stateOn(cfg, now)
}

// stateAlone returns the state of a server when no balancer is configured.
func (s *Server) stateAlone() (State, string) {
	switch s.Power {
	case PowerOn:
		return StateActive, ""
	case PowerOff:
		return s.stateOff()
	}
	return StateUncertain, "the cloud reports it as neither on nor off"
}

// stateOff returns the state of a server that is switched off.
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

// stateOn returns the state of a server that is switched on.
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
		return StateDown, "does not answer; cordoned until it does"
	}
	return s.stateFree()
}

// stateServe returns the state of a server that the scaler brings into service. An
// enabled server is not active before the balancer reports it as online with a known
// load: Scalelite places no meetings on it before its poller has reached it.
func (s *Server) stateServe(cfg Config, now time.Time) (State, string) {
	switch {
	case s.Balancer.State == Enabled && s.Balancer.Online && s.Balancer.LoadKnown:
		return StateActive, ""
	case now.Sub(s.Record.At) > cfg.Deadlines.Warm:
		return StateDown, "not in service before deadlines.warm; enabled once BigBlueButton answers"
	}
	return StateWarming, ""
}

// stateDrain returns the state of a server that the scaler drains.
func (s *Server) stateDrain() (State, string) {
	if s.Balancer.State != Enabled && s.Probe.Empty() {
		return StateEmpty, ""
	}
	return StateDraining, ""
}

// stateFree returns the state of a running server for which the scaler has no aim.
func (s *Server) stateFree() (State, string) {
	switch {
	case s.Balancer.State != Enabled:
		return StateManual, fmt.Sprintf("%s in the balancer by a person: enable it there to give it to the scaler", s.Balancer.State)
	case !s.Balancer.Online:
		return StateDown, "enabled, but the balancer cannot reach it"
	}
	return StateActive, ""
}

// InFlight reports whether a step of kind k was sent to the cloud and has not ended.
func (s *Server) InFlight(k Kind) bool { return s.Record.InFlight(k) }

// NoteState stores State in the record, the time of a change in Record.Since, and
// whether the balancer takes the server into service in Record.Skipped.
func (s *Server) NoteState(now time.Time) {
	s.Record.ID = s.ID
	if s.Record.State != s.State {
		s.Record.State, s.Record.Since = s.State, now
	}
	switch {
	case s.State == StateActive:
		s.Record.Skipped = false
	case s.NotTaken():
		s.Record.Skipped = true
	}
}

// NotTaken reports whether the server answers and is enabled, but the balancer has not
// brought it online before its deadline. The poller has then stopped, or does not reach
// the server.
func (s *Server) NotTaken() bool {
	return s.State == StateDown && s.Record.Aim == AimServe && s.Balancer.State == Enabled && s.Probe.Answered()
}

// ApplyPauses sets Hold and HoldIn from the pauses that cover the server, and Hold
// from what a person did to it.
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
