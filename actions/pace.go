package actions

import (
	"context"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Pace tells when the next cycle is due: an interval after the last one, or,
// after a notification, as soon as notifications have been quiet for
// FleetConfig.DebounceQuiet, at most DebounceMax after the first of them. Run
// keeps it with timers, a simulation in virtual time.
type Pace struct {
	rest        time.Time // when the interval is over
	first, last time.Time // notifications since the last cycle; zero: none
}

// Cycled notes a cycle at now; interval is the time to the next one.
func (p *Pace) Cycled(now time.Time, interval time.Duration) {
	*p = Pace{rest: now.Add(interval)}
}

// Notified notes a notification at now.
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

// Run runs cycles until ctx is done, at the pace of Pace. It waits for the
// writes under way before it returns.
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

// rest waits until the next cycle is due. The timers go by their own clock, which
// no change of the wall clock stops.
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

// Interval is the time from one cycle to the next with nothing new: short while
// a server is on its way from one state to another, or the fleet has not been
// read completely yet.
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

// poke wakes Run, and never waits.
func (s *Scaler) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
