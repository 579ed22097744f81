package actions

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// calledOff is the error of a check that stops a step. The adapters return it, wrapped.
type calledOff struct{ why string }

// Error returns why the step was stopped.
func (c calledOff) Error() string { return c.why }

// checked returns the context of a step's write, with which the step is checked again
// immediately before each attempt to send it, also after waits for a rate limit or a
// connection. Only a change between the answer of the last read and the arrival of
// the write goes unnoticed. This time is at most Deadlines.Proof plus one round trip;
// BenchmarkWindowBetweenProofAndStop measures it.
func (s *Scaler) checked(ctx context.Context, step fleet.Step, v fleet.Server) context.Context {
	return fleet.WithCheck(ctx, func(ctx context.Context) error {
		if no := s.recheck(ctx, step, v); no != "" {
			return calledOff{no}
		}
		return nil
	})
}

// recheck reads again what the step depends on, and returns why the step must not be
// taken, or "". v is the server as the plan saw it. Pauses and alerts are checked
// last, so that a pause applies as soon as the call that sets it has returned.
func (s *Scaler) recheck(ctx context.Context, step fleet.Step, v fleet.Server) string {
	if no := s.recheckOutside(ctx, step, v); no != "" {
		return no
	}
	return s.recheckTable(step, v)
}

// recheckOutside checks the step against the cloud, the balancer and BigBlueButton.
func (s *Scaler) recheckOutside(ctx context.Context, step fleet.Step, v fleet.Server) string {
	switch step.Kind {
	case fleet.Grow:
		return s.mustBeAsPlanned(ctx, v)
	case fleet.Shrink:
		if v.Balancer != nil {
			if no := s.mustBe(ctx, v, fleet.Disabled, fleet.Cordoned); no != "" {
				return no
			}
		}
		return s.mustBeAsPlanned(ctx, v)
	case fleet.Stop:
		if no := s.mustBeAsPlanned(ctx, v); no != "" {
			return no
		}
		return s.mustBeEmpty(ctx, v, fleet.Disabled)
	case fleet.Disable:
		return s.mustBeEmpty(ctx, v, fleet.Cordoned)
	case fleet.Cordon, fleet.Enable, fleet.Reclaim:
		return s.mustBe(ctx, v, v.Balancer.State)
	}
	return ""
}

// mustBeAsPlanned returns why the server no longer has the power and size from which
// the step was planned, or "". Without this check, a step planned from an old list
// could shrink a server that a person has just made larger.
func (s *Scaler) mustBeAsPlanned(ctx context.Context, v fleet.Server) string {
	now, err := s.deps.Cloud.Server(ctx, v.ServerRef)
	switch {
	case err != nil:
		return fmt.Sprintf("reading it again: %v", err)
	case now.Busy:
		return "another change to it is pending in the cloud"
	case now.Power != v.Power:
		return fmt.Sprintf("its power is %s now", now.Power)
	case now.Size != v.Size:
		return fmt.Sprintf("it has %s now, not %s", now.Size, v.Size)
	}
	return ""
}

// mustBe returns why the server is not in one of the states in the balancer, or "".
func (s *Scaler) mustBe(ctx context.Context, v fleet.Server, states ...fleet.BalancerState) string {
	now, err := s.deps.Balancer.Server(ctx, v.Balancer.ID)
	switch {
	case err != nil:
		return fmt.Sprintf("checking its state again: %v", err)
	case !slices.Contains(states, now.State):
		return fmt.Sprintf("it is %s now", now.State)
	}
	return ""
}

// mustBeEmpty returns why the server is not in one of the states, or not proven to be
// empty, or "". An answer that takes longer than Deadlines.Proof does not count: a
// meeting may have begun after the server wrote it.
func (s *Scaler) mustBeEmpty(ctx context.Context, v fleet.Server, states ...fleet.BalancerState) string {
	if no := s.mustBe(ctx, v, states...); no != "" {
		return no
	}
	ctx, cancel := context.WithTimeout(ctx, s.config().Deadlines.Proof)
	defer cancel()
	count, err := s.deps.Meetings.Meetings(ctx, *v.Balancer)
	switch {
	case err != nil:
		return fmt.Sprintf("not proven empty: %v", err)
	case count.Meetings > 0 || count.Participants > 0:
		return fmt.Sprintf("it has %s now", fleet.Plural(count.Meetings, "meeting", "meetings"))
	}
	return ""
}

// mustBeSilent returns a text if BigBlueButton answers, otherwise "". It is called
// once for each step, with its own timeout of Deadlines.Write, since the read of a
// server that hangs always takes the whole timeout.
func (s *Scaler) mustBeSilent(ctx context.Context, cfg fleet.Config, v fleet.Server) string {
	ctx, cancel := context.WithTimeout(ctx, cfg.Deadlines.Write)
	defer cancel()
	if _, err := s.deps.Meetings.Meetings(ctx, *v.Balancer); err == nil {
		return "BigBlueButton answers now"
	}
	return ""
}

// recheckTable returns why the step is forbidden by the end of the lease, by a pause, by
// the present configuration, or because the alerts that asked for it no longer fire, or
// "". The lease is checked last of all, after every wait.
func (s *Scaler) recheckTable(step fleet.Step, v fleet.Server) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.deps.Now()
	if s.ended(now) {
		return "the lease of this daemon has ended"
	}
	if s.cfg.Excluded(v.CloudServer) {
		return "excluded by the configuration"
	}
	for _, p := range s.memory.Pauses {
		if p.Covers(v.CloudServer, now) && (!p.ScaleInOnly || removes(step, v)) {
			return "paused: " + p.Reason
		}
	}
	if step.Kind == fleet.Cordon && removes(step, v) {
		return s.mustBeAsked(step, v.Pool(), now)
	}
	return ""
}

// removes reports whether the step removes capacity or continues to do so. A repeated
// cordon, and the cordon of a server that does not answer, do not.
func removes(step fleet.Step, v fleet.Server) bool {
	switch step.Kind {
	case fleet.Disable, fleet.Shrink, fleet.Stop:
		return true
	case fleet.Cordon:
		return step.Aim == fleet.AimDrain && v.Record.Aim != fleet.AimDrain
	}
	return false
}

// mustBeAsked returns a text if none of the alerts that asked for the step fires any
// more for the server's pool, otherwise "". The caller holds mu.
func (s *Scaler) mustBeAsked(step fleet.Step, pool string, now time.Time) string {
	for _, a := range s.memory.Alerts.Believed(s.cfg, now) {
		if slices.Contains(step.Alerts, a.Name) && s.cfg.AboutPool(a, pool) {
			return ""
		}
	}
	return "the alert that asked for it no longer fires"
}
