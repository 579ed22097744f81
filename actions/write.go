package actions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// intend commits the journal entry "begun" and the new record of the server, and
// returns the record from before. begun is false, and nothing is committed, if the
// process is ending, if the right to change the fleet has ended, if credentials were
// refused since the plan was made, or if the step is replaceable and late is closed.
func (s *Scaler) intend(ctx context.Context, cfg fleet.Config, step fleet.Step, v fleet.Server, late <-chan struct{}) (before fleet.Record, begun bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.deps.Now(); ctx.Err() != nil || s.ended(now) || len(s.refused.why(now)) > 0 || (step.Replaceable() && over(late)) {
		return before, false, nil
	}
	before = s.memory.Records[step.ServerID]
	err = s.note(step, fleet.Begun, "", func(e *fleet.Entry, c *fleet.Commit) { s.begin(cfg, step, v, e.At, c) })
	return before, err == nil, err
}

// begin adds the server's record with the begun step to the commit: the new aim, and
// the step in flight or the state written to the balancer. The caller holds mu.
func (s *Scaler) begin(cfg fleet.Config, step fleet.Step, v fleet.Server, now time.Time, c *fleet.Commit) {
	r := s.memory.Records[step.ServerID]
	r.ID = step.ServerID
	if step.Aim != r.Aim {
		r.SetAim(step.Aim, now)
	}
	if to := step.Kind.BalancerState(); to != "" {
		r.SetWrote(to, now)
	} else {
		r.Flight = &fleet.Flight{Step: step, At: now, Deadline: now.Add(cfg.Deadlines.For(step.Kind) + s.queue(cfg, v))}
	}
	if step.Kind == fleet.Start {
		c.Fleet = s.memory.Fleet.WithStart(now, cfg.Cooldowns.Out)
	}
	c.Records = []fleet.Record{r}
}

// queue returns Deadlines.Queue for each other step in flight in the datacenter of the
// server, since the cloud may carry them out one after the other. The caller holds mu.
func (s *Scaler) queue(cfg fleet.Config, v fleet.Server) (wait time.Duration) {
	for id, other := range s.servers {
		if other.Datacenter == v.Datacenter && s.memory.Records[id].Flight != nil {
			wait += cfg.Deadlines.Queue
		}
	}
	return wait
}

// write sends the change to the cloud or the balancer. For the cloud, it returns the id
// of the request.
func (s *Scaler) write(ctx context.Context, step fleet.Step, v fleet.Server) (request string, err error) {
	switch step.Kind {
	case fleet.Start:
		return s.deps.Cloud.Start(ctx, v.ServerRef)
	case fleet.Stop:
		return s.deps.Cloud.Stop(ctx, v.ServerRef)
	case fleet.Grow, fleet.Shrink:
		return s.deps.Cloud.Resize(ctx, v.ServerRef, step.To)
	}
	return "", s.deps.Balancer.SetState(ctx, v.Balancer.ID, step.Kind.BalancerState())
}

// settle commits the result of a write. A step in the cloud stays in flight until a
// later cycle sees its goal, also if its outcome is unknown.
func (s *Scaler) settle(cfg fleet.Config, step fleet.Step, before fleet.Record, request string, failure error) error {
	switch {
	case failure == nil && step.Kind.BalancerState() == "":
		return s.sent(cfg, step, request)
	case failure == nil:
		return s.record(step, fleet.Done, "", func(e *fleet.Entry, c *fleet.Commit) { s.changed(cfg, step, e.At, c) })
	case outcomeUnknown(failure):
		s.log.Warn("outcome unknown, read again in the next cycle", "step", step.Kind, "server", step.Server, "error", failure)
		return nil
	}
	return s.fell(cfg, step, before, failure)
}

// outcomeUnknown reports whether a failed write may have been carried out.
func outcomeUnknown(failure error) bool {
	if errors.Is(failure, fleet.ErrUnknown) {
		return true // an earlier attempt may have been carried out, even if a check stopped a later one
	}
	_, off := errors.AsType[calledOff](failure)
	return !off && (errors.Is(failure, context.DeadlineExceeded) || errors.Is(failure, context.Canceled))
}

// sent commits the request id of a change that the cloud has accepted.
func (s *Scaler) sent(cfg fleet.Config, step fleet.Step, request string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.memory.Records[step.ServerID]
	var c fleet.Commit
	if r.Flight != nil {
		f := *r.Flight
		f.Request = request
		r.Flight = &f
	}
	c.Records = []fleet.Record{r}
	s.refused.cloud = time.Time{}
	s.changed(cfg, step, s.deps.Now(), &c)
	if err := s.commit(c); err != nil {
		return fmt.Errorf("journaling %s of %s: %w", step.Kind, step.Server, err)
	}
	return nil
}

// changed adds the begin of the cooldowns after a change to the commit. The caller
// holds mu.
func (s *Scaler) changed(cfg fleet.Config, step fleet.Step, now time.Time, c *fleet.Commit) {
	f := s.memory.Fleet
	r := s.memory.Records[step.ServerID]
	if len(c.Records) > 0 {
		r = c.Records[0]
	}
	r.Made, r.MadeAt = step.Kind, now
	if step.Kind.BalancerState() != "" {
		r.WroteAt = now // the poll interval for the confirmation begins when the write has returned
	}
	switch step.Kind {
	case fleet.Start, fleet.Enable, fleet.Reclaim:
		f.In = now
	case fleet.Cordon:
		r.Down = now
		if step.Aim != fleet.AimRepair {
			f.In = now
		}
	case fleet.Grow:
		r.Grew(step.To, now)
	case fleet.Shrink:
		r.Down = now
	}
	c.Fleet, c.Records = &f, []fleet.Record{r}
}
