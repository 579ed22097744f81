package week

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// CloudNative is a VM auto scaling group of IONOS: it knows the average CPU of the
// group's servers, and no meetings. Its servers have one size. Those that are on are
// enabled in the balancer, which finds out at its polls which ones answer.
type CloudNative struct{ Config fleet.Config }

// The policy of the group. The thresholds are those of the examples in IONOS's
// documentation, the range is the smallest and the cooldown the default. A share as the
// amount is the choice of an operator who knows the bell (assumption); the examples add
// one server at a time.
const (
	groupScaleOut      = 0.77             // scaleOutThreshold of INSTANCE_CPU_UTILIZATION_AVERAGE
	groupScaleIn       = 0.33             // scaleInThreshold
	groupRange         = 2 * time.Minute  // range of the average
	groupCooldown      = 5 * time.Minute  // cooldownPeriod, from the end of an action
	groupScaleOutShare = 0.5              // amount with amountType PERCENTAGE
	groupScaleInAmount = 1                // amount with amountType ABSOLUTE
	groupEvery         = 30 * time.Second // between two readings (assumption)
)

// Name returns cloud-native.
func (CloudNative) Name() string { return "cloud-native" }

// Prepare starts with the floor.
func (s CloudNative) Prepare(cfg *sim.Config) {
	atFloor(cfg, s.Config.Capacity)
	cfg.Size = s.Config.Sizes.Default
	allEnabled(cfg)
}

// Begin starts the run.
func (s CloudNative) Begin(w *sim.World, _ Setup) (Run, error) {
	return &groupRun{w: w, cfg: s.Config, next: w.Now(), readyAt: w.Now()}, nil
}

// groupRun is the run of an auto scaling group.
type groupRun struct {
	w       *sim.World
	cfg     fleet.Config
	next    time.Time
	readyAt time.Time // end of the cooldown
	recent  []float64 // averages of the readings within groupRange
	buf     []sim.Reading
}

// Next returns the time of the next reading.
func (g *groupRun) Next() time.Time { return g.next }

// Act reads the CPU of the servers, and scales by one action if a threshold is exceeded
// and no cooldown is in progress.
func (g *groupRun) Act(ctx context.Context) error {
	now := g.w.Now()
	if now.Before(g.next) {
		return nil
	}
	g.next = now.Add(groupEvery)
	g.buf = g.w.AppendServers(g.buf)
	var on, off []sim.Reading
	busy := false
	for _, r := range g.buf {
		if busy = busy || r.Busy; r.Power == fleet.PowerOn {
			on = append(on, r)
		} else {
			off = append(off, r)
		}
	}
	if busy { // the cooldown begins when the action is complete
		g.readyAt = now.Add(groupCooldown)
	}
	average := g.average(on)
	floor := g.cfg.Capacity.FloorAt("", now, len(g.buf))
	switch {
	case now.Before(g.readyAt):
	case average > groupScaleOut || len(on) < floor:
		n := max(floor-len(on), int(math.Ceil(groupScaleOutShare*float64(len(on)))))
		for _, r := range off[:min(n, len(off))] {
			_, _ = g.w.Cloud().Start(ctx, refOf(r)) // it is tried again after the cooldown
		}
	case average < groupScaleIn && len(on) > floor:
		slices.SortStableFunc(on, func(a, b sim.Reading) int { return a.BootedAt.Compare(b.BootedAt) })
		for _, r := range on[:min(groupScaleInAmount, len(on)-floor)] {
			_, _ = g.w.Cloud().Stop(ctx, refOf(r)) // the same
		}
	}
	return nil
}

// average returns the average CPU workload of servers within groupRange, or between the
// thresholds while there are not enough readings.
func (g *groupRun) average(servers []sim.Reading) float64 {
	sum := 0.0
	for _, r := range servers {
		sum += r.CPU / float64(len(servers))
	}
	n := int(groupRange / groupEvery)
	if g.recent = append(g.recent, sum); len(g.recent) < n {
		return groupScaleIn
	}
	g.recent = g.recent[len(g.recent)-n:]
	mean := 0.0
	for _, v := range g.recent {
		mean += v / float64(n)
	}
	return mean
}
