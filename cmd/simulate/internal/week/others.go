package week

import (
	"context"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// never is a time that no week reaches.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Static has every server on, at the default size, at all times.
type Static struct{ Config fleet.Config }

// Name is static.
func (Static) Name() string { return "static" }

// Prepare has all servers on.
func (s Static) Prepare(cfg *sim.Config) {
	cfg.Running, cfg.Size = cfg.Servers, s.Config.Sizes.Default
}

// Begin does nothing.
func (Static) Begin(*sim.World, Setup) (Run, error) { return idle{}, nil }

type idle struct{}

func (idle) Next() time.Time           { return never }
func (idle) Act(context.Context) error { return nil }

// poller is a scaler that looks at all servers every so often and knows
// nothing of the balancer.
type poller struct {
	w     *sim.World
	cfg   fleet.Config
	every time.Duration
	next  time.Time
	look  func(ctx context.Context, p *poller, servers []sim.Reading) error
	buf   []sim.Reading
}

func (p *poller) Next() time.Time { return p.next }

func (p *poller) Act(ctx context.Context) error {
	now := p.w.Now()
	if now.Before(p.next) {
		return nil
	}
	p.next = now.Add(p.every)
	for _, dc := range p.w.Datacenters() {
		if _, err := p.w.Machines(dc); err != nil {
			return nil // this look is lost
		}
	}
	p.buf = p.w.AppendServers(p.buf)
	return p.look(ctx, p, p.buf)
}

// allEnabled has the balancer send meetings to every server that answers it,
// as these scalers leave it.
func allEnabled(cfg *sim.Config) {
	cfg.Each = func(_ int, s *sim.ServerSpec) { s.State = fleet.Enabled }
}

func refOf(r sim.Reading) fleet.ServerRef {
	return fleet.ServerRef{Datacenter: r.Datacenter, ID: r.ID}
}

// Vertical is infra-autoscaler with direct sizing: all servers on, each larger
// by a step while it is high and people are on it, and back at the least at
// once when nobody is.
type Vertical struct{ Config fleet.Config }

// Name is infra-autoscaler.
func (Vertical) Name() string { return "infra-autoscaler" }

// Prepare has all servers on.
func (s Vertical) Prepare(cfg *sim.Config) {
	cfg.Running, cfg.Size = cfg.Servers, s.Config.Sizes.Default
}

// Begin starts the poll, every 60 s.
func (s Vertical) Begin(w *sim.World, _ Setup) (Run, error) {
	return &poller{w: w, cfg: s.Config, every: time.Minute, next: w.Now(), look: verticalLook}, nil
}

func verticalLook(ctx context.Context, p *poller, servers []sim.Reading) error {
	t, z := p.cfg.Thresholds, p.cfg.Sizes
	for _, r := range servers {
		to := r.Size
		switch {
		case !r.NodeUp || !r.BBBUp:
			continue
		case r.Participants == 0:
			to = z.Default
		default:
			if r.CPU > t.CPU.Max {
				to.Cores = min(to.Cores+z.Step.Cores, z.Max.Cores)
			}
			if r.Memory > t.Memory.Max {
				to.RAM = min(to.RAM+z.Step.RAM, z.Max.RAM)
			}
		}
		if to != r.Size {
			_, _ = p.w.Cloud().Resize(ctx, refOf(r), to)
		}
	}
	return nil
}
