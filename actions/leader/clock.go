package leader

import (
	"sync"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// clock is the clock of the store as a daemon knows it from the store's answers. Between
// them it goes by the daemon's monotonic clock: it does not matter what the clock of the
// daemon's host shows, or whether somebody sets it. It is safe for concurrent use.
type clock struct {
	mu       sync.Mutex
	then, at time.Time // the store's clock showed then when the host's clock showed at
}

// of returns the store's time at a local time; the local time if the store has never
// answered.
func (c *clock) of(local time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known(local)
}

// known is of for a caller that holds mu.
func (c *clock) known(local time.Time) time.Time {
	if c.at.IsZero() {
		return local
	}
	return c.then.Add(local.Sub(c.at)).Local()
}

// note notes an answer of the store that has just arrived. The store read its clock at
// some time since it was asked. The clock is changed only as far as it contradicts the
// answer, so that an answer that took long does not set it forward or back.
func (c *clock) note(lease fleet.Lease, asked time.Time) {
	if lease.Read.IsZero() {
		return // there is no lease yet
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	least := lease.Read.Round(0) // without a monotonic reading
	most := least.Add(now.Sub(asked))
	switch known := c.known(now); {
	case c.at.IsZero(), known.Before(least):
		c.then, c.at = least, now
	case known.After(most):
		c.then, c.at = most, now
	}
}
