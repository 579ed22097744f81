package actions

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// intend commits what is about to be done, and returns the record before it; or
// it begins nothing: the process is to end, credentials were refused since the
// plan was made, or it is too late for it.
func (s *Scaler) intend(ctx context.Context, cfg Config, step Step, v Server, late <-chan struct{}) (before Record, begun bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil || len(s.refused.why(s.deps.Now())) > 0 || (step.replaceable() && over(late)) {
		return before, false, nil
	}
	before = s.memory.Records[step.ServerID]
	err = s.note(step, Begun, "", func(e *Entry, c *Commit) { s.begin(cfg, step, v, e.At, c) })
	return before, err == nil, err
}

// begin adds what a step in progress is known by to the commit. The caller
// holds mu.
func (s *Scaler) begin(cfg Config, step Step, v Server, now time.Time, c *Commit) {
	r := s.memory.Records[step.ServerID]
	r.ID = step.ServerID
	if step.Aim != r.Aim {
		r.aim(step.Aim, now)
	}
	if to := step.Kind.state(); to != "" {
		r.wrote(to, now)
	} else {
		r.Flight = &Flight{Step: step, At: now, Deadline: now.Add(cfg.Deadlines.of(step.Kind) + s.queue(cfg, v))}
	}
	if step.Kind == Start {
		c.Fleet = s.memory.Fleet.started(now, cfg.Cooldowns.Out)
	}
	c.Records = []Record{r}
}

// queue is how much longer a change may take behind the others that are under
// way in its datacenter. The caller holds mu.
func (s *Scaler) queue(cfg Config, v Server) (wait time.Duration) {
	for id, other := range s.servers {
		if other.Datacenter == v.Datacenter && s.memory.Records[id].Flight != nil {
			wait += cfg.Deadlines.Queue
		}
	}
	return wait
}

// write makes the change.
func (s *Scaler) write(ctx context.Context, step Step, v Server) (request string, err error) {
	switch step.Kind {
	case Start:
		return s.deps.Cloud.Start(ctx, v.ServerRef)
	case Stop:
		return s.deps.Cloud.Stop(ctx, v.ServerRef)
	case Grow, Shrink:
		return s.deps.Cloud.Resize(ctx, v.ServerRef, step.To)
	}
	return "", s.deps.Balancer.SetState(ctx, v.Balancer.ID, step.Kind.state())
}

// settle commits what came of a write. A change of the cloud stays in flight
// until the world shows it; so does one whose outcome is unknown.
func (s *Scaler) settle(cfg Config, step Step, before Record, request string, failure error) error {
	switch {
	case failure == nil && step.Kind.state() == "":
		return s.sent(cfg, step, request)
	case failure == nil:
		return s.record(step, Done, "", func(e *Entry, c *Commit) { s.changed(cfg, step, e.At, c) })
	case errors.Is(failure, ErrUnknown), errors.Is(failure, context.DeadlineExceeded), errors.Is(failure, context.Canceled):
		s.log.Warn("outcome unknown, the next cycle will tell", "step", step.Kind, "server", step.Server, "error", failure)
		return nil
	}
	return s.fell(cfg, step, before, failure)
}

// sent notes the request of an accepted change of the cloud.
func (s *Scaler) sent(cfg Config, step Step, request string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.memory.Records[step.ServerID]
	var c Commit
	if r.Flight != nil {
		f := *r.Flight
		f.Request = request
		r.Flight = &f
	}
	c.Records = []Record{r}
	s.refused.cloud = time.Time{}
	s.changed(cfg, step, s.deps.Now(), &c)
	if err := s.commit(c); err != nil {
		return fmt.Errorf("journaling %s of %s: %w", step.Kind, step.Server, err)
	}
	return nil
}

// changed adds the cooldowns that a change that was made begins. The caller
// holds mu.
func (s *Scaler) changed(cfg Config, step Step, now time.Time, c *Commit) {
	f := s.memory.Fleet
	r := s.memory.Records[step.ServerID]
	if len(c.Records) > 0 {
		r = c.Records[0]
	}
	if step.Kind.state() != "" {
		r.WroteAt = now // the poll interval begins when the write has come through
	}
	switch step.Kind {
	case Start, Enable, Reclaim:
		f.In = now
	case Cordon:
		r.Down = now
		if step.Aim != AimRepair {
			f.In = now
		}
	case Grow:
		r.Up = now
	case Shrink:
		r.Down = now
	}
	c.Fleet, c.Records = &f, []Record{r}
}
