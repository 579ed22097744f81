package postgres_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgrestest"
	"github.com/bbb-scaler/bbb-scaler/actions/store/storetest"
)

// BenchmarkCommit measures the time of a change of n servers, each with a record and a
// journal entry, on a server that flushes to the disk, and with the longest journal.
func BenchmarkCommit(b *testing.B) {
	server := postgrestest.Start(b, "fsync=on")
	url := server.Database("bbb_scaler", "")
	s := open(b, url, "bbb")
	held := acquire(b, s, "a")
	fillJournal(b, server, url, s.Under(held), "bbb")
	for name, n := range map[string]int{"one": 1, "all of 745": 745} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			c := storetest.LargeCommit(n)
			b.ReportAllocs()
			for b.Loop() {
				begun := time.Now()
				must(b, s.Under(held).Commit(b.Context(), c))
				took = append(took, time.Since(begun))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
		})
	}
}

// BenchmarkLoad measures the time that a daemon which takes over needs to read everything
// about 745 servers.
func BenchmarkLoad(b *testing.B) {
	server := postgrestest.Start(b)
	s := open(b, server.Database("bbb_scaler", ""), "bbb")
	must(b, s.Under(acquire(b, s, "a")).Commit(b.Context(), storetest.LargeCommit(745)))
	b.ReportAllocs()
	for b.Loop() {
		_, err := s.Under(fleet.Lease{}).Load(b.Context())
		must(b, err)
	}
}

// BenchmarkJournal measures the time to read the last entries of one server from the
// longest journal.
func BenchmarkJournal(b *testing.B) {
	server := postgrestest.Start(b)
	url := server.Database("bbb_scaler", "")
	s := open(b, url, "bbb")
	fillJournal(b, server, url, s.Under(acquire(b, s, "a")), "bbb")
	for b.Loop() {
		entries, err := s.Under(fleet.Lease{}).Journal(b.Context(), 50, "id-7")
		if must(b, err); len(entries) != 50 {
			b.Fatalf("%d entries, want 50", len(entries))
		}
	}
}

// fillJournal fills the journal of a fleet up to its limit, with copies of a new entry for
// 1,000 servers in turn.
func fillJournal(t testing.TB, server *postgrestest.Server, url string, s fleet.Store, name string) {
	must(t, s.Commit(t.Context(), fleet.Commit{Entries: storetest.Sample().Entries}))
	server.Exec(url, fmt.Sprintf(`insert into bbb_scaler.journal (fleet, seq, at, server, server_id, data, checksum)
		select fleet, n, at + n * interval '1 s', 'bbb-' || n %% 1000, 'id-' || n %% 1000, data, checksum
		from bbb_scaler.journal, generate_series(2, %d) n where fleet = '%s' and seq = 1`, store.JournalKept, name),
		fmt.Sprintf(`update bbb_scaler.fleet set entries = %d where fleet = '%s'`, store.JournalKept, name),
		`vacuum analyze bbb_scaler.journal`)
}
