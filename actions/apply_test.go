package actions_test

import (
	"context"
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
	if lines, _ := fx.store.Journal(10, ""); len(lines) > 0 {
		t.Errorf("begun although it was told to end\n%s", fx.describe())
	}
}

// hooked calls what a test has set when the cloud is called.
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
	lines, err := fx.store.Journal(1000, name)
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

// stalled is the context of a process that stands still, once armed, whenever
// it comes to a call of its own: a machine that is suspended or starved.
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

// arming arms a stall once the cycle has stored what it read: right before it
// applies its plan.
type arming struct {
	fleet.Store
	armed *atomic.Bool
}

func (a arming) Commit(c fleet.Commit) error {
	defer a.armed.Store(true)
	return a.Store.Commit(c)
}

func TestStartsThatAStallHeldBackAreNotMadeBesideThoseInTheirPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := sideBySideConfig(dcA)
		cfg.Capacity.MinActive, cfg.Capacity.MaxStep = 6, 2
		w := newBubbleSim(sim.Config{Servers: 8, Running: 0, Datacenters: []string{dcA}})
		armed, store := &atomic.Bool{}, store.NewMemory()
		s, err := actions.New(cfg, actions.Deps{
			Cloud: w.Cloud(), Balancer: w.Balancer(), Meetings: w.Meetings(), Resolve: w.Resolve, Store: arming{store, armed},
		})
		must(t, err)
		must(t, s.Cycle(stalled{t.Context(), armed, cfg.Deadlines.Patience + time.Second}, time.Now()))
		must(t, s.Cycle(t.Context(), time.Now()))
		time.Sleep(cfg.Cooldowns.Out / 2)
		lines, err := store.Journal(100, "")
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
