package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/actions/store/storetest"
)

var at = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestDirectoryInPlaceOfTheStoreIsLeftWhereItIs(t *testing.T) {
	path := t.TempDir() + "/store"
	must(t, os.Mkdir(path, 0o700))
	s, err := store.Open(path)
	if err == nil || s != nil {
		t.Errorf("Open of a directory = %v, %v; want an error", s, err)
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		t.Errorf("the directory was moved away: %v", err)
	}
}

func TestBoltIsAStore(t *testing.T) {
	storetest.TestStore(t, func(t *testing.T) fleet.Store {
		bolt, err := store.Open(filepath.Join(t.TempDir(), "bbb-scaler.db"))
		must(t, err)
		t.Cleanup(func() { _ = bolt.Close() })
		return bolt
	})
}

func TestMemoryIsAStore(t *testing.T) {
	storetest.TestStore(t, func(*testing.T) fleet.Store { return store.NewMemory() })
}

func TestSharedMemoryUnderALeaseIsAStore(t *testing.T) {
	storetest.TestStore(t, func(t *testing.T) fleet.Store {
		s := store.NewSharedMemory("bbb", time.Now)
		held, err := s.Acquire(t.Context(), fleet.Claim{Holder: "a", Length: time.Hour})
		must(t, err)
		return s.Under(held)
	})
}

func TestSharedMemoryIsShared(t *testing.T) {
	storetest.TestShared(t, func(*testing.T) storetest.World {
		var passed atomic.Int64
		s := store.NewSharedMemory("bbb", func() time.Time { return at.Add(time.Duration(passed.Load())) })
		return storetest.World{
			Open: func(*testing.T) fleet.Shared { return s },
			Pass: func(d time.Duration) { passed.Add(int64(d)) },
		}
	})
}

func TestStoreSurvivesItsProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bbb-scaler.db")
	s, err := store.Open(path)
	must(t, err)
	must(t, s.Commit(t.Context(), storetest.Sample()))
	must(t, s.Close())
	s, err = store.Open(path)
	must(t, err)
	defer s.Close()
	if m, _ := s.Load(t.Context()); m.Fleet.Known != 7 || len(m.Records) != 1 {
		t.Errorf("after reopening: %+v", m)
	}
}

func TestDamagedStoreIsKeptAsideAndReplaced(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"no database at all": func([]byte) []byte { return []byte("not a database, but long enough to be looked at as one\n") },
		"pages overwritten": func(b []byte) []byte {
			for i := 8192; i < len(b); i++ {
				b[i] = 0xff
			}
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bbb-scaler.db")
			s, err := store.Open(path)
			must(t, err)
			must(t, s.Commit(t.Context(), storetest.Sample()))
			must(t, s.Close())
			data, err := os.ReadFile(path)
			must(t, err)
			must(t, os.WriteFile(path, damage(data), 0o600))

			s, err = store.Open(path)
			if !errors.Is(err, store.ErrCorrupt) {
				t.Fatalf("OpenStore() = %v, want ErrCorrupt", err)
			}
			defer s.Close()
			must(t, s.Commit(t.Context(), storetest.Sample()))
			if aside, _ := filepath.Glob(path + ".damaged-*"); len(aside) != 1 {
				t.Errorf("kept aside: %v, want one file", aside)
			}
		})
	}
}

func TestStoreThatIsInUseIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bbb-scaler.db")
	s, err := store.Open(path)
	must(t, err)
	defer s.Close()
	if _, err := store.Open(path); err == nil || errors.Is(err, store.ErrCorrupt) {
		t.Errorf("OpenStore() of an open file = %v, want an error that is not ErrCorrupt", err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
