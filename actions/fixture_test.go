package actions_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func (fx *fixture) steps() (n int) {
	for _, k := range fx.w.Figures().Steps {
		n += k
	}
	return n
}

// lowFixture returns a fleet of four running servers that needs only two.
func lowFixture(t *testing.T, change func(*fleet.Config, *sim.Config)) *fixture {
	t.Helper()
	cfg, simCfg := fixtureConfig(), sim.Config{Servers: 6, Running: 4, Seed: 7}
	cfg.ScaleIn.MaxShare = 0.25
	cfg.Cooldowns.In = 10 * time.Minute
	if change != nil {
		change(&cfg, &simCfg)
	}
	return newFixture(t, cfg, simCfg)
}

// onlyErr returns the error of the results of Notify.
func onlyErr(_ int, err error) error { return err }

func must(t tb, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// fixture is a simulated fleet with a Scaler and a substitute for Prometheus and
// Alertmanager, which fires the same alerts as the rules. It runs sequentially in
// virtual time.
type fixture struct {
	t      tb
	w      *sim.World
	cfg    fleet.Config
	store  fleet.Store
	s      *actions.Scaler
	mute   bool // no notification is sent
	watch  func(fleet.Cloud, fleet.Balancer) (fleet.Cloud, fleet.Balancer)
	bbb    func(fleet.Meetings) fleet.Meetings // wraps the client of BigBlueButton; nil: no wrapper
	alerts fleet.AlertSource                   // nil: none
	now    func() time.Time                    // nil: the simulation's
	log    *slog.Logger                        // nil: no logs
	side   bool                                // outside calls are concurrent, not in order
	lease  func() time.Time                    // end of the right to change the fleet; nil: none
	pair   *pair                               // of which s is the Scaler that leads; nil: s is alone
	// others are daemons beside s, each with a store of its own. They get the same
	// notifications, and run a cycle after that of s.
	others []*actions.Scaler

	pending map[string]time.Time // alert → since when its condition holds
	firing  map[string]fleet.Alert
}

// tb is the common interface of tests and rapid properties.
type tb interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Fatal(args ...any)
}

// fixtureConfig returns the configuration that most tests start from.
func fixtureConfig() fleet.Config {
	cfg := fleet.Defaults()
	cfg.Fleet.BusyInterval = 15 * time.Second
	cfg.Thresholds = rules.Thresholds{CPU: rules.Band{Min: 0.1, Max: 0.7}, Memory: rules.Band{Min: 0.3, Max: 0.8}}
	cfg.Capacity.MaxStep = 10
	cfg.ScaleIn.MaxShare = 0.5
	return cfg
}

func newFixture(t tb, cfg fleet.Config, simCfg sim.Config) *fixture {
	t.Helper()
	if simCfg.Start.IsZero() {
		simCfg.Start = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	}
	fx := &fixture{t: t, w: sim.New(simCfg), cfg: cfg, store: store.NewMemory()}
	fx.pending, fx.firing = map[string]time.Time{}, map[string]fleet.Alert{}
	fx.cfg.Fleet.Datacenters = fx.datacenters()
	fx.restart()
	return fx
}

func (fx *fixture) datacenters() []string {
	dcs := map[string]bool{}
	for _, r := range fx.w.Servers() {
		dcs[r.Datacenter] = true
	}
	return slices.Sorted(maps.Keys(dcs))
}

// restart replaces the Scaler by a new one with the same store.
func (fx *fixture) restart() {
	fx.t.Helper()
	if fx.pair != nil { // the daemon that leads is killed, and the other one takes over
		if d := fx.pair.leading(); d != nil {
			d.die()
		}
		return
	}
	cloud, balancer := fx.w.Cloud(), fx.w.Balancer()
	if fx.watch != nil {
		cloud, balancer = fx.watch(cloud, balancer)
	}
	meetings := fx.w.Meetings()
	if fx.bbb != nil {
		meetings = fx.bbb(meetings)
	}
	now := fx.w.Now
	if fx.now != nil {
		now = fx.now
	}
	var err error
	fx.s, err = actions.New(fx.cfg, actions.Deps{
		Cloud: cloud, Balancer: balancer, Meetings: meetings,
		Resolve: fx.w.Resolve, Store: fx.store, Now: now, Alerts: fx.alerts, InOrder: !fx.side, Log: fx.log, Until: fx.lease,
	})
	if err != nil {
		fx.t.Fatalf("New() = %v", err)
	}
}

// run advances the time by d, with a cycle every 15 s and an evaluation of the rules
// every 30 s.
func (fx *fixture) run(d time.Duration) {
	fx.t.Helper()
	for end := fx.w.Now().Add(d); fx.w.Now().Before(end); {
		fx.tick()
	}
}

// until runs until done returns true, and fails after limit.
func (fx *fixture) until(limit time.Duration, what string, done func() bool) {
	fx.t.Helper()
	for end := fx.w.Now().Add(limit); !done(); fx.tick() {
		if !fx.w.Now().Before(end) {
			fx.t.Fatalf("%s: not within %s\n%s", what, limit, fx.describe())
		}
	}
}

func (fx *fixture) tick() {
	fx.t.Helper()
	fx.w.Advance(fx.w.Now().Add(15 * time.Second))
	if fx.w.Now().Second() == 0 || fx.w.Now().Second() == 30 {
		fx.evaluate()
	}
	if fx.pair != nil {
		fx.pair.step()
		return
	}
	if err := fx.s.Cycle(context.Background(), fx.w.Now()); err != nil && !fx.dead() {
		fx.t.Fatalf("Cycle() = %v", err)
	}
	if fx.dead() {
		m := fx.store.(*crashingStore)
		m.dead, m.left = false, 1<<30
		fx.restart()
	}
	for _, other := range fx.others {
		must(fx.t, other.Cycle(context.Background(), fx.w.Now()))
	}
}

// dead reports whether the process was killed at a commit.
func (fx *fixture) dead() bool {
	m, ok := fx.store.(*crashingStore)
	return ok && m.dead
}

// describe returns the state of all servers and the journal, for failure messages.
func (fx *fixture) describe() string {
	st := fx.s.Status()
	var out strings.Builder
	out.WriteString(fmt.Sprintf("at %s: %v floor %d need %d brakes %q limits %q blocked %q\nfigures %+v\n", fx.w.Now().Format("15:04:05"),
		st.Counts, st.Floor, st.Need, st.Brakes, st.Limits, st.Blocked, fx.w.Figures()))
	for _, v := range st.Servers {
		out.WriteString(fmt.Sprintf("%-14s %-10s %-9s %-6s load %5.1f %v %v: %s\n", v.Name, v.State, v.Balancer, v.Power, v.Load, v.Size, v.Alerts, v.Reason))
	}
	lines, _ := fx.store.Journal(fx.t.Context(), 40, "")
	for _, e := range lines {
		out.WriteString(fmt.Sprintf("%s %-9s %-9s %-14s %s %s\n", e.At.Format("15:04:05"), e.Step.Kind, e.Outcome, e.Step.Server, e.Step.Reason, e.Detail))
	}
	return out.String()
}

// state returns the state of a server by name.
func (fx *fixture) state(name string) fleet.State {
	for _, v := range fx.s.Status().Servers {
		if v.Name == name {
			return v.State
		}
	}
	return ""
}

func (fx *fixture) count(states ...fleet.State) (n int) {
	for _, s := range states {
		n += fx.s.Status().Counts[s]
	}
	return n
}

// meetings creates n meetings at the same time.
func (fx *fixture) meetings(n int, d time.Duration) {
	fx.t.Helper()
	for range n {
		if _, err := fx.w.CreateMeeting(sim.MeetingSpec{Duration: d, Participants: 25, Webcams: 8}); err != nil {
			fx.t.Fatalf("CreateMeeting() = %v\n%s", err, fx.describe())
		}
	}
}

// unharmed fails if any meeting was ended early or refused.
func (fx *fixture) unharmed() {
	fx.t.Helper()
	if f := fx.w.Figures(); f.MeetingsEndedEarly+f.MeetingsRefused+f.JoinsRefused > 0 {
		fx.t.Fatalf("%d meetings ended early, %d refused, %d joins refused; want none\n%s",
			f.MeetingsEndedEarly, f.MeetingsRefused, f.JoinsRefused, fx.describe())
	}
}

// schedule returns a floor between two times of day, in UTC.
func schedule(t tb, from, to string, floor int) fleet.Schedule {
	t.Helper()
	var f fleet.Floor
	text := fmt.Sprintf("{name: mornings, min_active: %d, time_intervals: [{times: [{start_time: %q, end_time: %q}]}]}", floor, from, to)
	must(t, yaml.Unmarshal([]byte(text), &f))
	return fleet.Schedule{f}
}

// record returns the stored record of a server, by name.
func (fx *fixture) record(name string) fleet.Record {
	fx.t.Helper()
	r, err := fx.w.Server(name)
	must(fx.t, err)
	m, err := fx.store.Load(fx.t.Context())
	must(fx.t, err)
	return m.Records[r.ID]
}

// reason returns the reason that the status shows for a server, by name.
func (fx *fixture) reason(name string) string {
	for _, v := range fx.s.Status().Servers {
		if v.Name == name {
			return v.Reason
		}
	}
	return ""
}

// lowNow returns the alert that the fleet has no load at all, as of now.
func (fx *fixture) lowNow() fleet.Alert {
	a := fires(rules.FleetWorkloadLow, fx.w.Now(), fx.w.Now())
	a.Annotations = idle
	return a
}
