package postgres_test

import (
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgres"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgrestest"
	"github.com/bbb-scaler/bbb-scaler/actions/store/storetest"
)

func TestPostgreSQLIsASharedStore(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database("bbb_scaler", "")
	var fleets atomic.Int64
	next := func() string { return fmt.Sprintf("fleet %d's", fleets.Add(1)) }
	t.Run("store", func(t *testing.T) {
		storetest.TestStore(t, func(t *testing.T) fleet.Store {
			s := open(t, url, next())
			return s.Under(acquire(t, s, "a"))
		})
	})
	t.Run("store behind a proxy that prepares no statements", func(t *testing.T) {
		storetest.TestStore(t, func(t *testing.T) fleet.Store {
			s := open(t, url+"&default_query_exec_mode=exec", next())
			return s.Under(acquire(t, s, "a"))
		})
	})
	t.Run("shared", func(t *testing.T) {
		storetest.TestShared(t, func(t *testing.T) storetest.World {
			name := next()
			return storetest.World{
				Open: func(t *testing.T) fleet.Shared { return open(t, url, name) },
				Pass: func(d time.Duration) { pass(server, url, d) },
			}
		})
	})
	t.Run("fleets of one database do not see each other", func(t *testing.T) {
		a, b := open(t, url, next()), open(t, url, next())
		heldA, heldB := acquire(t, a, "a"), acquire(t, b, "b")
		must(t, a.Under(heldA).Commit(t.Context(), storetest.Sample()))
		m, err := b.Under(heldB).Load(t.Context())
		must(t, err)
		entries, err := b.Under(heldB).Journal(t.Context(), 10, "")
		if must(t, err); !reflect.DeepEqual(m, fleet.NewMemory()) || len(entries) > 0 {
			t.Errorf("the other fleet has %+v and the entries %+v, want neither", m, entries)
		}
	})
	t.Run("the store is there again after it was closed", func(t *testing.T) {
		name := next()
		s := open(t, url, name)
		must(t, s.Under(acquire(t, s, "a")).Commit(t.Context(), storetest.Sample()))
		must(t, s.Close())
		m, err := open(t, url, name).Under(fleet.Lease{}).Load(t.Context())
		if must(t, err); len(m.Alerts) != 1 || m.Fleet.Known != 7 {
			t.Errorf("Load() = %+v, want what was committed", m)
		}
	})
}

// pass moves the ends of all leases to an earlier time, as if the clock had moved on.
func pass(server *postgrestest.Server, url string, d time.Duration) {
	server.Exec(url, fmt.Sprintf("update bbb_scaler.lease set until = until - interval '%f seconds'", d.Seconds()))
}

// identity returns that of a fleet with a name.
func identity(name string) fleet.Identity {
	return fleet.Identity{Name: name, Balancer: "scalelite.example.org", Datacenters: []string{"de-1", "de-2"}}
}

// open opens the store of a fleet, and closes it at the end of the test.
func open(t testing.TB, url, name string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), postgres.Config{URL: fleet.Secret(url), Fleet: identity(name)})
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// acquire acquires the lease for a minute.
func acquire(t testing.TB, s fleet.Leases, holder string) fleet.Lease {
	t.Helper()
	held, err := s.Acquire(t.Context(), fleet.Claim{Holder: holder, Address: "http://" + holder, Length: time.Minute})
	must(t, err)
	return held
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
