package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
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
//
// Each question is answered for all pools before the next one, since they share the
// contract, the budget, the ceiling and the max step.
func Decide(cfg fleet.Config, v View) fleet.Plan {
	all := newShared(cfg, v)
	pools := all.pools()
	all.holdAll()
	all.repair(pools)
	all.scaleOut(pools)
	each(pools, (*decision).grow)
	each(pools, (*decision).warm)
	all.brake(pools)
	each(pools, (*decision).finishDrains)
	each(pools, (*decision).shrink)
	each(pools, (*decision).scaleIn)
	all.explain()
	all.sum(pools)
	return all.plan
}

// decision is the part of a plan that is about one pool: its servers, their totals,
// and what it has in common with the other pools.
type decision struct {
	*shared
	pool     string // tag of the servers; empty for those without one
	servers  []*fleet.Server
	capacity fleet.Capacity // the configuration's, or the one while the forecast learns

	asks []fleet.Alert // fleet alerts of the pool that ask for more capacity
	low  []fleet.Alert // fleet alerts of the pool that ask for less

	active   int // servers in service
	coming   int // servers on their way into service
	leaving  int // servers that the scaler has cordoned and that still run
	floorNow int // least number of active servers now
	floor    int // the same, and that of the schedule soon
	// serves is the total size of the servers in service and on their way; reach
	// is what it becomes when all of them have grown. Servers that Prometheus does
	// not see count in neither, as they are missing in the load.
	serves, reach fleet.Size

	want   demand
	need   int          // servers wanted beyond those active or on their way
	lack   int          // what of the need nothing is planned for yet
	brakes []fleet.Hold // why none of the pool's capacity may be removed
}

// shared is what the decisions of all pools have in common: the view, the steps so
// far, and what the contract, the budget, the ceiling and the max step have left.
type shared struct {
	cfg  fleet.Config
	v    View
	plan fleet.Plan
	// several is set if there is more than one pool.
	several bool

	free fleet.Contract // what the contract has left after the steps so far
	on   int            // servers switched on, or about to be
	used fleet.Size     // their total size
	// starts is the number of starts in this plan.
	starts int
	// notTaken are servers that count as on their way, whatever their state.
	notTaken []*fleet.Server
}

func newShared(cfg fleet.Config, v View) *shared {
	all := &shared{cfg: cfg, v: v}
	all.plan = fleet.Plan{At: v.Now, Reasons: make(map[string]string, len(v.Servers))}
	all.count()
	return all
}

// limit notes what holds scale-out of every pool back.
func (all *shared) limit(kind fleet.HoldKind, format string, args ...any) {
	all.note(fleet.Hold{Kind: kind, Text: fmt.Sprintf(format, args...)})
}

func (all *shared) note(h fleet.Hold) {
	if !slices.Contains(all.plan.Limits, h) {
		all.plan.Limits = append(all.plan.Limits, h)
	}
}

// say gives a server its reason, unless it has one.
func (all *shared) say(s *fleet.Server, format string, args ...any) {
	if all.open(s) {
		all.plan.Reasons[s.ID] = fmt.Sprintf(format, args...)
	}
}

// step plans a step for a server, with its reason.
func (all *shared) step(s *fleet.Server, k fleet.Kind, aim fleet.Aim, to fleet.Size, alerts []fleet.Alert, format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	all.plan.Reasons[s.ID] = reason
	all.plan.Steps = append(all.plan.Steps, fleet.Step{
		Kind: k, ServerID: s.ID, Server: s.Name, To: to, Aim: aim, Reason: reason, Alerts: fleet.AlertNames(alerts),
	})
}

// open reports whether the server may be given a step: it has no reason yet, and
// therefore no step, no flight and no hold.
func (all *shared) open(s *fleet.Server) bool {
	_, said := all.plan.Reasons[s.ID]
	return !said
}

// each calls f for every server in a state that may be given a step.
func (d *decision) each(state fleet.State, f func(*fleet.Server)) {
	for _, s := range d.servers {
		if s.State == state && d.open(s) {
			f(s)
		}
	}
}

// holdAll gives a reason to every server that this plan must not change.
func (all *shared) holdAll() {
	for i := range all.v.Servers {
		s := &all.v.Servers[i]
		switch r := s.Record; {
		case len(all.v.Blocked) > 0:
			all.say(s, "nothing is changed: %s", all.v.Blocked[0])
		case s.Problem != "" && s.State != fleet.StateDown:
			all.say(s, "%s", s.Problem)
		case s.Hold != "":
			all.say(s, "%s", s.Hold)
		case r.Flight != nil:
			all.say(s, "%s asked for at %s, to be done by %s", r.Flight.Step.Kind, fleet.Clock(r.Flight.At), fleet.Clock(r.Flight.Deadline))
		case all.v.Now.Before(r.RetryAt):
			all.say(s, "backing off until %s after %d failures: %s", fleet.Clock(r.RetryAt), r.Failures, r.Failure)
		}
	}
}

// explain gives every server that is left its reason.
func (all *shared) explain() {
	for i := range all.v.Servers {
		s := &all.v.Servers[i]
		switch s.State {
		case fleet.StateActive:
			all.say(s, "in service")
		case fleet.StateOff:
			all.say(s, "off: the fleet has the capacity it needs")
		default:
			all.say(s, "%s", s.State)
		}
	}
}
