package plan

import (
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// repair takes servers that do not answer out of service, and brings them back.
// It cordons them and no more: no new meeting comes, and people can still join
// the running ones, in case only the server's web interface hangs.
// Servers that do not answer are counted over all pools: what is between them and the
// scaler is the same for all.
func (all *shared) repair(pools []*decision) {
	if silent, of := all.silent(); silent > fleet.AtLeastOne(all.cfg.ScaleIn.MaxUnseen, of) {
		all.v.Brakes = append([]fleet.Hold{{Kind: fleet.HoldSilent, Text: fleet.Plural(silent, "server does", "servers do") +
			" not answer at once: none is taken out, the fault may be on our side"}}, all.v.Brakes...)
	} else {
		each(pools, func(d *decision) { d.each(fleet.StateActive, d.takeOut) })
	}
	each(pools, func(d *decision) { d.each(fleet.StateDown, d.bringBack) })
}

// silent counts the servers that should answer and do not, and all that should
// answer: those in service, and those taken out because they do not answer.
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
		d.step(s, fleet.Cordon, fleet.AimRepair, fleet.Size{}, down, "neither its exporter nor BigBlueButton answers: taken out")
		d.active--
	case s.Probe.Answered():
		d.say(s, "its exporter does not answer, BigBlueButton does: left in service")
	default:
		d.say(s, "its exporter does not answer; BigBlueButton is being asked")
	}
}

// bringBack enables a server that was taken out, once it answers again.
func (d *decision) bringBack(s *fleet.Server) {
	switch {
	case s.Record.Aim == fleet.AimNone:
		d.say(s, "%s", s.Problem) // the balancer takes it back by itself
	case s.Record.Aim == fleet.AimServe && s.Balancer.State == fleet.Enabled:
		d.say(s, "enabled, but the balancer has not seen it answer")
	case s.Record.Aim == fleet.AimRepair && s.Balancer.State == fleet.Enabled:
		d.step(s, fleet.Cordon, fleet.AimRepair, fleet.Size{}, nil, "the balancer lost the cordon: cordoned again")
	case s.Probe.Answered() && !d.unmeasured(s):
		d.step(s, fleet.Enable, fleet.AimServe, fleet.Size{}, nil, "BigBlueButton answers again: back into service")
	default:
		d.say(s, "%s", s.Problem)
	}
}
