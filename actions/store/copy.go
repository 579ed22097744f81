package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Copied counts what Copy has copied.
type Copied struct {
	Records, Alerts, Pauses, Entries int
}

// copiedAtOnce is the number of journal entries in one commit of Copy.
const copiedAtOnce = 1000

// Copy copies everything from one store to another, which must be empty. The journal
// entries get new numbers. Everything else is copied last and in one commit, so that a
// store whose copy was interrupted knows nothing about the servers. Copy returns an error
// if the copy, read again, differs.
func Copy(ctx context.Context, from, to fleet.Store) (n Copied, err error) {
	m, err := from.Load(ctx)
	if err != nil {
		return n, err
	}
	entries, err := from.Journal(ctx, JournalKept, "")
	if err != nil {
		return n, err
	}
	n = Copied{Records: len(m.Records), Alerts: len(m.Alerts), Pauses: len(m.Pauses), Entries: len(entries)}
	slices.Reverse(entries)
	for some := range slices.Chunk(entries, copiedAtOnce) {
		if err := to.Commit(ctx, fleet.Commit{Entries: some}); err != nil {
			return n, err
		}
	}
	if err := to.Commit(ctx, m.Whole()); err != nil {
		return n, err
	}
	return n, compare(ctx, to, m, len(entries))
}

// compare returns an error if a store has other contents than m and n journal entries.
func compare(ctx context.Context, s fleet.Store, m fleet.Memory, n int) error {
	again, err := s.Load(ctx)
	if err != nil {
		return fmt.Errorf("reading the copy: %w", err)
	}
	entries, err := s.Journal(ctx, JournalKept, "")
	if err != nil {
		return fmt.Errorf("reading the copy: %w", err)
	}
	if !reflect.DeepEqual(again, m) {
		return errors.New("the copy differs from the original")
	}
	if len(entries) != n {
		return fmt.Errorf("the copy has %d journal entries, and the original %d", len(entries), n)
	}
	return nil
}

// Empty reports whether a store has no contents, not even a journal entry.
func Empty(ctx context.Context, s fleet.Store) (bool, error) {
	m, err := s.Load(ctx)
	if err != nil {
		return false, err
	}
	entries, err := s.Journal(ctx, 1, "")
	return reflect.DeepEqual(m, fleet.NewMemory()) && len(entries) == 0, err
}
