package store

import (
	"context"
	"fmt"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// SharedMemory is a fleet.Shared in memory, for tests and simulations with several
// daemons in one process. Its zero value must not be used; see NewSharedMemory.
type SharedMemory struct {
	memory *Memory // its mu guards lease, too
	fleet  string
	now    func() time.Time
	lease  fleet.Lease
}

// NewSharedMemory returns an empty store for the fleet with this name. now is the clock
// of the store, which measures the leases.
func NewSharedMemory(fleet string, now func() time.Time) *SharedMemory {
	return &SharedMemory{memory: NewMemory(), fleet: fleet, now: now}
}

// Acquire implements fleet.Leases. Its only error is a fleet.HeldError.
func (s *SharedMemory) Acquire(_ context.Context, claim fleet.Claim) (fleet.Lease, error) {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	now := s.now()
	if held := s.read(now); held.Left() > 0 && held.Holder != claim.Holder {
		return fleet.Lease{}, &fleet.HeldError{By: held}
	}
	s.lease = fleet.Lease{Claim: claim, Fleet: s.fleet, Epoch: s.lease.Epoch + 1, Since: now, Until: now.Add(claim.Length)}
	return s.read(now), nil
}

// Renew implements fleet.Leases. Its errors match fleet.ErrDeposed.
func (s *SharedMemory) Renew(_ context.Context, held fleet.Lease) (fleet.Lease, error) {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	if s.lease.Epoch != held.Epoch || s.lease.Holder == "" {
		return fleet.Lease{}, s.deposed(held)
	}
	now := s.now()
	s.lease.Claim, s.lease.Until = held.Claim, now.Add(held.Length)
	return s.read(now), nil
}

// Release implements fleet.Leases. It never returns an error.
func (s *SharedMemory) Release(_ context.Context, held fleet.Lease) error {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	if s.lease.Epoch == held.Epoch && held.Epoch > 0 {
		s.lease.Holder, s.lease.Until = "", s.now()
	}
	return nil
}

// Newest implements fleet.Leases. It never returns an error.
func (s *SharedMemory) Newest(context.Context) (fleet.Lease, error) {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	return s.read(s.now()), nil
}

// Under implements fleet.Shared.
func (s *SharedMemory) Under(held fleet.Lease) fleet.Store { return leased{s.memory, s, held} }

// Close implements fleet.Shared. It does nothing.
func (s *SharedMemory) Close() error { return nil }

// read returns the newest lease as read at now. The caller holds the lock.
func (s *SharedMemory) read(now time.Time) fleet.Lease {
	lease := s.lease
	if lease.Epoch > 0 {
		lease.Read = now
	}
	return lease
}

// deposed returns the error of a lease that is not the newest. The caller holds the
// lock.
func (s *SharedMemory) deposed(held fleet.Lease) error {
	return fmt.Errorf("epoch %d of fleet %q: %w: the newest epoch is %d", held.Epoch, s.fleet, fleet.ErrDeposed, s.lease.Epoch)
}

// leased is a SharedMemory under a lease.
type leased struct {
	*Memory
	shared *SharedMemory
	held   fleet.Lease
}

// Commit implements fleet.Store.
func (l leased) Commit(_ context.Context, c fleet.Commit) error {
	if c.Empty() {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if newest := l.shared.lease; l.held.Epoch != newest.Epoch || newest.Holder == "" {
		return l.shared.deposed(l.held)
	}
	l.apply(c)
	return nil
}
