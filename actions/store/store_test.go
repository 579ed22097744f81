package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
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

// stores are all implementations, which the same tests check.
func stores(t *testing.T) map[string]fleet.Store {
	bolt, err := store.Open(filepath.Join(t.TempDir(), "bbb-scaler.db"))
	must(t, err)
	t.Cleanup(func() { _ = bolt.Close() })
	return map[string]fleet.Store{"memory": store.NewMemory(), "bolt": bolt}
}

func sample() fleet.Commit {
	return fleet.Commit{
		Alerts:  []fleet.Alert{{Fingerprint: "f", Name: "A", Labels: map[string]string{"a": "b"}, SeenAt: at}},
		Records: []fleet.Record{{ID: "1", Aim: fleet.AimDrain, At: at, Flight: &fleet.Flight{Step: fleet.Step{Kind: fleet.Stop}, At: at}}},
		Pauses:  []fleet.Pause{{ID: "p", Reason: "exam", From: at, Until: at.Add(time.Hour)}},
		Fleet:   &fleet.FleetRecord{Known: 7, Outs: []time.Time{at}},
		Load:    fleet.LoadHistory{}.Raise("gold", at, fleet.Load{Cores: 12.5, RAM: 40960}).Load,
		Entries: []fleet.Entry{{At: at, Step: fleet.Step{Kind: fleet.Start, Server: "bbb-1"}, Outcome: fleet.Begun}},
	}
}

func TestStoreGivesBackWhatWasCommitted(t *testing.T) {
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			c := sample()
			must(t, s.Commit(c))
			m, err := s.Load()
			must(t, err)
			want := fleet.Memory{Alerts: map[string]fleet.Alert{"f": c.Alerts[0]}, Records: map[string]fleet.Record{"1": c.Records[0]},
				Pauses: map[string]fleet.Pause{"p": c.Pauses[0]}, Fleet: *c.Fleet,
				Load: fleet.LoadHistory{c.Load[0].Key(): c.Load[0]}}
			if !reflect.DeepEqual(m, want) {
				t.Errorf("Load() = %+v, want %+v", m, want)
			}
			must(t, s.Commit(fleet.Commit{DropAlerts: []string{"f"}, DropPauses: []string{"p"}, DropLoad: []string{c.Load[0].Key()}}))
			if m, _ := s.Load(); len(m.Alerts)+len(m.Pauses)+len(m.Load) != 0 {
				t.Errorf("dropped entries are still there: %+v", m)
			}
		})
	}
}

func TestJournalGivesTheNewestFirst(t *testing.T) {
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			for _, server := range []string{"bbb-1", "bbb-2", "bbb-1"} {
				must(t, s.Commit(fleet.Commit{Entries: []fleet.Entry{{At: at, Step: fleet.Step{Server: server}}}}))
			}
			all, err := s.Journal(2, "")
			must(t, err)
			if len(all) != 2 || all[0].Seq != 3 || all[1].Seq != 2 {
				t.Errorf("Journal(2) = %+v, want lines 3 and 2", all)
			}
			one, err := s.Journal(10, "bbb-1")
			must(t, err)
			if len(one) != 2 || one[0].Seq != 3 || one[1].Seq != 1 {
				t.Errorf(`Journal(10, "bbb-1") = %+v, want lines 3 and 1`, one)
			}
		})
	}
}

func TestStoreSurvivesItsProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bbb-scaler.db")
	s, err := store.Open(path)
	must(t, err)
	must(t, s.Commit(sample()))
	must(t, s.Close())
	s, err = store.Open(path)
	must(t, err)
	defer s.Close()
	if m, _ := s.Load(); m.Fleet.Known != 7 || len(m.Records) != 1 {
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
			must(t, s.Commit(sample()))
			must(t, s.Close())
			data, err := os.ReadFile(path)
			must(t, err)
			must(t, os.WriteFile(path, damage(data), 0o600))

			s, err = store.Open(path)
			if !errors.Is(err, store.ErrCorrupt) {
				t.Fatalf("OpenStore() = %v, want ErrCorrupt", err)
			}
			defer s.Close()
			must(t, s.Commit(sample()))
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
