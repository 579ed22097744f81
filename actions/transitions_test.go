package actions_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// slowBalancer is a balancer whose writes are slow.
type slowBalancer struct {
	fleet.Balancer
	w     *sim.World
	takes time.Duration
}

func (b slowBalancer) SetState(ctx context.Context, id string, to fleet.BalancerState) error {
	b.w.Run(b.takes)
	return b.Balancer.SetState(ctx, id, to)
}

func TestPollIntervalIsCountedFromTheEndOfAWrite(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 1
	fx := newFixture(t, cfg, sim.Config{Servers: 1, Running: 0})
	fx.watch = func(c fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
		return c, slowBalancer{b, fx.w, 25 * time.Second}
	}
	fx.restart()
	var wrote time.Time
	fx.until(15*time.Minute, "enabled", func() bool {
		r := fx.w.Servers()[0]
		m, err := fx.store.Load(t.Context())
		must(t, err)
		wrote = m.Records[r.ID].WroteAt
		return r.State == fleet.Enabled
	})
	if now := fx.w.Now(); !wrote.Equal(now) {
		t.Errorf("written at %s, recorded as %s", now, wrote)
	}
}

func TestCordonThatLostItsRaceIsRepaired(t *testing.T) {
	fx := lowFixture(t, func(c *fleet.Config, _ *sim.Config) { c.Cooldowns.In = 12 * time.Hour })
	fx.w.Inject(sim.Fault{Kind: sim.CordonRaces, Times: 1})
	name := drainOne(t, fx)
	takes := func() bool {
		r, err := fx.w.Server(name)
		must(t, err)
		return r.Takes
	}
	if !takes() {
		t.Fatalf("%s takes no meetings: the race did not happen", name)
	}
	fx.until(30*time.Minute, "takes no meetings any more", func() bool {
		if fx.w.Now().Second() == 0 {
			fx.meetings(2, time.Hour)
		}
		return !takes()
	})
	fx.until(3*time.Hour, "stopped", func() bool { return fx.state(name) == fleet.StateOff })
	fx.unharmed()
}

// TestMeetingsThatComeBeforeACordonIsConfirmedShowThatItWasInVain has all of them
// come within the poll interval after the cordon, and none afterwards.
func TestMeetingsThatComeBeforeACordonIsConfirmedShowThatItWasInVain(t *testing.T) {
	fx := lowFixture(t, func(c *fleet.Config, _ *sim.Config) { c.Cooldowns.In = 12 * time.Hour })
	fx.w.Inject(sim.Fault{Kind: sim.CordonRaces, Times: 1})
	name := drainOne(t, fx)
	before, err := fx.w.Server(name)
	must(t, err)
	fx.tick()
	fx.meetings(6, 2*time.Hour)
	if r, err := fx.w.Server(name); err != nil || r.Meetings <= before.Meetings || fx.record(name).Confirmed {
		t.Fatalf("%d meetings after %d, confirmed %v, %v: none came before the confirmation", r.Meetings, before.Meetings, fx.record(name).Confirmed, err)
	}
	fx.run(5 * time.Minute)
	if r, err := fx.w.Server(name); err != nil || r.Takes || r.State != fleet.Cordoned {
		t.Errorf("%s is %s and takes meetings: %v, %v; want it cordoned anew\n%s", name, r.State, r.Takes, err, fx.describe())
	}
	fx.unharmed()
}

func TestEnableThatThePollerOverwroteIsRepaired(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 3
	fx := newFixture(t, cfg, sim.Config{Servers: 3, Running: 2, Seed: 3})
	fx.w.Inject(sim.Fault{Kind: sim.EnableRaces, Times: 2})
	fx.until(20*time.Minute, "three in service", func() bool { return fx.count(fleet.StateActive) == 3 })
	fx.run(5 * time.Minute)
	if n := fx.count(fleet.StateActive); n != 3 {
		t.Errorf("%d in service, want 3\n%s", n, fx.describe())
	}
}

func TestStateOfTheBalancerIsConfirmedOnlyAfterItsPollInterval(t *testing.T) {
	fx := lowFixture(t, nil)
	name := drainOne(t, fx)
	wrote := fx.record(name)
	if wrote.Wrote != fleet.Cordoned || wrote.Confirmed {
		t.Fatalf("just cordoned, the record says %+v", wrote)
	}
	fx.until(10*time.Minute, "confirmed", func() bool { return fx.record(name).Confirmed })
	if after := fx.w.Now().Sub(wrote.WroteAt); after < fx.cfg.PollInterval {
		t.Errorf("confirmed after %s, want at least the poll interval of %s", after, fx.cfg.PollInterval)
	}
}

func TestServerThatDoesNotComeIntoServiceInTimeIsReplaced(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 1
	fx := newFixture(t, cfg, sim.Config{Servers: 2, Running: 0})
	fx.w.Inject(sim.Fault{Kind: sim.StartHangs, On: "bbb-server1"})
	fx.until(30*time.Minute, "one is down", func() bool { return fx.count(fleet.StateDown) == 1 })
	for _, v := range fx.s.Status().Servers {
		if warm := fx.w.Now().Sub(fx.record(v.Name).At); v.State == fleet.StateDown && warm <= cfg.Deadlines.Warm {
			t.Errorf("%s is down after %s, want more than %s", v.Name, warm, cfg.Deadlines.Warm)
		}
	}
	fx.until(15*time.Minute, "the other is in service", func() bool { return fx.count(fleet.StateActive) == 1 })
}

func TestChangeInFlightEndsOnlyOnProofOrAtItsDeadline(t *testing.T) {
	const on, off = "bbb-server1", "bbb-server6"
	busy := func(s *fleet.CloudServer) { s.Busy = true }
	for _, tt := range []struct {
		name      string
		server    string
		kind      fleet.Kind
		age, left time.Duration // since the request, and until the deadline
		request   string
		cloud     func(*fleet.CloudServer)
		outcome   fleet.Outcome // empty: it stays in flight
	}{
		{"its goal shows", on, fleet.Start, time.Minute, time.Hour, "r", nil, fleet.Done},
		{"its goal shows, and the cloud is still at it", on, fleet.Start, time.Minute, time.Hour, "r", busy, ""},
		{"nothing shows yet", off, fleet.Start, 5 * time.Minute, time.Hour, "r", nil, ""},
		{"nothing shows at its deadline", off, fleet.Start, 5 * time.Minute, 0, "r", nil, fleet.Failed},
		{"a start whose answer was lost shows nothing", off, fleet.Start, 2 * time.Minute, time.Hour, "", nil, fleet.Abandoned},
		{"the same within a minute", off, fleet.Start, 50 * time.Second, time.Hour, "", nil, ""},
		{"the same, and the cloud is at something", off, fleet.Start, 2 * time.Minute, time.Hour, "", busy, ""},
		{"a stop whose answer was lost may come late and is waited for", on, fleet.Stop, 5 * time.Minute, time.Hour, "", nil, ""},
		{"a shrink whose answer was lost, too", off, fleet.Shrink, 5 * time.Minute, time.Hour, "", nil, ""},
		{"but not beyond its deadline", on, fleet.Stop, 5 * time.Minute, 0, "", nil, fleet.Failed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fx := lowFixture(t, nil)
			now := fx.w.Now()
			step := fleet.Step{Kind: tt.kind, To: fleet.Size{Cores: 1, RAM: 1024}}
			record := fleet.Record{Aim: fleet.AimDrain, Flight: &fleet.Flight{
				Step: step, At: now.Add(-tt.age), Deadline: now.Add(tt.left), Request: tt.request,
			}}
			fx.cycleWith(tt.server, record, tt.cloud, func(b *fleet.BalancerServer) { b.State = fleet.Disabled })
			got := fx.record(tt.server)
			if (got.Flight != nil) != (tt.outcome == "") {
				t.Errorf("in flight is %+v, want the outcome %q", got.Flight, tt.outcome)
			}
			if (got.Tried != nil) != (tt.outcome == fleet.Failed) {
				t.Errorf("tried is %+v after the outcome %q", got.Tried, tt.outcome)
			}
			var outcome fleet.Outcome
			for _, e := range fx.journal() {
				if e.Step.Kind == tt.kind && e.Outcome != fleet.Begun {
					outcome = e.Outcome
				}
			}
			if outcome != tt.outcome {
				t.Errorf("the journal says %q, want %q", outcome, tt.outcome)
			}
		})
	}
}

func (fx *fixture) journal() []fleet.Entry {
	fx.t.Helper()
	lines, err := fx.store.Journal(fx.t.Context(), 1000, "")
	must(fx.t, err)
	return lines
}

func TestChangeThatTheCloudReportsFailedIsNotWaitedFor(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 1
	fx := newFixture(t, cfg, sim.Config{Servers: 1, Running: 0})
	fx.w.Inject(sim.Fault{Kind: sim.RequestFails, On: "bbb-server1"})
	fx.until(cfg.Deadlines.Start/2, "its start is given up", func() bool { return fx.record("bbb-server1").Failures == 1 })
}

func TestRecordFollowsWhatShows(t *testing.T) {
	const on, off = "bbb-server1", "bbb-server6"
	start := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC) // start time of the fixture
	ago := func(d time.Duration) time.Time { return start.Add(-d) }
	listed := func(state fleet.BalancerState, online, known bool) func(*fleet.BalancerServer) {
		return func(b *fleet.BalancerServer) { b.State, b.Online, b.LoadKnown = state, online, known }
	}
	cordoned := fleet.Record{Aim: fleet.AimDrain, At: ago(time.Hour), Wrote: fleet.Cordoned, WroteAt: ago(time.Hour),
		Confirmed: true, Least: 5, LeastKnown: true, EmptySince: ago(30 * time.Minute)}
	unconfirmed, justCordoned := cordoned, cordoned
	unconfirmed.Confirmed, unconfirmed.LeastKnown, unconfirmed.Least, unconfirmed.WroteAt = false, false, 0, ago(30*time.Second)
	justCordoned.Confirmed, justCordoned.LeastKnown, justCordoned.Least, justCordoned.WroteAt = false, false, 0, ago(5*time.Second)
	smaller := fleet.Size{Cores: 1, RAM: 8192}
	growth := func(to fleet.Size) *fleet.Flight {
		return &fleet.Flight{Step: fleet.Step{Kind: fleet.Grow, To: to}, At: ago(2 * time.Minute), Deadline: start.Add(time.Hour)}
	}
	enabled := fleet.Record{Aim: fleet.AimServe, At: ago(5 * time.Minute), Wrote: fleet.Enabled, WroteAt: ago(5 * time.Minute)}
	for _, tt := range []struct {
		name    string
		server  string
		record  fleet.Record
		listed  func(*fleet.BalancerServer)
		answers answering
		good    func(fleet.Record) bool
	}{
		{"in service once its enable is confirmed", on, enabled, listed(fleet.Enabled, true, true), answering{},
			func(r fleet.Record) bool { return r.Aim == fleet.AimNone }},
		{"on its way until the balancer has it online", on, enabled, listed(fleet.Enabled, false, true), answering{},
			func(r fleet.Record) bool { return r.Aim == fleet.AimServe }},
		{"on its way until the balancer knows its load", on, enabled, listed(fleet.Enabled, true, false), answering{},
			func(r fleet.Record) bool { return r.Aim == fleet.AimServe }},
		{"a cordon that a person undid ends the drain", on, cordoned, listed(fleet.Enabled, true, true), answering{},
			func(r fleet.Record) bool { return r.Aim == fleet.AimNone }},
		{"a cordon that the poller undid does not", on, unconfirmed, listed(fleet.Enabled, true, true), answering{},
			func(r fleet.Record) bool { return r.Aim == fleet.AimDrain }},
		{"the time that it is empty is counted from its beginning", on, cordoned, listed(fleet.Cordoned, true, true), answering{},
			func(r fleet.Record) bool { return r.EmptySince.Equal(ago(30 * time.Minute)) }},
		{"and anew after a meeting", on, cordoned, listed(fleet.Cordoned, true, true), answering{count: fleet.MeetingCount{Meetings: 1}},
			func(r fleet.Record) bool { return r.EmptySince.IsZero() }},
		{"no answer leaves it as it was", on, cordoned, listed(fleet.Cordoned, true, true), answering{err: errors.New("timeout")},
			func(r fleet.Record) bool { return r.EmptySince.Equal(ago(30*time.Minute)) && r.Least == 5 }},
		{"the least meetings are followed down", on, cordoned, listed(fleet.Cordoned, true, true), answering{count: fleet.MeetingCount{Meetings: 3}},
			func(r fleet.Record) bool { return r.Least == 3 }},
		{"also before the cordon is confirmed", on, unconfirmed, listed(fleet.Cordoned, true, true), answering{count: fleet.MeetingCount{Meetings: 3}},
			func(r fleet.Record) bool { return r.LeastKnown && r.Least == 3 && !r.Confirmed }},
		{"but not while a meeting that was placed before may still appear", on, justCordoned, listed(fleet.Cordoned, true, true), answering{count: fleet.MeetingCount{Meetings: 3}},
			func(r fleet.Record) bool { return !r.LeastKnown }},
		{"the time to warm up is counted from when it runs", on,
			fleet.Record{Aim: fleet.AimServe, At: ago(time.Hour), Flight: &fleet.Flight{Step: fleet.Step{Kind: fleet.Start}, At: ago(time.Hour), Deadline: start.Add(time.Hour)}},
			listed(fleet.Disabled, false, false), answering{err: errors.New("timeout")},
			func(r fleet.Record) bool { return r.At.Equal(start) && r.State == fleet.StateWarming }},
		{"a stop that was given up and comes late is ours", off,
			fleet.Record{Aim: fleet.AimDrain, Power: fleet.PowerOn, Tried: &fleet.Step{Kind: fleet.Stop}},
			listed(fleet.Disabled, false, false), answering{},
			func(r fleet.Record) bool {
				return r.Manual == "" && r.Aim == fleet.AimOff && r.State == fleet.StateOff
			}},
		{"any other is a person's", off, fleet.Record{Aim: fleet.AimDrain, Power: fleet.PowerOn},
			listed(fleet.Disabled, false, false), answering{},
			func(r fleet.Record) bool { return r.Manual != "" && r.State == fleet.StateManual }},
		{"a person's size is seen when a growth to another one left no trace", on,
			fleet.Record{Power: fleet.PowerOn, Size: smaller, Flight: growth(fleet.Size{Cores: 5, RAM: 8192})},
			listed(fleet.Enabled, true, true), answering{},
			func(r fleet.Record) bool { return r.Flight == nil && r.Manual != "" }},
		{"a growth that came true is ours", on,
			fleet.Record{Power: fleet.PowerOn, Size: smaller, Flight: growth(fleet.Size{Cores: 2, RAM: 8192})},
			listed(fleet.Enabled, true, true), answering{},
			func(r fleet.Record) bool { return r.Flight == nil && r.Manual == "" }},
		{"a stop by a person is seen when a growth came true", off,
			fleet.Record{Power: fleet.PowerOn, Size: smaller, Flight: growth(fleet.Size{Cores: 2, RAM: 8192})},
			listed(fleet.Enabled, false, false), answering{},
			func(r fleet.Record) bool { return r.Flight == nil && r.Manual != "" }},
		{"a person's start ends the drain", on, fleet.Record{Aim: fleet.AimDrain, Power: fleet.PowerOff},
			listed(fleet.Enabled, true, true), answering{},
			func(r fleet.Record) bool { return r.Aim == fleet.AimNone && r.State == fleet.StateActive }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fx := lowFixture(t, func(_ *fleet.Config, s *sim.Config) { s.Start = start })
			fx.bbb = func(fleet.Meetings) fleet.Meetings { return tt.answers }
			fx.cycleWith(tt.server, tt.record, nil, tt.listed)
			if got := fx.record(tt.server); !tt.good(got) {
				t.Errorf("the record became %+v, from %+v", got, tt.record)
			}
		})
	}
}

func TestCordonIsNotWrittenAgainOnAListThatIsOlder(t *testing.T) {
	fx := lowFixture(t, nil)
	record := fleet.Record{Aim: fleet.AimDrain, At: fx.w.Now(), Wrote: fleet.Cordoned, WroteAt: fx.w.Now().Add(time.Second)}
	fx.cycleWith("bbb-server1", record, nil, func(b *fleet.BalancerServer) { b.State = fleet.Enabled })
	if lines := fx.journal(); len(lines) != 0 {
		t.Errorf("journal %+v, want nothing: the list was read before the cordon was written", lines)
	}
}

func TestCooldownsBeginWhenAChangeIsMade(t *testing.T) {
	const name = "bbb-server1"
	for _, tt := range []struct {
		kind         fleet.Kind
		alert        string // about the first server, or the fleet
		minActive    int
		up, down, of bool // the server's cooldowns, and that of the fleet's scale-in
	}{
		{kind: fleet.Cordon, alert: rules.FleetWorkloadLow, minActive: 2, down: true, of: true},
		{kind: fleet.Cordon, alert: rules.ServerDown, minActive: 2, down: true},
		{kind: fleet.Grow, alert: rules.ServerMemoryHigh, minActive: 2, up: true},
		{kind: fleet.Start, minActive: 5, of: true},
	} {
		t.Run(string(tt.kind)+" "+tt.alert, func(t *testing.T) {
			fx := lowFixture(t, func(c *fleet.Config, _ *sim.Config) { c.Capacity.MinActive = 2 })
			fx.mute = true
			fx.run(2 * time.Minute)
			r, err := fx.w.Server(name)
			must(t, err)
			fx.w.Inject(sim.Fault{Kind: sim.BBBFails, On: name})
			a := fires(tt.alert, fx.w.Now(), fx.w.Now())
			if a.Labels, a.Annotations = nil, idle; tt.alert != rules.FleetWorkloadLow {
				a.Labels, a.Annotations = map[string]string{rules.LabelServerID: r.ID}, value(0.95)
			}
			must(t, onlyErr(fx.s.Notify([]fleet.Alert{a})))
			fx.cfg.Capacity.MinActive = tt.minActive
			must(t, fx.s.Reload(fx.cfg))
			must(t, fx.s.Cycle(t.Context(), fx.w.Now()))
			lines := fx.journal()
			if len(lines) == 0 || lines[0].Step.Kind != tt.kind {
				t.Fatalf("journal %+v, want a %s", lines, tt.kind)
			}
			m, err := fx.store.Load(t.Context())
			must(t, err)
			got := m.Records[lines[0].Step.ServerID]
			begins := func(at time.Time) bool { return at.Equal(fx.w.Now()) }
			if begins(got.Up) != tt.up || begins(got.Down) != tt.down || begins(m.Fleet.In) != tt.of {
				t.Errorf("begun at %s: up %s, down %s, the fleet's %s; want %v, %v, %v", fx.w.Now(), got.Up, got.Down, m.Fleet.In, tt.up, tt.down, tt.of)
			}
		})
	}
}
