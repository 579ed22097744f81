package week

import (
	"context"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// pollingRun is the run of a scaler that reads all servers at a fixed interval and
// does not use the balancer.
type pollingRun struct {
	w     *sim.World
	cfg   fleet.Config
	every time.Duration
	next  time.Time
	cycle func(ctx context.Context, p *pollingRun, servers []sim.Reading) error
	buf   []sim.Reading
}

// Next returns the time of the next cycle.
func (p *pollingRun) Next() time.Time { return p.next }

// Act runs a cycle if one is due.
func (p *pollingRun) Act(ctx context.Context) error {
	now := p.w.Now()
	if now.Before(p.next) {
		return nil
	}
	p.next = now.Add(p.every)
	for _, dc := range p.w.Datacenters() {
		if _, err := p.w.Machines(dc); err != nil {
			return nil // no cycle without the list of servers
		}
	}
	p.buf = p.w.AppendServers(p.buf)
	return p.cycle(ctx, p, p.buf)
}

// allEnabled enables every server in the balancer, since these scalers never
// change it; the balancer sends meetings to those that answer its poll.
func allEnabled(cfg *sim.Config) {
	cfg.Each = func(_ int, s *sim.ServerSpec) { s.State = fleet.Enabled }
}

func refOf(r sim.Reading) fleet.ServerRef {
	return fleet.ServerRef{Datacenter: r.Datacenter, ID: r.ID}
}
