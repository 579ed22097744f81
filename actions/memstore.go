package actions

import (
	"maps"
	"sync"
)

// MemoryStore is a Store that forgets everything at the end of the process:
// for simulations, tests and preflight checks. Its journal keeps the last
// JournalKept entries.
type MemoryStore struct {
	mu     sync.Mutex
	memory Memory
	seq    uint64
	lines  []Entry
}

// JournalKept is how many journal entries a store keeps at least.
const JournalKept = 100_000

// NewMemoryStore returns an empty store.
func NewMemoryStore() *MemoryStore { return &MemoryStore{memory: newMemory()} }

// Commit applies c.
func (s *MemoryStore) Commit(c Commit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory.apply(c)
	for _, e := range c.Entries {
		s.seq++
		e.Seq = s.seq
		s.lines = append(s.lines, e)
	}
	if len(s.lines) > 2*JournalKept {
		s.lines = append([]Entry(nil), s.lines[len(s.lines)-JournalKept:]...)
	}
	return nil
}

// Load returns a copy of what is held.
func (s *MemoryStore) Load() (Memory, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Memory{
		Alerts: maps.Clone(s.memory.Alerts), Records: maps.Clone(s.memory.Records),
		Pauses: maps.Clone(s.memory.Pauses), Fleet: s.memory.Fleet,
	}, nil
}

// Journal returns the newest entries first.
func (s *MemoryStore) Journal(limit int, server string) ([]Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Entry
	for i := len(s.lines) - 1; i >= 0 && len(out) < limit; i-- {
		if s.lines[i].of(server) {
			out = append(out, s.lines[i])
		}
	}
	return out, nil
}

// Close does nothing.
func (s *MemoryStore) Close() error { return nil }
