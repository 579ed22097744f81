package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// View is everything that a plan is made from. Its values are read before
// Decide runs; Decide reads nothing else.
type View struct {
	Now     time.Time
	Servers []fleet.Server // in the order of their names
	Alerts  []fleet.Alert  // believed, unsuppressed alerts about the whole fleet
	Fleet   fleet.FleetRecord
	// Unknown is the number of servers that the fleet had and that no source lists
	// now. They may be switched on, so they count against the ceiling.
	Unknown  int
	Contract *fleet.Contract // nil: not known, and not a limit
	Pauses   []fleet.Pause
	Blocked  []fleet.Hold // why nothing may be written at all
	Brakes   []fleet.Hold // why no capacity may be removed, found while reading
}

// Decide computes what to do next from one view of the fleet: at most one step
// for each server, and a reason for every server, also for doing nothing. It is
// pure: the same configuration and view give the same plan. Capacity is added
// before any is removed, and while an alert asks for more, none is removed.
func Decide(cfg fleet.Config, v View) fleet.Plan {
	d := newDecision(cfg, v)
	d.holdAll()
	d.repair()
	d.scaleOut()
	d.grow()
	d.warm()
	d.brake()
	d.finishDrains()
	d.shrink()
	d.scaleIn()
	d.explain()
	return d.plan
}

// decision is a plan in the making: the view, its totals, and the steps so far.
type decision struct {
	cfg  fleet.Config
	v    View
	plan fleet.Plan

	asks []fleet.Alert // fleet alerts that ask for more capacity
	low  []fleet.Alert // fleet alerts that ask for less

	active  int // servers in service
	coming  int // servers on their way into service
	leaving int // servers that the scaler has cordoned and that still run
	floor   int // least number of active servers now, and of the schedule soon
	// serves is the total size of the servers in service and on their way; reach
	// is what it becomes when all of them have grown. Servers that Prometheus does
	// not see count in neither, as they are missing in the load.
	serves, reach fleet.Size

	want demand
	free fleet.Contract // what the contract has left after the steps so far
	on   int            // servers switched on, or about to be
	used fleet.Size     // their total size
	// starts is the number of starts in this plan.
	starts int
}

func newDecision(cfg fleet.Config, v View) *decision {
	n := usable(v.Servers)
	d := &decision{cfg: cfg, v: v}
	d.plan = fleet.Plan{At: v.Now, Reasons: make(map[string]string, len(v.Servers)), Floor: cfg.Capacity.FloorAt(v.Now, n)}
	d.sortAlerts()
	d.count()
	d.floor = floorAhead(cfg, v.Now, n, d.plan.Floor, d.active+d.coming)
	return d
}

func (d *decision) sortAlerts() {
	for _, a := range d.v.Alerts {
		switch d.cfg.Asks[a.Name].Ask {
		case rules.AskStart:
			d.asks = append(d.asks, a)
		case rules.AskCordon:
			d.low = append(d.low, a)
		}
	}
	slices.SortFunc(d.asks, fleet.CompareAlerts)
	slices.SortFunc(d.low, fleet.CompareAlerts)
}

// limit notes what holds scale-out back.
func (d *decision) limit(kind fleet.HoldKind, format string, args ...any) {
	h := fleet.Hold{Kind: kind, Text: fmt.Sprintf(format, args...)}
	if !slices.Contains(d.plan.Limits, h) {
		d.plan.Limits = append(d.plan.Limits, h)
	}
}

// say gives a server its reason, unless it has one.
func (d *decision) say(s *fleet.Server, format string, args ...any) {
	if d.open(s) {
		d.plan.Reasons[s.ID] = fmt.Sprintf(format, args...)
	}
}

// step plans a step for a server, with its reason.
func (d *decision) step(s *fleet.Server, k fleet.Kind, aim fleet.Aim, to fleet.Size, alerts []fleet.Alert, format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	d.plan.Reasons[s.ID] = reason
	d.plan.Steps = append(d.plan.Steps, fleet.Step{
		Kind: k, ServerID: s.ID, Server: s.Name, To: to, Aim: aim, Reason: reason, Alerts: fleet.AlertNames(alerts),
	})
}

// open reports whether the server may be given a step: it has no reason yet, and
// therefore no step, no flight and no hold.
func (d *decision) open(s *fleet.Server) bool {
	_, said := d.plan.Reasons[s.ID]
	return !said
}

// each calls f for every server in a state that may be given a step.
func (d *decision) each(state fleet.State, f func(*fleet.Server)) {
	for i := range d.v.Servers {
		if s := &d.v.Servers[i]; s.State == state && d.open(s) {
			f(s)
		}
	}
}

// holdAll gives a reason to every server that this plan must not change.
func (d *decision) holdAll() {
	for i := range d.v.Servers {
		s := &d.v.Servers[i]
		switch r := s.Record; {
		case len(d.v.Blocked) > 0:
			d.say(s, "nothing is changed: %s", d.v.Blocked[0])
		case s.Problem != "" && s.State != fleet.StateDown:
			d.say(s, "%s", s.Problem)
		case s.Hold != "":
			d.say(s, "%s", s.Hold)
		case r.Flight != nil:
			d.say(s, "%s asked for at %s, to be done by %s", r.Flight.Step.Kind, fleet.Clock(r.Flight.At), fleet.Clock(r.Flight.Deadline))
		case d.v.Now.Before(r.RetryAt):
			d.say(s, "backing off until %s after %d failures: %s", fleet.Clock(r.RetryAt), r.Failures, r.Failure)
		}
	}
}

// explain gives every server that is left its reason.
func (d *decision) explain() {
	for i := range d.v.Servers {
		s := &d.v.Servers[i]
		switch s.State {
		case fleet.StateActive:
			d.say(s, "in service")
		case fleet.StateOff:
			d.say(s, "off: the fleet has the capacity it needs")
		default:
			d.say(s, "%s", s.State)
		}
	}
}
