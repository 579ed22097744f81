package actions

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// View is all that a decision is made from.
type View struct {
	Now     time.Time
	Servers []Server // by name
	Alerts  []Alert  // believed and unsuppressed, about the fleet
	Fleet   FleetRecord
	// Unknown is how many servers the fleet had that no source tells of now;
	// they may be on.
	Unknown  int
	Contract *Contract // nil: not known, and no limit
	Pauses   []Pause
	Blocked  []string // why nothing may be written at all
	Brakes   []string // why no capacity may be taken, from the reads
}

// Decide computes what to do next from one view of the fleet: at most one step
// a server, and a reason for every server. It is pure: the same view gives the
// same plan. Up beats down: what adds capacity is planned first, and while
// anything asks for more, nothing is taken.
func Decide(cfg Config, v View) Plan {
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

// decision is a plan in the making.
type decision struct {
	cfg     Config
	v       View
	plan    Plan
	active  int // servers in service
	coming  int // servers on their way into service
	leaving int // servers cordoned by us and still on
	floor   int // the floor to keep, of now and of what begins soon
	// serves is what the servers in service and on their way have together; reach
	// what they come to when all have grown. Those that Prometheus does not see
	// count in neither, as in the load.
	serves, reach Size
	want          wanted
	free          Contract
	on            int // servers switched on, or about to be
	used          Size
	asks          []Alert // fleet alerts that ask for more
	low           []Alert // fleet alerts that ask for less
	// exchanged is set once this plan has sought a server to start in place of
	// one that is to shrink.
	exchanged bool
}

func newDecision(cfg Config, v View) *decision {
	d := &decision{cfg: cfg, v: v}
	d.plan = Plan{At: v.Now, Reasons: make(map[string]string, len(v.Servers)), Floor: cfg.Capacity.FloorAt(v.Now, usable(v.Servers))}
	d.sortAlerts()
	d.count()
	d.floor = cfg.floorAhead(v.Now, usable(v.Servers), d.active+d.coming)
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
	order := func(a, b Alert) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Fingerprint, b.Fingerprint))
	}
	slices.SortFunc(d.asks, order)
	slices.SortFunc(d.low, order)
}

func (d *decision) count() {
	d.on = d.v.Unknown
	if d.v.Contract != nil {
		d.free = *d.v.Contract
	}
	for i := range d.v.Servers {
		s := &d.v.Servers[i]
		switch {
		case s.serving():
			d.active++
		case s.coming():
			d.coming++
		}
		if (s.serving() || s.coming()) && len(s.asked(d.cfg.Asks, rules.AskDisable)) == 0 {
			d.serves, d.reach = d.serves.Add(s.Size), d.reach.Add(d.atMost(s))
		}
		if s.leaving() {
			d.leaving++
		}
		if s.Power != PowerOff || s.inFlight(Start) {
			d.on++
			d.used = d.used.Add(s.Size)
		}
		if s.inFlight(Grow) {
			d.used = d.used.Add(s.pending())
		}
		d.reserve(s.pending())
	}
}

// leaving reports whether the scaler has cordoned the server and it still runs.
func (s *Server) leaving() bool {
	return s.Record.Aim == AimDrain && s.Power != PowerOff
}

// pending is what a flight will take of the contract and the list does not
// show yet.
func (s *Server) pending() Size {
	switch {
	case s.inFlight(Start) && s.Power == PowerOff:
		return s.Size
	case s.inFlight(Grow):
		return s.Record.Flight.Step.To.Sub(s.Size)
	}
	return Size{}
}

func (d *decision) reserve(z Size) { d.free.Free = d.free.Free.Sub(z) }

// fits reports whether the contract and our own budget have room for more.
func (d *decision) fits(more Size) bool {
	if d.v.Contract != nil && !more.Fits(d.free.Free) {
		return false
	}
	total, b := d.used.Add(more), d.cfg.Budget
	return (b.Cores == 0 || total.Cores <= b.Cores) && (b.RAM == 0 || total.RAM <= b.RAM)
}

// take reserves more for a step of this plan.
func (d *decision) take(more Size) {
	d.reserve(more)
	d.used = d.used.Add(more)
}

// say gives a server its reason, if it has none yet.
func (d *decision) say(s *Server, format string, args ...any) {
	if _, said := d.plan.Reasons[s.ID]; !said {
		d.plan.Reasons[s.ID] = fmt.Sprintf(format, args...)
	}
}

// step plans a step for a server that has none yet.
func (d *decision) step(s *Server, k Kind, aim Aim, to Size, alerts []Alert, format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	d.plan.Reasons[s.ID] = reason
	d.plan.Steps = append(d.plan.Steps, Step{
		Kind: k, ServerID: s.ID, Server: s.Name, To: to, Aim: aim, Reason: reason, Alerts: names(alerts),
	})
}

// idle reports whether the server may be given a step at all: it has no reason
// yet, and therefore no step, no flight and no hold.
func (d *decision) idle(s *Server) bool {
	_, said := d.plan.Reasons[s.ID]
	return !said
}

// holdAll gives a reason to every server that must not be touched in this plan.
func (d *decision) holdAll() {
	for i := range d.v.Servers {
		s := &d.v.Servers[i]
		switch r := s.Record; {
		case len(d.v.Blocked) > 0:
			d.say(s, "nothing is changed: %s", d.v.Blocked[0])
		case s.Problem != "" && s.State != StateDown:
			d.say(s, "%s", s.Problem)
		case s.Hold != "":
			d.say(s, "%s", s.Hold)
		case r.Flight != nil:
			d.say(s, "%s asked for at %s, to be done by %s", r.Flight.Step.Kind, clock(r.Flight.At), clock(r.Flight.Deadline))
		case d.v.Now.Before(r.RetryAt):
			d.say(s, "backing off until %s after %d failures: %s", clock(r.RetryAt), r.Failures, r.Failure)
		}
	}
}

// each calls f for every server in state that may be given a step.
func (d *decision) each(state State, f func(*Server)) {
	for i := range d.v.Servers {
		if s := &d.v.Servers[i]; s.State == state && d.idle(s) {
			f(s)
		}
	}
}

func names(alerts []Alert) []string {
	var out []string
	for _, a := range alerts {
		if !slices.Contains(out, a.Name) {
			out = append(out, a.Name)
		}
	}
	slices.Sort(out)
	return out
}

// clock is how reasons write a time of day.
func clock(t time.Time) string { return t.Format("15:04:05 MST") }
