package week

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// Predecessor is bbb_scaler, the polling scaler that bbb-scaler replaces, with
// the same steps and the same faults: it stops a server by its exporters alone,
// without removing it from the balancer first, and one exporter that does not
// answer ends the whole cycle. It uses the thresholds and sizes of Config. Its
// floor is the one that its operator configured, 4 of 30 servers; with fewer
// servers it does not reach the need of a school morning.
type Predecessor struct{ Config fleet.Config }

// floorOf returns the same share of a fleet as its operator's floor.
func (s Predecessor) floorOf(servers int) int {
	return max(s.Config.Capacity.MinActive, int(math.Round(float64(servers)*4/30)))
}

// Name returns bbb_scaler.
func (Predecessor) Name() string { return "bbb_scaler" }

// Prepare starts with the floor.
func (s Predecessor) Prepare(cfg *sim.Config) {
	cfg.Running = min(cfg.Servers, s.floorOf(cfg.Servers))
	cfg.Size = s.Config.Sizes.Default
	allEnabled(cfg)
}

// bbb_scaler's WAITINGTIME, as the operator had it, and the default of its
// MAX_SERVER_INCREASE.
const (
	waitingTime       = 5 * time.Minute
	bbbScalerIncrease = 3
)

// Begin starts the run, with a cycle every waitingTime.
func (s Predecessor) Begin(w *sim.World, _ Setup) (Run, error) {
	cfg := s.Config
	cfg.Capacity = fleet.Capacity{MinActive: s.floorOf(len(w.Servers())), MaxStep: bbbScalerIncrease}
	return &pollingRun{w: w, cfg: cfg, every: waitingTime, next: w.Now(), cycle: predecessorCycle}, nil
}

func predecessorCycle(ctx context.Context, p *pollingRun, servers []sim.Reading) error {
	var on, off []sim.Reading
	for _, r := range servers {
		for range 2 { // it reads each server's volumes and NICs one by one
			_, _ = p.w.Machine(refOf(r)) // counted
		}
		if r.Power != fleet.PowerOn {
			off = append(off, r)
			continue
		}
		if !r.NodeUp || !r.BBBUp {
			return nil // an exception ends the cycle
		}
		on = append(on, r)
	}
	p.startMissing(ctx, on, off)
	p.stopIdle(ctx, on)
	p.resizeByOne(ctx, on)
	return nil
}

// startMissing starts servers up to the floor, at most Capacity.MaxStep in one
// cycle, or one server when the average workload is above a maximum.
func (p *pollingRun) startMissing(ctx context.Context, on, off []sim.Reading) {
	var cpu, memory float64
	for _, r := range on {
		cpu += r.CPU / float64(len(on))
		memory += r.Memory / float64(len(on))
	}
	n := 0
	floor, t := p.cfg.Capacity.MinActive, p.cfg.Thresholds
	switch {
	case len(on) < floor:
		n = min(p.cfg.Capacity.MaxStep, floor-len(on))
	case cpu >= t.CPU.Max || memory >= t.Memory.Max:
		n = 1
	}
	for _, r := range off[:min(n, len(off))] {
		_, _ = p.w.Cloud().Start(ctx, refOf(r)) // it ignores the answer
	}
}

// stopIdle stops servers beyond the floor whose CPU or memory workload is below
// the minimum and that have no participants.
func (p *pollingRun) stopIdle(ctx context.Context, on []sim.Reading) {
	slices.SortStableFunc(on, func(a, b sim.Reading) int {
		return -cmp.Or(cmp.Compare(a.Memory, b.Memory), cmp.Compare(a.CPU, b.CPU))
	})
	t := p.cfg.Thresholds
	for i, r := range on {
		low := r.Memory < t.Memory.Min || r.CPU < t.CPU.Min
		if i >= p.cfg.Capacity.MinActive && low && r.Size.Fits(p.cfg.Sizes.Default) && r.Participants == 0 {
			_, _ = p.w.Cloud().Stop(ctx, refOf(r))
		}
	}
}

// resizeByOne changes cores and memory by one step each, in separate calls.
func (p *pollingRun) resizeByOne(ctx context.Context, on []sim.Reading) {
	t, z := p.cfg.Thresholds, p.cfg.Sizes
	for _, r := range on {
		cores, ram := r.Size, r.Size
		switch {
		case r.CPU > t.CPU.Max && r.Size.Cores+z.Step.Cores <= z.Max.Cores:
			cores.Cores += z.Step.Cores
		case r.CPU < t.CPU.Min && r.Size.Cores > z.Default.Cores && r.Participants == 0:
			cores.Cores -= z.Step.Cores
		}
		switch {
		case r.Memory > t.Memory.Max && r.Size.RAM+z.Step.RAM <= z.Max.RAM:
			ram.RAM += z.Step.RAM
		case r.Memory < t.Memory.Min && r.Size.RAM > z.Default.RAM && r.Participants == 0:
			ram.RAM -= z.Step.RAM
		}
		if ram != r.Size {
			_, _ = p.w.Cloud().Resize(ctx, refOf(r), ram)
		}
		if cores != r.Size {
			cores.RAM = ram.RAM // the two calls race; at best both hold
			_, _ = p.w.Cloud().Resize(ctx, refOf(r), cores)
		}
	}
}
