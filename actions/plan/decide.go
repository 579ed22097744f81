package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// View is the input of Decide: everything that was read in one cycle.
type View struct {
	Now     time.Time
	Servers []fleet.Server    // sorted with fleet.ByName
	Alerts  []fleet.Alert     // about the whole fleet, as fleet.Config.Believes accepts them
	Fleet   fleet.FleetRecord // the record of the whole fleet
	// Unknown is the number of servers that the fleet had and that no source lists
	// now. They may be switched on, so they count against the ceiling.
	Unknown  int
	Contract *fleet.Contract // nil: not known, and then not a limit
	Pauses   []fleet.Pause   // in force at Now
	Blocked  []fleet.Hold    // reasons why no step may be taken at all
	Brakes   []fleet.Hold    // reasons why no capacity may be removed, found while reading
}

// Decide computes the next plan from one view of the fleet: at most one step for
// each server, and a reason for every server, including those that get no step.
// It is pure: the same configuration and view give the same plan. Capacity is
// added before any is removed, and none is removed while a fleet alert asks for
// more.
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

// decision holds the state of one call of Decide: the view, its totals, and the
// plan so far.
type decision struct {
	cfg  fleet.Config
	v    View
	plan fleet.Plan

	asks []fleet.Alert // fleet alerts that ask for more capacity
	low  []fleet.Alert // fleet alerts that ask for less

	active  int // servers in service
	coming  int // servers on their way into service
	leaving int // servers that the scaler has cordoned and that still run
	floor   int // minimum number of active servers, including a higher one that the schedule sets soon
	// serves is the total size of the servers in service and on their way into
	// service; reach is that total once all of them have grown. Servers that
	// Prometheus does not scrape count in neither, since the measured load does not
	// include them.
	serves, reach fleet.Size

	want   demand
	free   fleet.Contract // room left in the contract after the steps so far
	on     int            // servers that are switched on, or have a start in flight or planned
	used   fleet.Size     // their total size
	starts int            // starts in this plan
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

// limit adds a reason why scale-out is limited to the plan, once.
func (d *decision) limit(kind fleet.HoldKind, format string, args ...any) {
	h := fleet.Hold{Kind: kind, Text: fmt.Sprintf(format, args...)}
	if !slices.Contains(d.plan.Limits, h) {
		d.plan.Limits = append(d.plan.Limits, h)
	}
}

// say sets a server's reason, unless it already has one.
func (d *decision) say(s *fleet.Server, format string, args ...any) {
	if d.open(s) {
		d.plan.Reasons[s.ID] = fmt.Sprintf(format, args...)
	}
}

// step adds a step for a server to the plan, with its reason.
func (d *decision) step(s *fleet.Server, k fleet.Kind, aim fleet.Aim, to fleet.Size, alerts []fleet.Alert, format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	d.plan.Reasons[s.ID] = reason
	d.plan.Steps = append(d.plan.Steps, fleet.Step{
		Kind: k, ServerID: s.ID, Server: s.Name, To: to, Aim: aim, Reason: reason, Alerts: fleet.AlertNames(alerts),
	})
}

// open reports whether the server may get a step: it has no reason yet, and
// therefore no step in the plan, no step in flight and no hold.
func (d *decision) open(s *fleet.Server) bool {
	_, said := d.plan.Reasons[s.ID]
	return !said
}

// each calls f for every server in the given state that may get a step.
func (d *decision) each(state fleet.State, f func(*fleet.Server)) {
	for i := range d.v.Servers {
		if s := &d.v.Servers[i]; s.State == state && d.open(s) {
			f(s)
		}
	}
}

// holdAll sets the reason of every server that this plan must not change.
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
			d.say(s, "%s requested at %s, deadline %s", r.Flight.Step.Kind, fleet.Clock(r.Flight.At), fleet.Clock(r.Flight.Deadline))
		case d.v.Now.Before(r.RetryAt):
			d.say(s, "backing off until %s after %d failures: %s", fleet.Clock(r.RetryAt), r.Failures, r.Failure)
		}
	}
}

// explain sets the reason of every server that has none yet.
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
