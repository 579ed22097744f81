package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// brake collects the reasons why no capacity may be removed from a pool: those of the
// whole fleet and those of the pool.
func (all *shared) brake(pools []*decision) {
	unseen := all.unseen()
	for _, d := range pools {
		d.brakes = append(d.brakes, all.v.Brakes...)
		d.brakeByDemand()
		if float64(unseen) > all.cfg.ScaleIn.MaxUnseen*float64(len(all.v.Servers)) {
			d.brakes = append(d.brakes, fleet.Hold{Kind: fleet.HoldUnseen, Text: fmt.Sprintf("%d of %d servers are not seen by the cloud, the balancer or Prometheus", unseen, len(all.v.Servers))})
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
		d.brakes = append(d.brakes, d.hold(fleet.HoldDemand, "an alert asks for more capacity: "+fleet.AlertNames(d.asks)[0]))
	}
}

func (d *decision) brakeByService() {
	if n := d.unheard; n > fleet.AtLeastOne(d.cfg.ScaleIn.MaxUnseen, d.active) {
		d.brakes = append(d.brakes, d.hold(fleet.HoldUnmeasured, fmt.Sprintf("%d of %d servers in service are not seen by Prometheus", n, d.active)))
	}
	if d.floor > d.floorNow && d.active+d.coming <= d.floor {
		d.brakes = append(d.brakes, d.hold(fleet.HoldSchedule, fmt.Sprintf("the schedule soon raises the floor to %d", d.floor)))
	}
}

// kept returns why no capacity may be removed from the server, or "".
func (d *decision) kept(s *fleet.Server) string {
	if len(d.brakes) > 0 {
		return d.brakes[0].Text
	}
	return s.HoldIn
}

// unseen returns the number of servers that the cloud, the balancer or Prometheus
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

// scaleIn cordons the servers that an operator's own alert asks to cordon. If a
// fleet alert asks for fewer servers, it also cordons others, in the order of
// leastUseful, as long as the remaining servers can carry the load.
func (d *decision) scaleIn() {
	if d.cfg.NoBalancer {
		return
	}
	d.each(fleet.StateActive, func(s *fleet.Server) {
		if named := slices.DeleteFunc(s.AlertsAsking(d.cfg.Asks, rules.AskCordon), ofLeak); len(named) > 0 {
			d.leaveOrSay(s, named, "asked for by "+fleet.AlertNames(named)[0])
		}
	})
	if len(d.low) == 0 {
		return
	}
	keep, why := d.keep()
	for _, s := range d.leastUseful() {
		full := leaks(s) && d.stuck(s)
		if full && d.onlyFloor(s) {
			d.exchange(s, d.low, "leave", "drained: its memory is full while nobody is on it")
			continue
		}
		if !keep.Fits(d.serves.Sub(d.room(s.Size))) && !(full && keep.Fits(d.without(s))) {
			d.tell(s, "in service: "+why+d.filled(s))
			continue
		}
		d.leaveOrSay(s, d.low, why+d.filled(s))
	}
}

// keep returns the total room that must stay in service to carry the load in the
// alerts, and the reason. The load of draining servers is included, since their users
// start their next meetings on the servers in service.
func (d *decision) keep() (fleet.Size, string) {
	var keep fleet.Size
	var why string
	if d.deserted() {
		return keep, "nobody is on any server" + d.in()
	}
	for _, a := range d.low {
		l, told := loadOf(a)
		if !told {
			return d.serves, a.Name + " has no load in its annotations"
		}
		keep = keep.Max(d.carrying(d.withDraining(l)))
		why = fmt.Sprintf("a load of %s needs %s of the %s in service%s", l, keep, d.serves, d.besides())
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

// withDraining returns the load of the servers in service plus that of the draining
// servers with meetings, each of which counts as an average server in service.
func (d *decision) withDraining(l load) load {
	share := float64(d.draining) / float64(max(1, d.active))
	return load{l.cores * (1 + share), l.ram * (1 + share)}
}

// leastUseful returns the servers in service in the order in which they leave: first
// those without room for people, since a restart empties their memory; then by
// ascending balancer load; at equal load the larger ones come first, then those last
// by name.
func (d *decision) leastUseful() []*fleet.Server {
	var out []*fleet.Server
	full := map[*fleet.Server]int{}
	for _, s := range d.byState[fleet.StateActive] {
		if d.open(s) {
			out = append(out, s)
			if d.filled(s) != "" {
				full[s] = 1
			}
		}
	}
	slices.SortFunc(out, func(a, b *fleet.Server) int {
		return cmp.Or(-cmp.Compare(full[a], full[b]), cmp.Compare(a.Balancer.Load, b.Balancer.Load), -cmp.Compare(a.Size.RAM, b.Size.RAM),
			-cmp.Compare(a.Size.Cores, b.Size.Cores), -fleet.ByName(&a.CloudServer, &b.CloudServer))
	})
	return out
}

// filled returns, for reasons, why the server has little room for people and can get
// no more, or "": its services hold much more memory than those of other servers, or
// its memory is full and cannot grow.
func (d *decision) filled(s *fleet.Server) string {
	switch {
	case leaks(s):
		return "; it holds much memory while nobody is on it, which a restart frees"
	case d.stuck(s):
		return "; its memory is full and cannot grow"
	}
	return ""
}

// leaks reports whether an alert says that the services of the server hold much more
// memory than those of other servers.
func leaks(s *fleet.Server) bool { return slices.ContainsFunc(s.Alerts, ofLeak) }

// ofLeak reports whether an alert is about memory that a server holds while nobody is
// on it. Unlike an operator's alert, it drains no server that the others need.
func ofLeak(a fleet.Alert) bool { return a.Name == rules.ServerMemoryLeaking }

// stuck reports whether the memory of the server is full and it cannot get more while
// it runs.
func (d *decision) stuck(s *fleet.Server) bool {
	return hotPlugged(s, d.cfg.Sizes.Max).RAM == s.Size.RAM && slices.ContainsFunc(toGrow(s, d.cfg.Asks), ofMemory)
}

// needsMore reports whether an alert of the server asks it to grow for the people on
// it, so that it cannot leave. The memory of a server that leaks, or that cannot get
// more, is no reason to stay.
func (d *decision) needsMore(s *fleet.Server) bool {
	return slices.ContainsFunc(s.AlertsAsking(d.cfg.Asks, rules.AskGrow), func(a fleet.Alert) bool {
		return !ofMemory(a) || d.filled(s) == ""
	})
}

// leaveOrSay plans to drain the server, or sets the reason why it must stay in service.
func (d *decision) leaveOrSay(s *fleet.Server, alerts []fleet.Alert, why string) {
	if no := d.cannotLeave(s); no != "" {
		d.tell(s, "in service: "+no+d.filled(s))
		return
	}
	d.leave(s, fleet.AimDrain, alerts, "%s", why)
}

// leave plans the cordon that takes the server out of service, with its size.
func (d *decision) leave(s *fleet.Server, aim fleet.Aim, alerts []fleet.Alert, format string, args ...any) {
	d.step(s, fleet.Cordon, aim, fleet.Size{}, alerts, format, args...)
	d.active--
	d.leaving++
	d.serves, d.reach = d.serves.Sub(d.room(s.Size)), d.without(s)
}

// cannotLeave returns why the server must stay in service, or "".
func (d *decision) cannotLeave(s *fleet.Server) string {
	c := d.cfg
	coolFleet := d.v.Fleet.In.Add(c.Cooldowns.In)
	coolSelf := s.Record.LastChange().Add(c.Cooldowns.ServerDown)
	switch {
	case d.kept(s) != "":
		return d.kept(s)
	case d.need > 0 || d.active <= d.floor:
		return fmt.Sprintf("floor of %d active servers%s", d.floor, d.in())
	case d.leaving >= fleet.AtLeastOne(c.ScaleIn.MaxShare, d.active+d.leaving):
		return fleet.Plural(d.leaving, "server is draining", "servers are draining") + ", the maximum at one time"
	case d.v.Now.Before(coolFleet):
		return "scale-in cooldown of the fleet until " + fleet.Clock(coolFleet)
	case d.v.Now.Before(coolSelf):
		return "cooldown of this server until " + fleet.Clock(coolSelf)
	case d.needsMore(s):
		return "one of its own alerts asks it to grow"
	case !s.Balancer.LoadKnown || s.Busy:
		return "its load is not known, or a change to it is pending in the cloud"
	}
	return ""
}
