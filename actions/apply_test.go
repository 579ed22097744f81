package actions_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestStepsThatWaitedTooLongAreDecidedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := sideBySideConfig(dcA)
		cfg.Capacity.MinActive, cfg.ScaleIn.MaxShare, cfg.Fleet.Concurrency = 2, 0.5, 2
		s, w, _ := runScaler(t, cfg, sim.Config{Servers: 12, Running: 12, Datacenters: []string{dcA}}, nil)
		time.Sleep(2 * time.Minute)
		lift := w.Inject(sim.Fault{Kind: sim.BalancerHang, Op: "state"})
		must(t, onlyErr(s.Notify([]fleet.Alert{firing(rules.FleetWorkloadLow, nil, idle)})))
		time.Sleep(20 * time.Second)
		lift()
		time.Sleep(90 * time.Second)
		out := 0
		for _, r := range w.Servers() {
			if r.State != fleet.Enabled {
				out++
			}
		}
		if out == 0 || out > 6 {
			t.Errorf("%d of 12 servers out of service, want some and at most half: steps that waited were not called off", out)
		}
	})
}

func TestNothingIsBegunOnceItIsToEnd(t *testing.T) {
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 2
	fx := newFixture(t, cfg, sim.Config{Servers: 2, Running: 1})
	ctx, cancel := context.WithCancel(t.Context())
	fx.watch = func(c fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
		return hooked{Cloud: c, contract: cancel}, b
	}
	fx.restart()
	must(t, fx.s.Cycle(ctx, fx.w.Now()))
	if lines, _ := fx.store.Journal(t.Context(), 10, ""); len(lines) > 0 {
		t.Errorf("begun although it was told to end\n%s", fx.describe())
	}
}

// hooked is a cloud that calls the functions of a test before Start and Contract.
type hooked struct {
	fleet.Cloud
	start, contract func()
}

func (h hooked) Start(ctx context.Context, ref fleet.ServerRef) (string, error) {
	if h.start != nil {
		h.start()
	}
	return h.Cloud.Start(ctx, ref)
}

func (h hooked) Contract(ctx context.Context) (fleet.Contract, error) {
	if h.contract != nil {
		h.contract()
	}
	return h.Cloud.Contract(ctx)
}

func TestRepeatedRefusalOfTheCheckIsJournaledOnce(t *testing.T) {
	fx := lowFixture(t, nil)
	name := drainOne(t, fx)
	fx.w.Inject(sim.Fault{Kind: sim.BalancerFail, Op: "server"})
	fx.run(3 * time.Hour)
	lines, err := fx.store.Journal(t.Context(), 1000, name)
	must(t, err)
	n := 0
	for _, e := range lines {
		if e.Outcome == fleet.Abandoned {
			n++
		}
	}
	if n < 1 || n > 5 {
		t.Errorf("%d lines of a check that says the same again and again, want one an hour\n%s", n, fx.describe())
	}
}

// stalled is the context of a process that sleeps, once armed, each time it uses the
// context. It stands for a machine that is suspended or has no CPU time.
type stalled struct {
	context.Context
	armed *atomic.Bool
	holds time.Duration
}

func (c stalled) Done() <-chan struct{} {
	if c.armed.Load() {
		time.Sleep(c.holds)
	}
	return c.Context.Done()
}

// arming is a store that arms a stall after the cycle has committed what it read,
// immediately before it applies its plan.
type arming struct {
	fleet.Store
	armed, when *atomic.Bool
}

func (a arming) Commit(ctx context.Context, c fleet.Commit) error {
	defer func() { a.armed.Store(a.when.Load()) }()
	return a.Store.Commit(ctx, c)
}

func TestStartsThatAStallHeldBackAreNotMadeBesideThoseInTheirPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := sideBySideConfig(dcA)
		cfg.Capacity.MinActive, cfg.Capacity.MaxStep = 6, 2
		w := newBubbleSim(sim.Config{Servers: 8, Running: 0, Datacenters: []string{dcA}})
		armed, when, store := &atomic.Bool{}, &atomic.Bool{}, store.NewMemory()
		when.Store(true)
		s, err := actions.New(cfg, actions.Deps{
			Cloud: w.Cloud(), Balancer: w.Balancer(), Meetings: w.Meetings(), Resolve: w.Resolve, Store: arming{store, armed, when},
		})
		must(t, err)
		must(t, s.Cycle(stalled{t.Context(), armed, cfg.Deadlines.Patience + time.Second}, time.Now()))
		must(t, s.Cycle(t.Context(), time.Now()))
		time.Sleep(cfg.Cooldowns.Out / 2)
		lines, err := store.Journal(t.Context(), 100, "")
		must(t, err)
		begun := 0
		for _, e := range lines {
			if e.Step.Kind == fleet.Start && e.Outcome == fleet.Begun {
				begun++
			}
		}
		if begun != cfg.Capacity.MaxStep {
			t.Errorf("%d starts begun within a cooldown, want %d", begun, cfg.Capacity.MaxStep)
		}
	})
}

// slowWrites is a balancer whose writes are slow. It counts the writes that overlap on
// one server.
type slowWrites struct {
	fleet.Balancer
	takes time.Duration

	mu      sync.Mutex
	running map[string]int
	overlap int
	calls   int
}

func (s *slowWrites) wait(id string) {
	s.add(id, 1)
	time.Sleep(s.takes)
	s.add(id, -1)
}

func (s *slowWrites) add(id string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running[id] += n
	s.overlap = max(s.overlap, s.running[id])
	s.calls += max(0, n)
}

func (s *slowWrites) SetState(ctx context.Context, id string, to fleet.BalancerState) error {
	s.wait(id)
	return s.Balancer.SetState(ctx, id, to)
}

// slowStarts is a cloud with slow starts, counted by the same slowWrites.
type slowStarts struct {
	fleet.Cloud
	*slowWrites
}

func (s slowStarts) Servers(ctx context.Context, dc string) ([]fleet.CloudServer, error) {
	return s.Cloud.Servers(ctx, dc)
}

func (s slowStarts) Start(ctx context.Context, ref fleet.ServerRef) (string, error) {
	s.wait(ref.ID)
	return s.Cloud.Start(ctx, ref)
}

func TestServerIsLeftAloneWhileAWriteOfItIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := sideBySideConfig(dcA)
		cfg.Capacity.MinActive, cfg.Deadlines.Write = 1, 5*time.Minute
		w := newBubbleSim(sim.Config{Servers: 1, Running: 0, Datacenters: []string{dcA}})
		slow := &slowWrites{Balancer: w.Balancer(), takes: 2 * time.Minute, running: map[string]int{}}
		s := runWith(t, cfg, w, actions.Deps{Cloud: slowStarts{w.Cloud(), slow}, Balancer: slow, Meetings: w.Meetings()})
		time.Sleep(15 * time.Minute)
		if n := s.Status().Counts[fleet.StateActive]; n != 1 {
			t.Errorf("%d servers in service, want 1: %v", n, s.Status().Counts)
		}
		if slow.overlap != 1 || slow.calls != 2 {
			t.Errorf("%d writes, %d of one server at once; want one start and one enable, one after the other", slow.calls, slow.overlap)
		}
		lines, err := s.Journal(100, "")
		must(t, err)
		for _, e := range lines {
			if e.Outcome != fleet.Begun && e.Outcome != fleet.Done {
				t.Errorf("%s %s: %s", e.Step.Kind, e.Outcome, e.Detail)
			}
		}
	})
}

func TestCordonsThatAStallHeldBackAreNotMadeBesideThoseInTheirPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := sideBySideConfig(dcA)
		cfg.Capacity.MinActive, cfg.ScaleIn.MaxShare = 2, 0.25
		w := newBubbleSim(sim.Config{Servers: 8, Running: 8, Datacenters: []string{dcA}})
		armed, when, store := &atomic.Bool{}, &atomic.Bool{}, store.NewMemory()
		s, err := actions.New(cfg, actions.Deps{
			Cloud: w.Cloud(), Balancer: w.Balancer(), Meetings: w.Meetings(), Resolve: w.Resolve, Store: arming{store, armed, when},
		})
		must(t, err)
		time.Sleep(2 * time.Minute)
		w.Advance(time.Now())
		must(t, s.Cycle(t.Context(), time.Now()))
		must(t, onlyErr(s.Notify([]fleet.Alert{firing(rules.FleetWorkloadLow, nil, idle), firing(rules.ServerMemoryHigh, &w.Servers()[0], nil)})))
		when.Store(true)
		must(t, s.Cycle(stalled{t.Context(), armed, cfg.Deadlines.Patience + time.Second}, time.Now()))
		when.Store(false)
		armed.Store(false)
		must(t, s.Cycle(t.Context(), time.Now()))
		time.Sleep(cfg.Cooldowns.In / 2)
		lines, err := store.Journal(t.Context(), 100, "")
		must(t, err)
		begun := 0
		for _, e := range lines {
			if e.Step.Kind == fleet.Cordon && e.Outcome == fleet.Begun {
				begun++
			}
		}
		if begun != 2 {
			t.Errorf("%d cordons begun, want the 2 that may drain at once", begun)
		}
	})
}
