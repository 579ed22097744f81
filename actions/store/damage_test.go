package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/actions/store/storetest"
)

// soundStore is the content of a store's file, and its memory after the last commit and
// after the one before. If the root page of the last commit is damaged, the store opens
// with the one before, as after a crash during the commit.
type soundStore struct {
	file   []byte
	states []fleet.Memory
}

// madeStore returns a store of n servers with an alert and a journal entry each. A few
// servers fit in the smallest file; many need branch pages, overflow pages, and a list
// of free pages.
func madeStore(t testing.TB, n int) soundStore {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made.db")
	s, err := store.Open(path)
	must(t, err)
	var out soundStore
	commit := func(c fleet.Commit) {
		must(t, s.Commit(t.Context(), c))
		m, err := s.Load(t.Context())
		must(t, err)
		out.states = append(out.states, m)
	}
	for i := range n {
		c := storetest.Sample()
		c.Records[0].ID, c.Alerts[0].Fingerprint = fmt.Sprint("server-", i), fmt.Sprint("f-", i)
		c.Alerts[0].Annotations = map[string]string{"summary": strings.Repeat("x", i%7*1000)}
		must(t, s.Commit(t.Context(), c))
	}
	drop := fleet.Commit{}
	for i := range n / 2 {
		drop.DropAlerts = append(drop.DropAlerts, fmt.Sprint("f-", 2*i))
	}
	commit(drop)
	commit(storetest.Sample())
	must(t, s.Close())
	out.file, err = os.ReadFile(path)
	must(t, err)
	return out
}

// survives opens a damaged file. The store must have the committed content, or be a new
// one beside the renamed file; and it must work.
func (made soundStore) survives(t testing.TB, damaged []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bbb-scaler.db")
	must(t, os.WriteFile(path, damaged, 0o600))
	s, err := store.Open(path)
	if err != nil && !errors.Is(err, store.ErrCorrupt) {
		t.Fatalf("Open() = %v, want nil or ErrCorrupt", err)
	}
	m, loading := s.Load(t.Context())
	must(t, loading)
	aside, _ := filepath.Glob(path + ".damaged-*")
	switch {
	case err == nil && len(damaged) > 0 && !reflect.DeepEqual(m, made.states[0]) && !reflect.DeepEqual(m, made.states[1]):
		t.Errorf("without an error the store holds what nobody committed: %+v", m)
	case err != nil && (len(m.Records) > 0 || len(aside) != 1):
		t.Errorf("damaged: %d records, kept aside %q; want an empty store and one file", len(m.Records), aside)
	}
	for i := range 8 { // uses the free pages, then grows the file
		c := storetest.Sample()
		c.Alerts[0].Fingerprint, c.Alerts[0].Name = fmt.Sprint("after-", i), strings.Repeat("long", 2000*i)
		must(t, s.Commit(t.Context(), c))
	}
	_, err = s.Journal(t.Context(), store.JournalKept, "")
	must(t, err)
	must(t, s.Close())
	s, err = store.Open(path)
	must(t, err)
	must(t, s.Close())
}

// FuzzStoreSurvivesAnyDamage truncates the file anywhere and changes any bytes.
func FuzzStoreSurvivesAnyDamage(f *testing.F) {
	all := []soundStore{madeStore(f, 1), madeStore(f, 150)}
	const page = 4096
	for i := range all {
		for at := range uint32(8) { // truncates at every page, and changes its header, first entries and last bytes
			f.Add(i, at*page, uint32(0), byte(0), uint32(0), byte(0))
			for _, in := range []uint32{0, 8, 10, 12, 16, 20, 24, 28, 32, 40, 48, 64, 72, 80, page - 1} {
				f.Add(i, uint32(1<<31), at*page+in, byte(1<<(in%8)), uint32(0), byte(0))
			}
		}
		f.Add(i, uint32(1<<31), uint32(20), byte(1), uint32(page+20), byte(1)) // both root pages
	}
	f.Fuzz(func(t *testing.T, which int, cut, at uint32, flip byte, again uint32, other byte) {
		made := all[uint(which)%uint(len(all))]
		damaged := append([]byte(nil), made.file[:min(int(cut), len(made.file))]...)
		if len(damaged) > 0 {
			damaged[int(at)%len(damaged)] ^= flip
			damaged[int(again)%len(damaged)] ^= other
		}
		made.survives(t, damaged)
	})
}

func TestStoreThatIsCutOffAtAnyPageIsKeptAside(t *testing.T) {
	made := madeStore(t, 40)
	for n := 1024; n < len(made.file); n += 1024 * (1 + n/16384) {
		made.survives(t, made.file[:n])
	}
}

func TestFileThatIsCutOffWhileItIsInUseEndsNoProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bbb-scaler.db")
	made := madeStore(t, 150)
	must(t, os.WriteFile(path, made.file, 0o600))
	s, err := store.Open(path)
	must(t, err)
	must(t, os.Truncate(path, 8192))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, loading := s.Load(t.Context())
		_, reading := s.Journal(t.Context(), 10, "")
		if writing := s.Commit(t.Context(), storetest.Sample()); loading == nil || reading == nil || writing == nil {
			t.Errorf("Load() = %v, Journal() = %v, Commit() = %v; want errors", loading, reading, writing)
		}
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("a store whose file was cut off hangs")
	}
}

func TestValueThatWasChangedIsNotBelieved(t *testing.T) {
	made := madeStore(t, 1)
	changed := []byte(strings.Replace(string(made.file), `"aim":"drain"`, `"aim":"drail"`, -1))
	path := filepath.Join(t.TempDir(), "bbb-scaler.db")
	must(t, os.WriteFile(path, changed, 0o600))
	s, err := store.Open(path)
	if !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("Open() of a store with a changed word = %v, want ErrCorrupt", err)
	}
	must(t, s.Close())
}
