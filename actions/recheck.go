package actions

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// calledOff is why a step is not made after all. The adapters return it, wrapped,
// when the check of an attempt finds it.
type calledOff struct{ why string }

func (c calledOff) Error() string { return c.why }

// checked returns the context of a step's write: the step is checked again
// immediately before each attempt to send it, also after waits for a rate limit
// or a connection. What remains is the time from the answer of the last read to
// the arrival of the write: at most Deadlines.Proof and one round trip
// (BenchmarkWindowBetweenProofAndStop).
func (s *Scaler) checked(ctx context.Context, step fleet.Step, v fleet.Server) context.Context {
	return fleet.WithCheck(ctx, func(ctx context.Context) error {
		if no := s.recheck(ctx, step, v); no != "" {
			return calledOff{no}
		}
		return nil
	})
}

// recheck reads again, from whoever knows it, what the step depends on, and says
// why it must not be made; v is the server as the plan saw it. The table of pauses
// and alerts is read last, so that a pause holds from its answer on.
func (s *Scaler) recheck(ctx context.Context, step fleet.Step, v fleet.Server) string {
	if no := s.recheckOutside(ctx, step, v); no != "" {
		return no
	}
	return s.recheckTable(step, v)
}

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

// mustBeAsPlanned says why the cloud does not show the server with the power and
// size that the step was planned from. A step that was planned from an old list
// could otherwise make a server smaller that a person has made larger.
func (s *Scaler) mustBeAsPlanned(ctx context.Context, v fleet.Server) string {
	now, err := s.deps.Cloud.Server(ctx, v.ServerRef)
	switch {
	case err != nil:
		return fmt.Sprintf("reading it again: %v", err)
	case now.Busy:
		return "the cloud has another change of it pending"
	case now.Power != v.Power:
		return fmt.Sprintf("its power is %s now", now.Power)
	case now.Size != v.Size:
		return fmt.Sprintf("it has %s now, not %s", now.Size, v.Size)
	}
	return ""
}

// mustBe says why the balancer does not show the server in one of the states.
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

// mustBeEmpty says why the server is not in one of the states, or not proven to be
// empty. An answer that takes longer than Deadlines.Proof is none: a meeting may
// have begun since the server wrote it.
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

// mustBeSilent says that BigBlueButton answers. It is asked once for a step, with
// time of its own, since a server that hangs takes all that it is given.
func (s *Scaler) mustBeSilent(ctx context.Context, cfg fleet.Config, v fleet.Server) string {
	ctx, cancel := context.WithTimeout(ctx, cfg.Deadlines.Write)
	defer cancel()
	if _, err := s.deps.Meetings.Meetings(ctx, *v.Balancer); err == nil {
		return "BigBlueButton answers now"
	}
	return ""
}

// recheckTable says why a pause, the present configuration, or the end of the
// alerts behind it forbids the step.
func (s *Scaler) recheckTable(step fleet.Step, v fleet.Server) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.deps.Now()
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

// removes reports whether the step removes capacity, or goes on to; a cordon that
// is repeated or that takes out a server without an answer does not.
func removes(step fleet.Step, v fleet.Server) bool {
	switch step.Kind {
	case fleet.Disable, fleet.Shrink, fleet.Stop:
		return true
	case fleet.Cordon:
		return step.Aim == fleet.AimDrain && v.Record.Aim != fleet.AimDrain
	}
	return false
}

// mustBeAsked says that none of the alerts behind the step of a server of the pool
// fires any more. The caller holds mu.
func (s *Scaler) mustBeAsked(step fleet.Step, pool string, now time.Time) string {
	for _, a := range s.memory.Alerts.Believed(s.cfg, now) {
		if slices.Contains(step.Alerts, a.Name) && s.cfg.AboutPool(a, pool) {
			return ""
		}
	}
	return "the alert behind it does not fire any more"
}
