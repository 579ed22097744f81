package actions

import (
	"errors"
	"time"
)

// fell commits a failure, and the server backs off, unless the credentials are
// refused, which is no fault of the server's. After a definite no the server is
// as before; a balancer that failed otherwise may have done what it was told, so
// the aim stays and the next cycle compares.
func (s *Scaler) fell(cfg Config, step Step, before Record, failure error) error {
	outcome := Failed
	if errors.Is(failure, ErrBusy) || errors.Is(failure, ErrThrottled) {
		outcome = Abandoned
	}
	return s.record(step, outcome, failure.Error(), func(e *Entry, c *Commit) {
		r := before
		if r.ID = step.ServerID; step.Kind.state() != "" && !definite(failure) {
			r = s.memory.Records[step.ServerID]
		}
		if errors.Is(failure, ErrAuth) {
			s.refused.note(step.Kind, e.At.Add(cfg.Cooldowns.BackoffMax))
		} else {
			r.failed(failure.Error(), e.At, cfg.Cooldowns)
		}
		if f := s.memory.Records[step.ServerID].Flight; f != nil && step.Kind == Start {
			c.Fleet = s.memory.Fleet.forgiven(f.At)
		}
		c.Records = []Record{r}
	})
}

// definite reports whether a failed write surely changed nothing.
func definite(err error) bool {
	return errors.Is(err, ErrAuth) || errors.Is(err, ErrGone) || errors.Is(err, ErrBusy) || errors.Is(err, ErrThrottled)
}

// refusals remembers until when no write is made since credentials were
// refused: repeating them would only lock the account.
type refusals struct{ cloud, balancer time.Time }

func (f *refusals) note(k Kind, until time.Time) {
	if k.state() == "" {
		f.cloud = until
	} else {
		f.balancer = until
	}
}

func (f *refusals) why(now time.Time) (out []string) {
	if now.Before(f.cloud) {
		out = append(out, "the cloud refuses our credentials; next try at "+clock(f.cloud)+", or after a reload")
	}
	if now.Before(f.balancer) {
		out = append(out, "the balancer refuses our credentials; next try at "+clock(f.balancer)+", or after a reload")
	}
	return out
}
