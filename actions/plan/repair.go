package plan

import (
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// repair cordons servers that do not answer, and enables them again once they do.
// It never disables or stops them: a cordoned server gets no new meetings, while
// people can still join the running ones if only its API hangs.
// Servers that do not answer are counted over all pools, since a fault on the
// scaler's side concerns all of them.
func (all *shared) repair(pools []*decision) {
	if silent, of := all.silent(); silent > fleet.AtLeastOne(all.cfg.ScaleIn.MaxUnseen, of) {
		all.v.Brakes = append([]fleet.Hold{{Kind: fleet.HoldSilent, Text: fleet.Plural(silent, "server does", "servers do") +
			" not answer at the same time: none is cordoned, the fault may be on the scaler's side"}}, all.v.Brakes...)
	} else {
		each(pools, func(d *decision) { d.each(fleet.StateActive, d.takeOut) })
	}
	each(pools, func(d *decision) { d.each(fleet.StateDown, d.bringBack) })
}

// silent returns the number of servers that were probed and did not answer, and of
// all that should answer: those in service, and those cordoned for repair.
func (all *shared) silent() (silent, of int) {
	for i := range all.v.Servers {
		s := &all.v.Servers[i]
		if s.State != fleet.StateActive && (s.State != fleet.StateDown || s.Record.Aim != fleet.AimRepair) {
			continue
		}
		of++
		if s.Probe.Silent() {
			silent++
		}
	}
	return silent, of
}

// takeOut cordons a server when neither its exporter nor BigBlueButton answers.
func (d *decision) takeOut(s *fleet.Server) {
	down := s.AlertsAsking(d.cfg.Asks, rules.AskDisable)
	switch {
	case len(down) == 0 || d.cfg.NoBalancer:
	case s.Probe.Silent():
		d.step(s, fleet.Cordon, fleet.AimRepair, fleet.Size{}, down, "neither its exporter nor BigBlueButton answers: cordoned")
		d.active--
	case s.Probe.Answered():
		d.say(s, "its exporter does not answer, BigBlueButton does: left in service")
	default:
		d.say(s, "its exporter does not answer; waits for the probe of BigBlueButton")
	}
}

// bringBack enables a server that is down, once BigBlueButton answers again.
func (d *decision) bringBack(s *fleet.Server) {
	switch {
	case s.Record.Aim == fleet.AimNone:
		d.say(s, "%s", s.Problem) // the balancer brings it online by itself
	case s.NotTaken(): // giveBack decides
	case s.Record.Aim == fleet.AimServe && s.Balancer.State == fleet.Enabled:
		d.say(s, "enabled, but BigBlueButton does not answer")
	case s.Record.Aim == fleet.AimRepair && s.Balancer.State == fleet.Enabled:
		d.step(s, fleet.Cordon, fleet.AimRepair, fleet.Size{}, nil, "the balancer lost the cordon: cordoned again")
	case s.Probe.Answered() && !d.unmeasured(s):
		d.step(s, fleet.Enable, fleet.AimServe, fleet.Size{}, nil, "BigBlueButton answers again: enabled")
	default:
		d.say(s, "%s", s.Problem)
	}
}
