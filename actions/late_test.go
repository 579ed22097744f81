package actions_test

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// stateOf is the state of a server by name, as s last published it.
func stateOf(s *actions.Scaler, name string) actions.State {
	for _, v := range s.Status().Servers {
		if v.Name == name {
			return v.State
		}
	}
	return ""
}

func firing(name string, r *sim.Reading, annotations map[string]string) actions.Alert {
	a := actions.Alert{Fingerprint: name, Name: name, StartsAt: time.Now(), SeenAt: time.Now(), Annotations: annotations, Labels: map[string]string{}}
	if r != nil {
		a.Labels[rules.LabelInstance] = r.Addr.String() + ":9100"
	}
	return a
}

var idle = map[string]string{rules.AnnotationCores: "0", rules.AnnotationRAM: "0"}

func TestHangingServerIsTakenOutWhenReadsGoOnSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := liveConfig(dcA)
		cfg.Capacity.MinActive = 2
		s, w, _ := live(t, cfg, sim.Config{Servers: 4, Running: 4, Datacenters: []string{dcA}}, nil)
		time.Sleep(2 * time.Minute)
		r := w.Servers()[0]
		w.Inject(sim.Fault{Kind: sim.BBBHangs, On: r.Name})
		must(t, s.Notify([]actions.Alert{firing(rules.ServerDown, &r, nil)}))
		time.Sleep(5 * time.Minute)
		if got := stateOf(s, r.Name); got != actions.StateDown {
			t.Errorf("five minutes after it began to hang it is %s, want down", got)
		}
		if now, _ := w.Server(r.Name); now.State != actions.Cordoned && now.State != actions.Disabled {
			t.Errorf("the balancer has it %s", now.State)
		}
	})
}

func TestListsSlowerThanPatienceDoNotHoldScaleInBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := liveConfig(dcA)
		cfg.Capacity.MinActive = 2
		w := bubble(sim.Config{Servers: 4, Running: 4, Datacenters: []string{dcA}})
		s := liveOver(t, cfg, w, counted{Cloud: w.Cloud(), looks: &atomic.Int32{}, slow: 2 * cfg.Deadlines.Patience})
		time.Sleep(2 * time.Minute)
		must(t, s.Notify([]actions.Alert{firing(rules.FleetWorkloadLow, nil, idle)}))
		time.Sleep(4 * time.Minute)
		if st := s.Status(); st.Counts[actions.StateActive] == 4 {
			t.Errorf("nothing was drained: brakes %q", st.Brakes)
		}
	})
}

func TestStepsThatWaitedTooLongAreDecidedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := liveConfig(dcA)
		cfg.Capacity.MinActive, cfg.ScaleIn.MaxShare, cfg.Fleet.Concurrency = 2, 0.5, 2
		s, w, _ := live(t, cfg, sim.Config{Servers: 12, Running: 12, Datacenters: []string{dcA}}, nil)
		time.Sleep(2 * time.Minute)
		lift := w.Inject(sim.Fault{Kind: sim.BalancerHang, Op: "state"})
		must(t, s.Notify([]actions.Alert{firing(rules.FleetWorkloadLow, nil, idle)}))
		time.Sleep(20 * time.Second)
		lift()
		time.Sleep(90 * time.Second)
		out := 0
		for _, r := range w.Servers() {
			if r.State != actions.Enabled {
				out++
			}
		}
		if out == 0 || out > 6 {
			t.Errorf("%d of 12 servers out of service, want some and at most half: steps that waited were not called off", out)
		}
	})
}

func TestNoFurtherStepIsTriedOnceCredentialsWereRefused(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 5
	sc := newSchool(t, cfg, sim.Config{Servers: 6, Running: 0})
	sc.w.Inject(sim.Fault{Kind: sim.CloudAnswers, Op: "write", Status: 401})
	sc.run(5 * time.Minute)
	if lines, _ := sc.store.Journal(100, ""); len(lines) > 2 {
		t.Errorf("%d journal lines, want one try\n%s", len(lines), sc.describe())
	}
}

func TestNothingIsBegunOnceItIsToEnd(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 2
	sc := newSchool(t, cfg, sim.Config{Servers: 2, Running: 1})
	ctx, cancel := context.WithCancel(t.Context())
	sc.watch = func(c actions.Cloud, b actions.Balancer) (actions.Cloud, actions.Balancer) {
		return hooked{Cloud: c, contract: cancel}, b
	}
	sc.restart()
	must(t, sc.s.Cycle(ctx, sc.w.Now()))
	if lines, _ := sc.store.Journal(10, ""); len(lines) > 0 {
		t.Errorf("begun although it was told to end\n%s", sc.describe())
	}
}

// hooked calls what a test has set when the cloud is called.
type hooked struct {
	actions.Cloud
	start, contract func()
}

func (h hooked) Start(ctx context.Context, ref actions.ServerRef) (string, error) {
	if h.start != nil {
		h.start()
	}
	return h.Cloud.Start(ctx, ref)
}

func (h hooked) Contract(ctx context.Context) (actions.Contract, error) {
	if h.contract != nil {
		h.contract()
	}
	return h.Cloud.Contract(ctx)
}

func TestWriteWhoseOutcomeIsUnknownIsNotRepeatedBeforeReading(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 1
	sc := newSchool(t, cfg, sim.Config{Servers: 1, Running: 0, Cloud: sim.CloudConfig{Start: sim.Span{Min: 10 * time.Second, Max: 10 * time.Second}}})
	sc.w.Inject(sim.Fault{Kind: sim.CloudLost, Op: "start", Times: 1})
	starts := 0
	sc.watch = func(c actions.Cloud, b actions.Balancer) (actions.Cloud, actions.Balancer) {
		return hooked{Cloud: c, start: func() {
			if starts++; starts == 1 {
				sc.w.Inject(sim.Fault{Kind: sim.CloudAnswers, Op: "servers", Status: 503, For: 4 * time.Minute})
			}
		}}, b
	}
	sc.restart()
	sc.until(15*time.Minute, "in service", func() bool { return sc.count(actions.StateActive) == 1 })
	if starts != 1 {
		t.Errorf("%d starts, want 1: the first had been accepted, and nothing was read before the next", starts)
	}
}

func TestReleaseDuringALookIsNotLost(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 3
	sc := newSchool(t, cfg, sim.Config{Servers: 3, Running: 3})
	release := false
	sc.watch = func(c actions.Cloud, b actions.Balancer) (actions.Cloud, actions.Balancer) {
		return hooked{Cloud: c, contract: func() {
			if release {
				release = false
				must(t, sc.s.Release("bbb-server3"))
			}
		}}, b
	}
	sc.restart()
	sc.run(3 * time.Minute)
	must(t, sc.w.Operator().SetState("bbb-server3", actions.Disabled))
	sc.run(2 * time.Minute)
	if got := sc.state("bbb-server3"); got != actions.StateManual {
		t.Fatalf("state %s, want manual", got)
	}
	release = true
	sc.until(10*time.Minute, "in service again", func() bool { return sc.state("bbb-server3") == actions.StateActive })
}

func TestServersThatAreNotOfTheFleetDoNotCountAgainstTheCeiling(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive, cfg.Capacity.Ceiling = 3, 3
	names, err := actions.ParseNamePattern("bbb-server[1-4]")
	must(t, err)
	cfg.Names = names
	sc := newSchool(t, cfg, sim.Config{Servers: 10, Running: 2})
	sc.until(15*time.Minute, "three in service", func() bool { return sc.count(actions.StateActive) == 3 })
}

func TestStartThatFailsLateForgivesNoOther(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive, cfg.Capacity.MaxStep = 7, 2
	cfg.Cooldowns.Out = 5 * time.Minute // others were started within it when the first is given up
	cfg.Deadlines.Start, cfg.Deadlines.Queue = 6*time.Minute, 0
	sc := newSchool(t, cfg, sim.Config{Servers: 8, Running: 0})
	g := sc.guard()
	sc.w.Inject(sim.Fault{Kind: sim.BusyForever, On: "bbb-server1"})
	sc.run(9 * time.Minute)
	if most := g.outs(); most > 2 {
		t.Errorf("%d starts within a cooldown, want at most 2\n%s", most, sc.describe())
	}
}

func TestShortListFreezesWhileAnotherDatacenterCannotBeRead(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 4
	sc := newSchool(t, cfg, sim.Config{Servers: 12, Running: 6})
	sc.run(2 * time.Minute)
	sc.w.Inject(sim.Fault{Kind: sim.CloudAnswers, Op: "servers", On: sc.cfg.Datacenters[0], Status: 503})
	sc.run(cfg.Deadlines.Stale + time.Minute)
	sc.w.Inject(sim.Fault{Kind: sim.ListShrinks, On: sc.cfg.Datacenters[1], Share: 1})
	sc.run(time.Minute)
	if got := sc.s.Status().Blocked; len(got) == 0 || !strings.Contains(got[0], "frozen") {
		t.Errorf("blocked %q, want frozen", got)
	}
}

func TestDatacenterTakenOutOfTheConfigurationFreezesNothing(t *testing.T) {
	cfg := schoolConfig()
	sc := newSchool(t, cfg, sim.Config{Servers: 12, Running: 6})
	sc.run(2 * time.Minute)
	sc.cfg.Datacenters = sc.cfg.Datacenters[:1]
	must(t, sc.s.Reload(sc.cfg))
	sc.run(time.Minute)
	if got := sc.s.Status().Blocked; len(got) != 0 {
		t.Errorf("blocked %q, want nothing", got)
	}
	if n := len(sc.s.Status().Servers); n != 6 {
		t.Errorf("%d servers, want the 6 of the other datacenter", n)
	}
}

func TestRepeatedRefusalOfTheCheckIsJournaledOnce(t *testing.T) {
	sc := lowSchool(t, nil)
	name := drainOne(t, sc)
	sc.w.Inject(sim.Fault{Kind: sim.BalancerFail, Op: "server"})
	sc.run(3 * time.Hour)
	lines, err := sc.store.Journal(1000, name)
	must(t, err)
	n := 0
	for _, e := range lines {
		if e.Outcome == actions.Abandoned {
			n++
		}
	}
	if n < 1 || n > 5 {
		t.Errorf("%d lines of a check that says the same again and again, want one an hour\n%s", n, sc.describe())
	}
}

func TestDirectoryInPlaceOfTheStoreIsLeftWhereItIs(t *testing.T) {
	path := t.TempDir() + "/store"
	must(t, os.Mkdir(path, 0o700))
	s, err := actions.OpenStore(path)
	if err == nil || s != nil {
		t.Errorf("OpenStore of a directory = %v, %v; want an error", s, err)
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		t.Errorf("the directory was moved away: %v", err)
	}
}

// racing is an Alertmanager whose list was made before a notification that
// arrives before the list does.
type racing struct {
	source
	meanwhile func()
}

func (r *racing) Alerts(ctx context.Context) ([]actions.Alert, error) {
	list, err := r.source.Alerts(ctx)
	if r.meanwhile != nil {
		r.meanwhile()
	}
	return list, err
}

func TestNotificationIsNotUndoneByAnOlderList(t *testing.T) {
	sc := newSchool(t, schoolConfig(), sim.Config{Servers: 1, Running: 1})
	high := fires(rules.ServerCPUHigh, sc.w.Now(), sc.w.Now())
	src := &racing{source: source{alerts: []actions.Alert{high}}}
	sc.alerts = src
	sc.restart()
	src.meanwhile = func() {
		sc.w.Advance(sc.w.Now().Add(time.Second))
		must(t, sc.s.Notify([]actions.Alert{over(fires(high.Name, high.StartsAt, sc.w.Now()))}))
	}
	must(t, sc.s.Notify([]actions.Alert{high}))
	must(t, sc.s.Cycle(t.Context(), sc.w.Now()))
	if got := sc.s.Alerts(); len(got) != 0 {
		t.Errorf("%v fire, want none: it was resolved after the list was asked for", got)
	}
}

func TestServerMissingFromTheListCountsAsOnAcrossARestart(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive, cfg.Capacity.Ceiling = 4, 4
	sc := newSchool(t, cfg, sim.Config{Servers: 5, Running: 4})
	g := sc.guard()
	sc.run(2 * time.Minute)
	r, err := sc.w.Server("bbb-server4")
	must(t, err)
	sc.w.Inject(sim.Fault{Kind: sim.ListShrinks, On: r.Datacenter, Share: 0.5})
	sc.run(2 * time.Minute)
	sc.restart()
	sc.run(30 * time.Minute)
	if len(g.broken) > 0 {
		t.Errorf("broken promises %q\n%s", g.broken, sc.describe())
	}
}

// slowBalancer takes a while for every write.
type slowBalancer struct {
	actions.Balancer
	w     *sim.World
	takes time.Duration
}

func (b slowBalancer) SetState(ctx context.Context, id string, to actions.BalancerState) error {
	b.w.Run(b.takes)
	return b.Balancer.SetState(ctx, id, to)
}

func TestPollIntervalIsCountedFromTheEndOfAWrite(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 1
	sc := newSchool(t, cfg, sim.Config{Servers: 1, Running: 0})
	sc.watch = func(c actions.Cloud, b actions.Balancer) (actions.Cloud, actions.Balancer) {
		return c, slowBalancer{b, sc.w, 25 * time.Second}
	}
	sc.restart()
	var wrote time.Time
	sc.until(15*time.Minute, "enabled", func() bool {
		r := sc.w.Servers()[0]
		m, err := sc.store.Load()
		must(t, err)
		wrote = m.Records[r.ID].WroteAt
		return r.State == actions.Enabled
	})
	if now := sc.w.Now(); !wrote.Equal(now) {
		t.Errorf("written at %s, recorded as %s", now, wrote)
	}
}

func TestServerWhoseStopComesLateIsNotTakenBackUntilThen(t *testing.T) {
	sc := lowSchool(t, func(c *actions.Config, _ *sim.Config) { c.Capacity.MinActive = 3 })
	g := sc.guard()
	name := drainOne(t, sc)
	sc.w.Inject(sim.Fault{Kind: sim.BusyForever, On: name, For: 6 * time.Hour})
	sc.until(5*time.Hour, "its stop is given up", func() bool {
		lines, err := sc.store.Journal(100, name)
		must(t, err)
		return len(lines) > 0 && lines[0].Step.Kind == actions.Stop && lines[0].Outcome == actions.Failed
	})
	sc.cfg.Capacity.MinActive = 6
	must(t, sc.s.Reload(sc.cfg))
	for range 12 {
		sc.run(30 * time.Minute)
		sc.lessons(6, 25*time.Minute)
	}
	sc.unharmed()
	if len(g.broken) > 0 {
		t.Errorf("broken promises %q\n%s", g.broken, sc.describe())
	}
}

func TestGrowthWhoseAnswerWasLostCoolsDownToo(t *testing.T) {
	cfg := schoolConfig()
	cfg.Capacity.MinActive = 1
	cfg.Sizes.Max.Cores = 16
	sc := newSchool(t, cfg, sim.Config{Servers: 1, Running: 1})
	g := sc.guard()
	sc.w.Inject(sim.Fault{Kind: sim.CloudLost, Op: "resize", Times: 1})
	sc.run(time.Minute)
	sc.lessons(4, time.Hour)
	sc.run(20 * time.Minute)
	if len(g.grown) == 0 {
		t.Fatalf("nothing grew\n%s", sc.describe())
	}
	if len(g.broken) > 0 {
		t.Errorf("broken promises %q\n%s", g.broken, sc.describe())
	}
}
