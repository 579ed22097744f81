package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
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
	each(pools, (*decision).giveBack)
	each(pools, (*decision).finishDrains)
	each(pools, (*decision).shrink)
	each(pools, (*decision).scaleIn)
	all.explain()
	all.sum(pools)
	return all.plan
}

// decision holds the state of one call of Decide for one pool: its servers, their
// totals, and the part that all pools share.
type decision struct {
	*shared
	pool     string // tag of the servers; empty for those without one
	servers  []*fleet.Server
	byState  map[fleet.State][]*fleet.Server
	capacity fleet.Capacity // the configuration's, or the one while the forecast learns

	asks []fleet.Alert // fleet alerts of the pool that ask for more capacity
	low  []fleet.Alert // fleet alerts of the pool that ask for less

	active   int       // servers in service
	coming   int       // servers on their way into service
	unheard  int       // servers in service that Prometheus does not see
	leaving  int       // servers that the scaler has cordoned and that still run
	draining int       // servers that drained when the plan began, with meetings
	floorNow int       // minimum number of active servers now
	floor    int       // the same, including a higher one that the schedule sets soon
	idle     fleet.MiB // idle memory of a server, see idleOf
	// serves is the total room of the servers in service and on their way into
	// service; reach is that total once all of them have grown. Servers that
	// Prometheus does not scrape count in neither, since the measured load does not
	// include them.
	serves, reach fleet.Size

	want   demand
	need   int          // servers needed beyond those active or on their way
	lack   int          // part of the need for which no start is planned yet
	brakes []fleet.Hold // why no capacity may be removed from the pool

	lastStop time.Time // when the scaler last stopped a server; now while it stops one

	exchanges int // starts of this plan that replace a server, see exchange
}

// shared holds the state that the decisions of all pools share: the view, the plan so
// far, and the use of the contract, the budget, the ceiling and the max step.
type shared struct {
	cfg  fleet.Config
	v    View
	plan fleet.Plan
	// several is set if there is more than one pool.
	several bool

	free   fleet.Contract // room left in the contract after the steps so far
	on     int            // servers that are switched on, or have a start in flight or planned
	used   fleet.Size     // their total size
	starts int            // starts in this plan
	// notTaken are the servers of findNotTaken, which count as on their way.
	notTaken []*fleet.Server
}

func newShared(cfg fleet.Config, v View) *shared {
	all := &shared{cfg: cfg, v: v}
	all.plan = fleet.Plan{At: v.Now, Reasons: make(map[string]string, len(v.Servers))}
	all.count()
	return all
}

// limit adds a reason why scale-out of all pools is limited to the plan, once.
func (all *shared) limit(kind fleet.HoldKind, format string, args ...any) {
	all.note(fleet.Hold{Kind: kind, Text: fmt.Sprintf(format, args...)})
}

// note adds a reason why scale-out is limited to the plan, once.
func (all *shared) note(h fleet.Hold) {
	if !slices.Contains(all.plan.Limits, h) {
		all.plan.Limits = append(all.plan.Limits, h)
	}
}

// say sets a server's reason, unless it already has one.
func (all *shared) say(s *fleet.Server, format string, args ...any) {
	if all.open(s) {
		all.plan.Reasons[s.ID] = fmt.Sprintf(format, args...)
	}
}

// tell is say without a format, for what is said of most servers.
func (all *shared) tell(s *fleet.Server, reason string) {
	if all.open(s) {
		all.plan.Reasons[s.ID] = reason
	}
}

// step adds a step for a server to the plan, with its reason.
func (all *shared) step(s *fleet.Server, k fleet.Kind, aim fleet.Aim, to fleet.Size, alerts []fleet.Alert, format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	all.plan.Reasons[s.ID] = reason
	all.plan.Steps = append(all.plan.Steps, fleet.Step{
		Kind: k, ServerID: s.ID, Server: s.Name, To: to, Aim: aim, Reason: reason, Alerts: fleet.AlertNames(alerts),
	})
}

// open reports whether the server may get a step: it has no reason yet, and
// therefore no step in the plan, no step in flight and no hold.
func (all *shared) open(s *fleet.Server) bool {
	_, said := all.plan.Reasons[s.ID]
	return !said
}

// each calls f for every server in the given state that may get a step.
func (d *decision) each(state fleet.State, f func(*fleet.Server)) {
	for _, s := range d.byState[state] {
		if d.open(s) {
			f(s)
		}
	}
}

// holdAll sets the reason of every server that this plan must not change.
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
			all.say(s, "%s requested at %s, deadline %s", r.Flight.Step.Kind, fleet.Clock(r.Flight.At), fleet.Clock(r.Flight.Deadline))
		case all.v.Now.Before(r.RetryAt):
			all.say(s, "backing off until %s after %d failures: %s", fleet.Clock(r.RetryAt), r.Failures, r.Failure)
		}
	}
}

// explain sets the reason of every server that has none yet.
func (all *shared) explain() {
	for i := range all.v.Servers {
		s := &all.v.Servers[i]
		switch s.State {
		case fleet.StateActive:
			all.tell(s, "in service")
		case fleet.StateOff:
			all.tell(s, "off: the fleet has the capacity it needs")
		default:
			all.tell(s, string(s.State))
		}
	}
}
