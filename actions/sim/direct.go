package sim

import (
	"context"
	"errors"
	"net/http"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Cloud returns the simulated cloud as a fleet.Cloud.
func (w *World) Cloud() fleet.Cloud { return cloud{w} }

// Balancer returns the simulated balancer as a fleet.Balancer.
func (w *World) Balancer() fleet.Balancer { return balancer{w} }

// Meetings returns the simulated BigBlueButton servers as a fleet.Meetings.
func (w *World) Meetings() fleet.Meetings { return meetings{w} }

// cloud implements fleet.Cloud with the simulated cloud.
type cloud struct{ w *World }

// Servers implements fleet.Cloud.
func (c cloud) Servers(ctx context.Context, datacenter string) ([]fleet.CloudServer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	machines, err := c.w.Machines(datacenter)
	if err != nil {
		return nil, c.w.hang(ctx, err)
	}
	return cloudServers(machines), nil
}

// Server implements fleet.Cloud.
func (c cloud) Server(ctx context.Context, s fleet.ServerRef) (fleet.CloudServer, error) {
	if err := ctx.Err(); err != nil {
		return fleet.CloudServer{}, err
	}
	m, err := c.w.Machine(s)
	return m.CloudServer, c.w.hang(ctx, err)
}

// Start implements fleet.Cloud.
func (c cloud) Start(ctx context.Context, s fleet.ServerRef) (string, error) {
	if s.Template == Cube {
		return c.change(ctx, "resume", s, fleet.Size{})
	}
	return c.change(ctx, "start", s, fleet.Size{})
}

// Stop implements fleet.Cloud.
func (c cloud) Stop(ctx context.Context, s fleet.ServerRef) (string, error) {
	if s.Template == Cube {
		return c.change(ctx, "suspend", s, fleet.Size{})
	}
	return c.change(ctx, "stop", s, fleet.Size{})
}

// Resize implements fleet.Cloud.
func (c cloud) Resize(ctx context.Context, s fleet.ServerRef, to fleet.Size) (string, error) {
	return c.change(ctx, "resize", s, to)
}

// change sends a write, after the check of ctx.
func (c cloud) change(ctx context.Context, op string, s fleet.ServerRef, to fleet.Size) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if err := fleet.Check(ctx); err != nil {
		return "", err
	}
	id, err := c.w.Change(op, s, to)
	return id, c.w.hang(ctx, err)
}

// Request implements fleet.Cloud.
func (c cloud) Request(ctx context.Context, id string) (fleet.RequestStatus, error) {
	if err := ctx.Err(); err != nil {
		return fleet.RequestStatus{}, err
	}
	phase, message, err := c.w.RequestStatus(id)
	if refused, ok := errors.AsType[*CloudError](err); ok && refused.Status == http.StatusNotFound {
		return fleet.RequestStatus{Phase: fleet.RequestDone}, nil
	}
	return fleet.RequestStatus{Phase: phases[phase], Message: message}, c.w.hang(ctx, err)
}

// phases maps the phases of the cloud's API to those of fleet.
var phases = map[string]fleet.RequestPhase{
	RequestQueued: fleet.RequestPending, RequestRunning: fleet.RequestPending,
	RequestDone: fleet.RequestDone, RequestFailed: fleet.RequestFailed,
}

// Contract implements fleet.Cloud.
func (c cloud) Contract(ctx context.Context) (fleet.Contract, error) {
	if err := ctx.Err(); err != nil {
		return fleet.Contract{}, err
	}
	perServer, limit, provisioned, err := c.w.CloudContract()
	return fleet.Contract{PerServer: perServer, Free: limit.Sub(provisioned)}, c.w.hang(ctx, err)
}

// balancer implements fleet.Balancer with the simulated balancer.
type balancer struct{ w *World }

// Servers implements fleet.Balancer.
func (b balancer) Servers(ctx context.Context) ([]fleet.BalancerServer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	members, err := b.w.Members()
	if err != nil {
		return nil, b.w.hang(ctx, err)
	}
	servers := make([]fleet.BalancerServer, len(members))
	for i, m := range members {
		servers[i] = m.BalancerServer
	}
	return servers, nil
}

// Server implements fleet.Balancer.
func (b balancer) Server(ctx context.Context, id string) (fleet.BalancerServer, error) {
	if err := ctx.Err(); err != nil {
		return fleet.BalancerServer{}, err
	}
	m, err := b.w.Member(id)
	return m.BalancerServer, b.w.hang(ctx, err)
}

// SetState implements fleet.Balancer.
func (b balancer) SetState(ctx context.Context, id string, to fleet.BalancerState) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := fleet.Check(ctx); err != nil {
		return err
	}
	return b.w.hang(ctx, b.w.SetState(id, to))
}

// meetings implements fleet.Meetings with the simulated BigBlueButton servers.
type meetings struct{ w *World }

// Meetings implements fleet.Meetings.
func (m meetings) Meetings(ctx context.Context, s fleet.BalancerServer) (fleet.MeetingCount, error) {
	if err := ctx.Err(); err != nil {
		return fleet.MeetingCount{}, err
	}
	name := s.ID
	if name == "" {
		name = s.URL
	}
	return m.w.count(ctx, name)
}
