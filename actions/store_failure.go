package actions

import (
	"errors"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// storeFailure is since when commits fail, and the error of the first of them. Its zero
// value means that the last commit succeeded.
type storeFailure struct {
	since time.Time
	err   error
}

// hold returns the hold of a store that cannot be written. Every step needs a commit
// before it, so that nothing is changed meanwhile.
func (f storeFailure) hold() []fleet.Hold {
	if f.err == nil {
		return nil
	}
	return []fleet.Hold{{Kind: fleet.HoldStore, Text: "the store cannot be written since " + fleet.Clock(f.since) + ": " + f.err.Error()}}
}

// noteStored notes the result of a commit, and logs when the store begins to fail and
// when it works again. The caller holds mu.
func (s *Scaler) noteStored(err error) {
	switch was := s.failing; {
	case errors.Is(err, fleet.ErrDeposed):
	case err != nil && was.err == nil:
		s.show(func() { s.failing = storeFailure{s.deps.Now(), err} })
		s.log.Error("the store cannot be written, nothing is changed", "error", err)
	case err == nil && was.err != nil:
		s.show(func() { s.failing = storeFailure{} })
		s.log.Info("the store can be written again", "since", was.since)
	}
}

// tryStore adds the unchanged record of the fleet to an empty commit while the store
// fails, so that every cycle finds out whether it still does. The caller holds mu.
func (s *Scaler) tryStore(c *fleet.Commit) {
	if s.failing.err != nil && c.Empty() {
		f := s.memory.Fleet
		c.Fleet = &f
	}
}
