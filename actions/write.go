package actions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// intend commits what is about to be done, and returns the record before it; or
// it begins nothing: the process is to end, credentials were refused since the
// plan was made, or it is too late for it.
func (s *Scaler) intend(ctx context.Context, cfg fleet.Config, step fleet.Step, v fleet.Server, late <-chan struct{}) (before fleet.Record, begun bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil || len(s.refused.why(s.deps.Now())) > 0 || (step.Replaceable() && over(late)) {
		return before, false, nil
	}
	before = s.memory.Records[step.ServerID]
	err = s.note(step, fleet.Begun, "", func(e *fleet.Entry, c *fleet.Commit) { s.begin(cfg, step, v, e.At, c) })
	return before, err == nil, err
}

// begin adds what a step in progress is known by to the commit. The caller
// holds mu.
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

// queue is how much longer a change may take behind the others that are under
// way in its datacenter. The caller holds mu.
func (s *Scaler) queue(cfg fleet.Config, v fleet.Server) (wait time.Duration) {
	for id, other := range s.servers {
		if other.Datacenter == v.Datacenter && s.memory.Records[id].Flight != nil {
			wait += cfg.Deadlines.Queue
		}
	}
	return wait
}

// write makes the change.
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

// settle commits what came of a write. A change of the cloud stays in flight
// until the cloud shows it; so does one whose outcome is unknown.
func (s *Scaler) settle(cfg fleet.Config, step fleet.Step, before fleet.Record, request string, failure error) error {
	switch {
	case failure == nil && step.Kind.BalancerState() == "":
		return s.sent(cfg, step, request)
	case failure == nil:
		return s.record(step, fleet.Done, "", func(e *fleet.Entry, c *fleet.Commit) { s.changed(cfg, step, e.At, c) })
	case outcomeUnknown(failure):
		s.log.Warn("outcome unknown, the next cycle will tell", "step", step.Kind, "server", step.Server, "error", failure)
		return nil
	}
	return s.fell(cfg, step, before, failure)
}

// outcomeUnknown reports whether the write may have been carried out.
func outcomeUnknown(failure error) bool {
	if errors.Is(failure, fleet.ErrUnknown) {
		return true // an earlier attempt may have been, whatever called the later ones off
	}
	_, off := errors.AsType[calledOff](failure)
	return !off && (errors.Is(failure, context.DeadlineExceeded) || errors.Is(failure, context.Canceled))
}

// sent notes the request of an accepted change of the cloud.
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

// changed adds the cooldowns that a change that was made begins. The caller
// holds mu.
func (s *Scaler) changed(cfg fleet.Config, step fleet.Step, now time.Time, c *fleet.Commit) {
	f := s.memory.Fleet
	r := s.memory.Records[step.ServerID]
	if len(c.Records) > 0 {
		r = c.Records[0]
	}
	r.Made, r.MadeAt = step.Kind, now
	if step.Kind.BalancerState() != "" {
		r.WroteAt = now // the poll interval begins when the write has come through
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
		r.Up = now
	case fleet.Shrink:
		r.Down = now
	}
	c.Fleet, c.Records = &f, []fleet.Record{r}
}
