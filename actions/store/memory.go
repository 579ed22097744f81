package store

import (
	"context"
	"maps"
	"sync"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Memory is a fleet.Store in memory, for simulations, tests and preflight checks. Its
// journal keeps at least the last JournalKept entries.
type Memory struct {
	mu     sync.Mutex
	memory fleet.Memory
	seq    uint64
	lines  []fleet.Entry
}

// JournalKept is the minimum number of journal entries that a store keeps.
const JournalKept = 100_000

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{memory: fleet.NewMemory()} }

// Commit implements fleet.Store. It never returns an error, and ignores the context.
func (s *Memory) Commit(_ context.Context, c fleet.Commit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apply(c)
	return nil
}

// apply makes the changes of c. The caller holds mu.
func (s *Memory) apply(c fleet.Commit) {
	s.memory.Apply(c)
	for _, e := range c.Entries {
		s.seq++
		e.Seq = s.seq
		s.lines = append(s.lines, e)
	}
	if len(s.lines) > 2*JournalKept {
		s.lines = append([]fleet.Entry(nil), s.lines[len(s.lines)-JournalKept:]...)
	}
}

// Load implements fleet.Store. It returns a copy.
func (s *Memory) Load(context.Context) (fleet.Memory, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fleet.Memory{
		Alerts: maps.Clone(s.memory.Alerts), Records: maps.Clone(s.memory.Records),
		Pauses: maps.Clone(s.memory.Pauses), Fleet: s.memory.Fleet, Load: maps.Clone(s.memory.Load),
		Feeds: maps.Clone(s.memory.Feeds),
	}, nil
}

// Journal implements fleet.Store. It returns up to limit entries, newest first.
func (s *Memory) Journal(_ context.Context, limit int, server string) ([]fleet.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []fleet.Entry
	for i := len(s.lines) - 1; i >= 0 && len(out) < limit; i-- {
		if s.lines[i].About(server) {
			out = append(out, s.lines[i])
		}
	}
	return out, nil
}

// Close implements fleet.Store. It does nothing.
func (s *Memory) Close() error { return nil }
