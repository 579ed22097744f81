package actions

import (
	"errors"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// fell commits the failure of a step. The server backs off, unless the credentials
// were refused, which is not the server's fault, or a check stopped the step. If the
// write has definitely changed nothing, the record from before the step is restored.
// Otherwise a write to the balancer may have taken effect, so the new aim stays, and
// the next cycle compares it with the balancer.
func (s *Scaler) fell(cfg fleet.Config, step fleet.Step, before fleet.Record, failure error) error {
	outcome := fleet.Failed
	_, off := errors.AsType[calledOff](failure)
	if off || errors.Is(failure, fleet.ErrBusy) || errors.Is(failure, fleet.ErrThrottled) {
		outcome = fleet.Abandoned
	}
	return s.record(step, outcome, failure.Error(), func(e *fleet.Entry, c *fleet.Commit) {
		r := before
		if r.ID = step.ServerID; step.Kind.BalancerState() != "" && !definite(failure) {
			r = s.memory.Records[step.ServerID]
		}
		switch {
		case errors.Is(failure, fleet.ErrAuth):
			s.refused.note(step.Kind, e.At.Add(cfg.Cooldowns.BackoffMax))
		case !off:
			r.Fail(failure.Error(), e.At, cfg.Cooldowns)
		}
		if f := s.memory.Records[step.ServerID].Flight; f != nil && step.Kind == fleet.Start {
			c.Fleet = s.memory.Fleet.WithoutStart(f.At)
		}
		c.Records = []fleet.Record{r}
	})
}

// definite reports whether a failed write has definitely changed nothing.
func definite(err error) bool {
	_, off := errors.AsType[calledOff](err)
	return off || errors.Is(err, fleet.ErrAuth) || errors.Is(err, fleet.ErrGone) || errors.Is(err, fleet.ErrBusy) || errors.Is(err, fleet.ErrThrottled)
}

// refusals holds the times until which no write is sent, because the cloud or the
// balancer has refused the credentials. Repeated attempts could lock the account.
type refusals struct{ cloud, balancer time.Time }

// note stops writes until the given time, after a step of kind k was refused.
func (f *refusals) note(k fleet.Kind, until time.Time) {
	if k.BalancerState() == "" {
		f.cloud = until
	} else {
		f.balancer = until
	}
}

// why returns a hold for each side that refuses the credentials at now.
func (f *refusals) why(now time.Time) (out []fleet.Hold) {
	if now.Before(f.cloud) {
		out = append(out, fleet.Hold{Kind: fleet.HoldCloud, Text: "the cloud refuses the credentials; next attempt at " + fleet.Clock(f.cloud) + ", or after a reload"})
	}
	if now.Before(f.balancer) {
		out = append(out, fleet.Hold{Kind: fleet.HoldBalancer, Text: "the balancer refuses the credentials; next attempt at " + fleet.Clock(f.balancer) + ", or after a reload"})
	}
	return out
}
