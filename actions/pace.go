package actions

import (
	"context"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Pace computes when the next cycle is due: an interval after the last one, or, after
// a notification, once no further one has arrived for FleetConfig.DebounceQuiet, and
// at most DebounceMax after the first. Run uses it with timers, a simulation with
// virtual time.
type Pace struct {
	rest        time.Time // end of the interval
	first, last time.Time // notifications since the last cycle; zero: none
}

// Cycled records a cycle at now. The next one is due after interval.
func (p *Pace) Cycled(now time.Time, interval time.Duration) {
	*p = Pace{rest: now.Add(interval)}
}

// Notified records a notification at now.
func (p *Pace) Notified(now time.Time) {
	p.last = now
	if p.first.IsZero() {
		p.first = now
	}
}

// Next returns when the next cycle is due.
func (p *Pace) Next(c fleet.FleetConfig) time.Time {
	if p.first.IsZero() {
		return p.rest
	}
	due := p.last.Add(c.DebounceQuiet)
	if latest := p.first.Add(c.DebounceMax); latest.Before(due) {
		due = latest
	}
	if p.rest.Before(due) {
		return p.rest
	}
	return due
}

// Run runs cycles until ctx is done, at the times that Pace computes, and logs their
// errors. Before it returns, it waits for the writes in progress.
func (s *Scaler) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.Cycle(ctx, s.deps.Now()); err != nil && ctx.Err() == nil {
			s.log.Error("cycle failed", "error", err)
		}
		s.rest(ctx)
	}
	s.writes.Wait()
	return nil
}

// rest waits until the next cycle is due. It uses the monotonic clock, so that setting
// the wall clock does not change the wait.
func (s *Scaler) rest(ctx context.Context) {
	var p Pace
	p.Cycled(time.Now(), s.Interval())
	for {
		timer := time.NewTimer(time.Until(p.Next(s.config().Fleet)))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-s.wake:
			timer.Stop()
			p.Notified(time.Now())
			continue
		}
		timer.Stop()
		return
	}
}

// Interval returns the time to the next cycle if no notification arrives. It is
// FleetConfig.BusyInterval while a server starts, warms, drains, stops, resizes or is
// down, and until the fleet was read completely once; otherwise EvaluationInterval.
func (s *Scaler) Interval() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	moving := 0
	for _, state := range []fleet.State{fleet.StateStarting, fleet.StateWarming, fleet.StateDraining, fleet.StateEmpty, fleet.StateStopping, fleet.StateResizing, fleet.StateDown} {
		moving += s.status.Counts[state]
	}
	if moving > 0 || s.complete == 0 {
		return s.cfg.Fleet.BusyInterval
	}
	return s.cfg.Fleet.EvaluationInterval
}

// poke wakes Run. It does not block.
func (s *Scaler) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
