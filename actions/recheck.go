package actions

import (
	"context"
	"fmt"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// recheck reads again, right before harm could be done, what the step depends
// on, and says why it must not be made.
func (s *Scaler) recheck(ctx context.Context, cfg fleet.Config, step fleet.Step, v fleet.Server) string {
	switch {
	case step.Kind == fleet.Stop:
		return s.mustBeEmpty(ctx, v, fleet.Disabled)
	case step.Kind == fleet.Disable:
		return s.mustBeEmpty(ctx, v, fleet.Cordoned, fleet.Disabled)
	case step.Kind == fleet.Shrink && v.Balancer != nil:
		return s.mustBe(ctx, v, fleet.Disabled, fleet.Cordoned)
	case step.Kind == fleet.Cordon && step.Aim == fleet.AimRepair && v.Record.Aim != fleet.AimRepair:
		return s.mustBeSilent(ctx, v)
	case step.Kind == fleet.Cordon && step.Aim != v.Record.Aim:
		return s.mustBeAsked(cfg, step)
	}
	return ""
}

// mustBe says why the server is not in one of the states.
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

// mustBeEmpty says why the server is not out of service and proven to be empty.
func (s *Scaler) mustBeEmpty(ctx context.Context, v fleet.Server, states ...fleet.BalancerState) string {
	if no := s.mustBe(ctx, v, states...); no != "" {
		return no
	}
	count, err := s.deps.Meetings.Meetings(ctx, *v.Balancer)
	switch {
	case err != nil:
		return fmt.Sprintf("not proven empty: %v", err)
	case count.Meetings > 0 || count.Participants > 0:
		return fmt.Sprintf("it has %s now", fleet.Plural(count.Meetings, "meeting", "meetings"))
	}
	return ""
}

func (s *Scaler) mustBeSilent(ctx context.Context, v fleet.Server) string {
	if _, err := s.deps.Meetings.Meetings(ctx, *v.Balancer); err == nil {
		return "BigBlueButton answers now"
	}
	return ""
}

// mustBeAsked says that none of the alerts behind the step fires any more.
func (s *Scaler) mustBeAsked(cfg fleet.Config, step fleet.Step) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.memory.Alerts.Believed(cfg, s.deps.Now()) {
		if slices.Contains(step.Alerts, a.Name) && cfg.Asks[a.Name].Ask != rules.AskNothing {
			return ""
		}
	}
	return "the alert behind it does not fire any more"
}
