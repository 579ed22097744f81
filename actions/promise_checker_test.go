package actions_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// promiseChecker sits between the Scaler and the simulation. It knows the true state
// of every server, and records every write that breaks a promise.
type promiseChecker struct {
	fleet.Cloud
	fleet.Balancer
	fx     *fixture
	pauses []fleet.Pause

	skew   time.Duration // by how much the clocks of two daemons differ; cooldowns and pauses are by them
	people *rand.Rand    // determines what people do between a check and its write; nil: nothing
	hand   sync.Mutex    // held while a person acts, so that excluded matches the last reload

	mu       sync.Mutex           // guards pauses and the fields below, since writes may be concurrent
	touch    map[string]bool      // servers that a person has taken over, by name
	owed     map[string]bool      // servers whose release failed and is to be repeated, by name
	withheld map[string]time.Time // when a person has taken over a server in the balancer alone, by name
	excluded string               // the server that a person excluded last, by name
	broken   []string
	grown    map[string]growth
	listed   map[string]bool    // servers that the cloud has listed at any time, by id
	arrived  map[string]arrived // by server and kind, see arrives
}

// checkedCloud and checkedBalancer are the checker as a Cloud and as a Balancer. They
// are two types because both interfaces have the methods Servers and Server.
type (
	checkedCloud    struct{ *promiseChecker }
	checkedBalancer struct{ *promiseChecker }
)

func (fx *fixture) checkPromises() *promiseChecker {
	check := &promiseChecker{fx: fx, touch: map[string]bool{}, owed: map[string]bool{}, withheld: map[string]time.Time{}, grown: map[string]growth{}, listed: map[string]bool{}, arrived: map[string]arrived{}}
	fx.watch = func(c fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
		check.Cloud, check.Balancer = c, b
		check.exclude("") // a restart uses the configuration of the fixture again
		return checkedCloud{check}, checkedBalancer{check}
	}
	fx.restart()
	return check
}

// taken reports whether a person has taken over the server.
func (check *promiseChecker) taken(name string) bool {
	check.mu.Lock()
	defer check.mu.Unlock()
	return check.touch[name]
}

// take records that a person takes over the server, or gives it back.
func (check *promiseChecker) take(name string, taken bool) {
	check.mu.Lock()
	defer check.mu.Unlock()
	check.touch[name] = taken
	delete(check.withheld, name)
}

// withhold records that a person takes over the server by its state in the balancer.
func (check *promiseChecker) withhold(name string) {
	check.take(name, true)
	check.mu.Lock()
	defer check.mu.Unlock()
	check.withheld[name] = check.fx.w.Now()
}

// unread reports whether a person has taken over the server in the balancer, and the daemon
// has not read the balancer since. A server grows also while the balancer cannot be read.
func (check *promiseChecker) unread(name string) bool {
	check.mu.Lock()
	at, withheld := check.withheld[name]
	check.mu.Unlock()
	now := check.fx.w.Now()
	since := now.Sub(at)
	if check.fx.now != nil {
		now = check.fx.now()
	}
	return withheld && slices.ContainsFunc(check.fx.s.Status().Sources, func(s fleet.SourceStatus) bool {
		return s.Name == "balancer" && now.Sub(s.ReadAt) >= since
	})
}

// exclude records the server that the configuration excludes now; empty: none.
func (check *promiseChecker) exclude(name string) {
	check.mu.Lock()
	defer check.mu.Unlock()
	check.excluded = name
}

func (check *promiseChecker) isExcluded(name string) bool {
	check.mu.Lock()
	defer check.mu.Unlock()
	return check.excluded == name
}

func (check *promiseChecker) say(r sim.Reading, format string, args ...any) {
	check.mu.Lock()
	defer check.mu.Unlock()
	check.broken = append(check.broken, fmt.Sprintf("%s %s: ", check.fx.w.Now().Format("15:04:05"), r.Name)+fmt.Sprintf(format, args...))
}

// see returns the true state of a server, and checks what applies to every write.
func (check *promiseChecker) see(id, what string) sim.Reading {
	for _, r := range check.fx.w.Servers() {
		if r.ID != id && r.BalancerID != id {
			continue
		}
		if check.taken(r.Name) && !check.unread(r.Name) {
			check.say(r, "%s although a person has it", what)
		}
		check.paused(r, what, false)
		if check.isExcluded(r.Name) {
			check.say(r, "%s although it is excluded", what)
		}
		return r
	}
	return sim.Reading{}
}

func (check *promiseChecker) addPause(p fleet.Pause) {
	check.mu.Lock()
	defer check.mu.Unlock()
	p.Until = p.Until.Add(-2 * check.skew)
	check.pauses = append(check.pauses, p)
}

// paused checks that no pause covers the server. takes is true for a write that
// removes capacity.
func (check *promiseChecker) paused(r sim.Reading, what string, takes bool) {
	check.mu.Lock()
	pauses := slices.Clone(check.pauses)
	check.mu.Unlock()
	for _, p := range pauses {
		if now := check.fx.w.Now(); p.ScaleInOnly == takes && covers(p, r) && !now.Before(p.From) && now.Before(p.Until) {
			check.say(r, "%s although it is paused: %+v", what, p)
		}
	}
}

// covers reports whether the pause is of the server, or of the whole fleet.
func covers(p fleet.Pause, r sim.Reading) bool {
	match, err := path.Match(p.Server, r.Name)
	return p.Server == "" || err == nil && match
}

func (check *promiseChecker) change(id, what string) sim.Reading {
	r := check.see(id, what)
	if r.Busy {
		check.say(r, "%s while another change is pending", what)
	}
	return r
}

func (check checkedCloud) Servers(ctx context.Context, dc string) ([]fleet.CloudServer, error) {
	list, err := check.Cloud.Servers(ctx, dc)
	check.mu.Lock()
	defer check.mu.Unlock()
	for _, s := range list {
		check.listed[s.ID] = true
	}
	return list, err
}

func (check checkedCloud) Server(ctx context.Context, ref fleet.ServerRef) (fleet.CloudServer, error) {
	return check.Cloud.Server(ctx, ref)
}

// sent returns the context of a write, with which truth is called immediately before
// the write is sent, after the Scaler's own check of the attempt. People may act
// before that check.
func (check *promiseChecker) sent(ctx context.Context, id string, truth func()) context.Context {
	return fleet.WithCheck(ctx, func(again context.Context) error {
		check.meddle(id)
		if err := fleet.Check(ctx); err != nil {
			return err
		}
		truth()
		return nil
	})
}

// meddle lets a person change something on the server in one of three calls.
func (check *promiseChecker) meddle(id string) {
	check.mu.Lock()
	if check.people == nil || check.people.IntN(3) > 0 {
		check.mu.Unlock()
		return
	}
	what, fx := check.people.IntN(5), check.fx
	check.mu.Unlock()
	check.hand.Lock()
	defer check.hand.Unlock()
	for _, r := range fx.w.Servers() {
		if r.ID == id || r.BalancerID == id {
			check.personMeddles(what, r, r.ID == id)
		}
	}
}

// personMeddles lets a person act before a write to the cloud or the balancer.
func (check *promiseChecker) personMeddles(what int, r sim.Reading, cloud bool) {
	fx := check.fx
	switch what {
	case 0: // creates a meeting on it directly, without the balancer
		_, _ = fx.w.HostMeeting(r.Name, sim.MeetingSpec{ID: "surprise-" + r.Name, Duration: 10 * time.Minute, Participants: 3})
	case 1:
		p, err := fx.s.Pause(fleet.Pause{Server: r.Name, Reason: "wait", Until: fx.w.Now().Add(5 * time.Minute)})
		if err == nil {
			check.addPause(p)
		}
	case 2:
		cfg := fx.cfg
		cfg.Fleet.Exclude = []string{r.Name}
		must(fx.t, fx.s.Reload(cfg))
		check.exclude(r.Name)
	case 3:
		if r.State == fleet.Disabled && r.Power == fleet.PowerOn { // about to be stopped
			must(fx.t, fx.w.Operator().SetState(r.Name, fleet.Enabled))
		}
	case 4:
		if to := r.Size.Add(fleet.Size{Cores: 1, RAM: 1024}); cloud && r.Power == fleet.PowerOn {
			must(fx.t, fx.w.Operator().Resize(r.Name, to))
			check.take(r.Name, true)
		}
	}
}

func (check checkedCloud) Start(ctx context.Context, ref fleet.ServerRef) (string, error) {
	return check.Cloud.Start(check.sent(ctx, ref.ID, func() { check.starts(ref) }), ref)
}

func (check *promiseChecker) starts(ref fleet.ServerRef) {
	r := check.change(ref.ID, "start")
	check.arrives(r, "power", "start", r.Power == fleet.PowerOn, inFlight(fleet.Start))
	on := 0
	for _, other := range check.fx.w.Servers() {
		if other.Power == fleet.PowerOn && other.Name != r.Name && check.known(other) {
			on++
		}
	}
	if c := check.fx.cfg.Capacity.Ceiling; c > 0 && on >= c {
		check.say(r, "started beyond the ceiling of %d", c)
	}
}

// known reports whether the cloud has ever listed the server. The Scaler cannot count
// one that is missing from every list.
func (check *promiseChecker) known(r sim.Reading) bool {
	check.mu.Lock()
	defer check.mu.Unlock()
	return check.listed[r.ID]
}

func (check checkedCloud) Stop(ctx context.Context, ref fleet.ServerRef) (string, error) {
	return check.Cloud.Stop(check.sent(ctx, ref.ID, func() {
		r := check.change(ref.ID, "stop")
		check.arrives(r, "power", "stop", r.Power == fleet.PowerOff, inFlight(fleet.Stop))
		check.paused(r, "stop", true)
		if r.Meetings > 0 || r.State == fleet.Enabled {
			check.say(r, "stopped with %d meetings, %s", r.Meetings, r.State)
		}
	}), ref)
}

func (check *promiseChecker) name(id string) string {
	for _, r := range check.fx.w.Servers() {
		if r.ID == id {
			return r.Name
		}
	}
	return ""
}

func (check checkedBalancer) Servers(ctx context.Context) ([]fleet.BalancerServer, error) {
	return check.Balancer.Servers(ctx)
}

func (check checkedBalancer) Server(ctx context.Context, id string) (fleet.BalancerServer, error) {
	return check.Balancer.Server(ctx, id)
}

func (check checkedBalancer) SetState(ctx context.Context, id string, to fleet.BalancerState) error {
	return check.Balancer.SetState(check.sent(ctx, id, func() { check.setsState(id, to) }), id, to)
}

func (check *promiseChecker) setsState(id string, to fleet.BalancerState) {
	r := check.see(id, string(to))
	check.arrives(r, "state", string(to), r.State == to, wrote(to))
	if to == fleet.Disabled {
		check.paused(r, "disable", true)
	}
	switch {
	case to == fleet.Disabled && r.Meetings > 0:
		check.say(r, "disabled with %d meetings", r.Meetings)
	case to == fleet.Cordoned && r.BBBUp && r.State == fleet.Enabled:
		check.leaves(r)
	}
}

// leaves checks the cordon of a server that answers.
func (check *promiseChecker) leaves(r sim.Reading) {
	rest, of := 0, 0
	for _, other := range check.fx.w.Servers() {
		if other.Tag != r.Tag {
			continue
		}
		of++
		if other.Name != r.Name && other.State == fleet.Enabled && other.Power == fleet.PowerOn {
			rest++
		}
	}
	now, capacity := check.fx.w.Now(), check.fx.cfg.Capacity
	floor := min(capacity.FloorAt(r.Tag, now.Add(-check.skew), of), capacity.FloorAt(r.Tag, now, of), capacity.FloorAt(r.Tag, now.Add(check.skew), of))
	if rest < floor && r.Takes {
		check.say(r, "cordoned, with %d others in pool %q for a floor of %d", rest, r.Tag, floor)
	}
}

// outs returns the maximum number of successful starts that were requested within one
// scale-out cooldown. Starts that the cloud reported as failed do not count, nor those
// that took effect after their deadline, because others replaced them.
func (check *promiseChecker) outs() (most int) {
	lines, err := check.fx.store.Journal(check.fx.t.Context(), 1<<20, "")
	must(check.fx.t, err)
	starts := map[string]time.Time{} // a commit whose answer was lost is journaled twice
	for _, e := range lines {
		if e.Step.Kind == fleet.Start && e.Outcome == fleet.Done {
			took := time.Duration(float64(e.Took) * float64(time.Second)) // exact to a few nanoseconds
			at := e.At.Add(-took).Round(time.Microsecond)
			starts[e.Step.ServerID+at.String()] = at
		}
	}
	asked := slices.SortedFunc(maps.Values(starts), time.Time.Compare)
	for i, from := range asked {
		n := 0
		for _, at := range asked[i:] {
			if at.Sub(from) < check.fx.cfg.Cooldowns.Out {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}
