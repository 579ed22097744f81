package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgres"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgrestest"
	"github.com/bbb-scaler/bbb-scaler/actions/store/storetest"
)

func TestJournalKeepsTheLastEntriesOfEachFleet(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database("bbb_scaler", "")
	s, other := open(t, url, "bbb"), open(t, url, "other")
	leased, kept := s.Under(acquire(t, s, "a")), other.Under(acquire(t, other, "a"))
	must(t, kept.Commit(t.Context(), storetest.Sample()))
	fillJournal(t, server, url, leased, "bbb")
	must(t, leased.Commit(t.Context(), storetest.LargeCommit(3)))
	entries, err := leased.Journal(t.Context(), 2*store.JournalKept, "")
	if must(t, err); len(entries) != store.JournalKept || entries[0].Seq != store.JournalKept+3 || entries[len(entries)-1].Seq != 4 {
		t.Errorf("%d entries, want %d and the first three gone", len(entries), store.JournalKept)
	}
	if entries, err := kept.Journal(t.Context(), 10, ""); err != nil || len(entries) != 1 {
		t.Errorf("the other fleet has the entries %v, %v, want one", entries, err)
	}
}

func TestRowThatWasChangedIsNotBelieved(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database("bbb_scaler", "")
	load := func(s fleet.Store) error { _, err := s.Load(t.Context()); return err }
	journal := func(s fleet.Store) error { _, err := s.Journal(t.Context(), 10, ""); return err }
	for i, test := range []struct {
		name, statement, place string
		read                   func(fleet.Store) error
	}{
		{"a changed word", `update bbb_scaler.records set data = replace(data::text, 'drain', 'drail')::json`, `bbb_scaler.records`, load},
		{"a row without its checksum", `update bbb_scaler.pauses set checksum = ''`, `bbb_scaler.pauses`, load},
		{"a row under another key", `update bbb_scaler.alerts set key = 'g'`, `key "g"`, load},
		{"other JSON", `update bbb_scaler.alerts set data = '[]'`, `bbb_scaler.alerts`, load},
		{"the row of another table", `update bbb_scaler.fleet set (data, checksum) = (select data, checksum from bbb_scaler.records limit 1)`, `bbb_scaler.fleet`, load},
		{"a changed entry", `update bbb_scaler.journal set data = replace(data::text, 'bbb-1', 'bbb-2')::json`, `key "1"`, journal},
	} {
		t.Run(test.name, func(t *testing.T) {
			name := fmt.Sprint("fleet-", i)
			s := open(t, url, name)
			leased := s.Under(acquire(t, s, "a"))
			must(t, leased.Commit(t.Context(), storetest.Sample()))
			server.Exec(url, test.statement+fmt.Sprintf(` where fleet = '%s'`, name))
			err := test.read(leased)
			if !errors.Is(err, postgres.ErrDamaged) || !strings.Contains(err.Error(), test.place) || !strings.Contains(err.Error(), name) {
				t.Errorf("reading it = %v, want ErrDamaged with %s of %s", err, test.place, name)
			}
		})
	}
}

func TestClearDeletesOnlyTheFleetUnderItsLease(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database("bbb_scaler", "")
	s, other := open(t, url, "bbb"), open(t, url, "other")
	held, kept := acquire(t, s, "a"), acquire(t, other, "a")
	must(t, s.Under(held).Commit(t.Context(), storetest.Sample()))
	must(t, other.Under(kept).Commit(t.Context(), storetest.Sample()))
	old := held
	old.Epoch--
	if err := s.Clear(t.Context(), old); !errors.Is(err, fleet.ErrDeposed) {
		t.Errorf("Clear() under an old epoch = %v, want ErrDeposed", err)
	}
	must(t, s.Clear(t.Context(), held))
	if empty, err := store.Empty(t.Context(), s.Under(held)); err != nil || !empty {
		t.Errorf("after Clear(): empty %t, %v, want an empty store", empty, err)
	}
	if empty, err := store.Empty(t.Context(), other.Under(kept)); err != nil || empty {
		t.Errorf("after Clear(): the other fleet is empty %t, %v", empty, err)
	}
	must(t, s.Under(held).Commit(t.Context(), storetest.Sample()))
}
