package sim

import (
	"context"
	"errors"
	"net/http"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Cloud returns the world's cloud as the scaler's core calls it.
func (w *World) Cloud() fleet.Cloud { return cloud{w} }

// Balancer returns the world's balancer as the scaler's core calls it.
func (w *World) Balancer() fleet.Balancer { return balancer{w} }

// Meetings returns the world's BigBlueButton servers as the scaler's core asks
// them.
func (w *World) Meetings() fleet.Meetings { return meetings{w} }

type cloud struct{ w *World }

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

func (c cloud) Server(ctx context.Context, s fleet.ServerRef) (fleet.CloudServer, error) {
	if err := ctx.Err(); err != nil {
		return fleet.CloudServer{}, err
	}
	m, err := c.w.Machine(s)
	return m.CloudServer, c.w.hang(ctx, err)
}

func (c cloud) Start(ctx context.Context, s fleet.ServerRef) (string, error) {
	if s.Template == Cube {
		return c.change(ctx, "resume", s, fleet.Size{})
	}
	return c.change(ctx, "start", s, fleet.Size{})
}

func (c cloud) Stop(ctx context.Context, s fleet.ServerRef) (string, error) {
	if s.Template == Cube {
		return c.change(ctx, "suspend", s, fleet.Size{})
	}
	return c.change(ctx, "stop", s, fleet.Size{})
}

func (c cloud) Resize(ctx context.Context, s fleet.ServerRef, to fleet.Size) (string, error) {
	return c.change(ctx, "resize", s, to)
}

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

var phases = map[string]fleet.RequestPhase{
	RequestQueued: fleet.RequestPending, RequestRunning: fleet.RequestPending,
	RequestDone: fleet.RequestDone, RequestFailed: fleet.RequestFailed,
}

func (c cloud) Contract(ctx context.Context) (fleet.Contract, error) {
	if err := ctx.Err(); err != nil {
		return fleet.Contract{}, err
	}
	perServer, limit, provisioned, err := c.w.CloudContract()
	return fleet.Contract{PerServer: perServer, Free: limit.Sub(provisioned)}, c.w.hang(ctx, err)
}

type balancer struct{ w *World }

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

func (b balancer) Server(ctx context.Context, id string) (fleet.BalancerServer, error) {
	if err := ctx.Err(); err != nil {
		return fleet.BalancerServer{}, err
	}
	m, err := b.w.Member(id)
	return m.BalancerServer, b.w.hang(ctx, err)
}

func (b balancer) SetState(ctx context.Context, id string, to fleet.BalancerState) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := fleet.Check(ctx); err != nil {
		return err
	}
	return b.w.hang(ctx, b.w.SetState(id, to))
}

type meetings struct{ w *World }

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
