package actions_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// stateOf returns the state of a server in the status of s, by name.
func stateOf(s *actions.Scaler, name string) fleet.State {
	for _, v := range s.Status().Servers {
		if v.Name == name {
			return v.State
		}
	}
	return ""
}

func firing(name string, r *sim.Reading, annotations map[string]string) fleet.Alert {
	a := fleet.Alert{Fingerprint: name, Name: name, StartsAt: time.Now(), SeenAt: time.Now(), Annotations: annotations, Labels: map[string]string{}}
	if r != nil {
		a.Labels[rules.LabelInstance] = r.Addr.String() + ":9100"
	}
	return a
}

var idle = map[string]string{rules.AnnotationCores: "0", rules.AnnotationRAM: "0"}

// counted is a cloud that counts the list calls for one datacenter: one for each cycle.
type counted struct {
	fleet.Cloud
	cycles *atomic.Int32
	stuck  string        // id of the server whose start never answers
	slow   time.Duration // duration of a list call
}

func (c counted) Servers(ctx context.Context, dc string) ([]fleet.CloudServer, error) {
	c.cycles.Add(1)
	time.Sleep(c.slow)
	return c.Cloud.Servers(ctx, dc)
}

func (c counted) Start(ctx context.Context, s fleet.ServerRef) (string, error) {
	if s.ID == c.stuck {
		<-ctx.Done()
		return "", ctx.Err()
	}
	return c.Cloud.Start(ctx, s)
}

// runScaler runs a Scaler concurrently with a simulation; both use the clock of the
// synctest bubble.
func runScaler(t *testing.T, cfg fleet.Config, simCfg sim.Config, stuck func(*sim.World) string) (*actions.Scaler, *sim.World, *atomic.Int32) {
	t.Helper()
	w := newBubbleSim(simCfg)
	cloud := counted{Cloud: w.Cloud(), cycles: &atomic.Int32{}}
	if stuck != nil {
		cloud.stuck = stuck(w)
	}
	return runOver(t, cfg, w, cloud), w, cloud.cycles
}

// newBubbleSim returns a simulation that uses the clock of the synctest bubble.
func newBubbleSim(simCfg sim.Config) *sim.World {
	simCfg.Start, simCfg.BlockOnHang = time.Now(), true
	return sim.New(simCfg)
}

func runOver(t *testing.T, cfg fleet.Config, w *sim.World, cloud fleet.Cloud) *actions.Scaler {
	t.Helper()
	return runWith(t, cfg, w, actions.Deps{Cloud: cloud, Meetings: w.Meetings()})
}

// runWith runs a Scaler with the given dependencies, and those of w for the rest.
func runWith(t *testing.T, cfg fleet.Config, w *sim.World, deps actions.Deps) *actions.Scaler {
	t.Helper()
	if deps.Balancer == nil {
		deps.Balancer = w.Balancer()
	}
	deps.Resolve, deps.Store = w.Resolve, store.NewMemory()
	s, err := actions.New(cfg, deps)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var both sync.WaitGroup
	both.Go(func() { _ = s.Run(ctx) })
	both.Go(func() {
		for ctx.Err() == nil {
			time.Sleep(time.Second)
			w.Advance(time.Now())
		}
	})
	t.Cleanup(func() { cancel(); both.Wait() })
	return s
}

func sideBySideConfig(dcs ...string) fleet.Config {
	cfg := fixtureConfig()
	cfg.Fleet.Concurrency, cfg.Fleet.Datacenters = 16, dcs
	cfg.Fleet.EvaluationInterval = time.Minute
	return cfg
}

const dcA, dcB = "dc-a", "dc-b"
