package week

import (
	"context"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// Vertical is infra-autoscaler with direct sizing: all servers are on. A server
// with people on it whose workload is above the maximum grows by one step in
// each cycle; one without people returns to the default size at once.
type Vertical struct{ Config fleet.Config }

// Name returns infra-autoscaler.
func (Vertical) Name() string { return "infra-autoscaler" }

// Prepare starts with all servers on.
func (s Vertical) Prepare(cfg *sim.Config) {
	cfg.Running, cfg.Size = cfg.Servers, s.Config.Sizes.Default
}

// Begin starts the run, with a cycle every 60 s.
func (s Vertical) Begin(w *sim.World, _ Setup) (Run, error) {
	return &pollingRun{w: w, cfg: s.Config, every: time.Minute, next: w.Now(), cycle: verticalCycle}, nil
}

func verticalCycle(ctx context.Context, p *pollingRun, servers []sim.Reading) error {
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
