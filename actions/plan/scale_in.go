package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// brake collects the reasons why no capacity may be removed from a pool: its own, and
// those of the whole fleet.
func (all *shared) brake(pools []*decision) {
	unseen := all.unseen()
	for _, d := range pools {
		d.brakes = append(d.brakes, all.v.Brakes...)
		d.brakeByDemand()
		if float64(unseen) > all.cfg.ScaleIn.MaxUnseen*float64(len(all.v.Servers)) {
			d.brakes = append(d.brakes, fleet.Hold{Kind: fleet.HoldUnseen, Text: fmt.Sprintf("%d of %d servers are unseen", unseen, len(all.v.Servers))})
		}
		d.brakeByService()
		for _, p := range all.v.Pauses {
			if p.Server == "" && p.Covers(fleet.CloudServer{}, all.v.Now) {
				d.brakes = append(d.brakes, fleet.Hold{Kind: fleet.HoldPause, Text: "paused: " + p.Reason})
			}
		}
	}
}

func (d *decision) brakeByDemand() {
	if len(d.asks) > 0 {
		d.brakes = append(d.brakes, d.hold(fleet.HoldDemand, "the fleet asks for more: "+fleet.AlertNames(d.asks)[0]))
	}
}

func (d *decision) brakeByService() {
	if n := d.countUnmeasured(); n > fleet.AtLeastOne(d.cfg.ScaleIn.MaxUnseen, d.active) {
		d.brakes = append(d.brakes, d.hold(fleet.HoldUnmeasured, fmt.Sprintf("%d of %d servers in service are unseen by Prometheus", n, d.active)))
	}
	if d.floor > d.floorNow && d.active+d.coming <= d.floor {
		d.brakes = append(d.brakes, d.hold(fleet.HoldSchedule, fmt.Sprintf("the schedule is about to rise to %d", d.floor)))
	}
}

// kept says why no capacity may be removed from the server, or "".
func (d *decision) kept(s *fleet.Server) string {
	if len(d.brakes) > 0 {
		return d.brakes[0].Text
	}
	return s.HoldIn
}

// unseen counts running servers that the cloud, the balancer or Prometheus
// does not see.
func (all *shared) unseen() (n int) {
	for i := range all.v.Servers {
		s := &all.v.Servers[i]
		switch {
		case s.State == fleet.StateUncertain, s.State == fleet.StateDown,
			s.State == fleet.StateUnjoined && s.Power == fleet.PowerOn,
			serving(s) && all.unmeasured(s):
			n++
		}
	}
	return n
}

// countUnmeasured counts the servers in service that Prometheus does not see.
func (d *decision) countUnmeasured() (n int) {
	for _, s := range d.servers {
		if serving(s) && d.unmeasured(s) {
			n++
		}
	}
	return n
}

// scaleIn cordons the emptiest servers as long as the others can carry the load,
// and the servers that an operator's own alert names.
func (d *decision) scaleIn() {
	if d.cfg.NoBalancer {
		return
	}
	d.each(fleet.StateActive, func(s *fleet.Server) {
		if named := s.AlertsAsking(d.cfg.Asks, rules.AskCordon); len(named) > 0 {
			d.leaveOrSay(s, named, "asked for by "+fleet.AlertNames(named)[0])
		}
	})
	if len(d.low) == 0 {
		return
	}
	keep, why := d.keep(0)
	for _, s := range d.emptiest() {
		if !keep.Fits(d.serves.Sub(s.Size)) {
			d.say(s, "in service: %s", why)
			continue
		}
		if d.leaveOrSay(s, d.low, why) {
			d.serves = d.serves.Sub(s.Size)
		}
	}
}

// keep is the total size that must stay in service to carry the load in the
// alerts. Meetings on draining servers count as load that comes back, and joining
// servers bring the load of an average one: an idle server has some, too.
func (d *decision) keep(joining int) (fleet.Size, string) {
	var keep fleet.Size
	var why string
	if d.deserted() {
		return keep, "nobody is on any server" + d.in()
	}
	for _, a := range d.low {
		l, told := loadOf(a)
		if !told {
			return d.serves, a.Name + " carries no load to project from"
		}
		keep = keep.Max(d.carrying(d.withOthers(l, joining)))
		why = fmt.Sprintf("a load of %s wants %s of the %s in service", l, keep, d.serves)
	}
	return keep, why
}

// deserted reports whether the pool needs no server: it has no floor, and nobody is on
// those in service, whose own memory is all the load.
func (d *decision) deserted() bool {
	return d.floor == 0 && !slices.ContainsFunc(d.servers, func(s *fleet.Server) bool {
		return serving(s) && (s.Balancer == nil || !s.Balancer.LoadKnown || s.Balancer.Load > 0)
	})
}

// withOthers adds to the load of the servers in service that of the draining ones
// with meetings and of those that join, each taken as an average server.
func (d *decision) withOthers(l load, joining int) load {
	others := joining
	for _, s := range d.servers {
		if s.State == fleet.StateDraining {
			others++
		}
	}
	share := float64(others) / float64(max(1, d.active))
	return load{l.cores * (1 + share), l.ram * (1 + share)}
}

// emptiest returns the servers in service by load; among equals the larger
// ones come first, then the last by name.
func (d *decision) emptiest() []*fleet.Server {
	var out []*fleet.Server
	for _, s := range d.servers {
		if s.State == fleet.StateActive && d.open(s) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b *fleet.Server) int {
		return cmp.Or(cmp.Compare(a.Balancer.Load, b.Balancer.Load), -cmp.Compare(a.Size.RAM, b.Size.RAM),
			-cmp.Compare(a.Size.Cores, b.Size.Cores), -fleet.ByName(a, b))
	})
	return out
}

// leaveOrSay cordons the server in order to stop it, or says why not.
func (d *decision) leaveOrSay(s *fleet.Server, alerts []fleet.Alert, why string) bool {
	if no := d.cannotLeave(s); no != "" {
		d.say(s, "in service: %s", no)
		return false
	}
	d.leave(s, fleet.AimDrain, alerts, "%s", why)
	return true
}

func (d *decision) leave(s *fleet.Server, aim fleet.Aim, alerts []fleet.Alert, format string, args ...any) {
	d.step(s, fleet.Cordon, aim, fleet.Size{}, alerts, format, args...)
	d.active--
	d.leaving++
}

// cannotLeave says why the server must stay in service, or "".
func (d *decision) cannotLeave(s *fleet.Server) string {
	c := d.cfg
	coolFleet := d.v.Fleet.In.Add(c.Cooldowns.In)
	coolSelf := s.Record.LastChange().Add(c.Cooldowns.ServerDown)
	switch {
	case d.kept(s) != "":
		return d.kept(s)
	case d.need > 0 || d.active <= d.floor:
		return fmt.Sprintf("floor of %d active%s", d.floor, d.in())
	case d.leaving >= fleet.AtLeastOne(c.ScaleIn.MaxShare, d.active+d.leaving):
		return fmt.Sprintf("%s at once is the most", fleet.Plural(d.leaving, "server draining", "servers draining"))
	case d.v.Now.Before(coolFleet):
		return "the fleet is cooling down until " + fleet.Clock(coolFleet)
	case d.v.Now.Before(coolSelf):
		return "cooling down until " + fleet.Clock(coolSelf)
	case len(s.AlertsAsking(c.Asks, rules.AskGrow)) > 0:
		return "it asks for more itself"
	case !s.Balancer.LoadKnown || s.Busy:
		return "its load is not known, or the cloud has a change of it pending"
	}
	return ""
}
