package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// World is a shared store in a test.
type World struct {
	// Open returns the same store as another daemon sees it. It is closed by its own
	// cleanup.
	Open func(t *testing.T) fleet.Shared
	// Pass moves the clock of the store forward, as far as leases are concerned.
	Pass func(d time.Duration)
}

// lasting is the length of all leases.
const lasting = 10 * time.Second

// TestShared checks a shared store, of which begin returns an empty one for each subtest.
func TestShared(t *testing.T, begin func(t *testing.T) World) {
	for name, check := range map[string]func(*testing.T, World){
		"nobody holds the lease of a new fleet":              nobodyHolds,
		"the lease is given to one daemon":                   givenToOne,
		"a lease that has ended is given to another daemon":  endedIsGiven,
		"a renewed lease lasts":                              renewedLasts,
		"a lease that nobody took can be renewed late":       renewedLate,
		"a released lease is given at once":                  releasedIsGiven,
		"a deposed daemon writes nothing":                    deposedWritesNothing,
		"without a lease the store can only be read":         onlyRead,
		"of many that acquire an ended lease one succeeds":   oneOfMany,
		"a daemon that takes over sees all that was written": seesAll,
	} {
		t.Run(name, func(t *testing.T) { check(t, begin(t)) })
	}
}

func nobodyHolds(t *testing.T, w World) {
	lease, err := w.Open(t).Newest(t.Context())
	must(t, err)
	if lease.Epoch != 0 || lease.Left() != 0 || lease.Holder != "" {
		t.Errorf("Newest() = %+v, want the zero lease", lease)
	}
}

func givenToOne(t *testing.T, w World) {
	a, b := w.Open(t), w.Open(t)
	held := acquire(t, a, "a")
	if held.Epoch != 1 || held.Holder != "a" || held.Address != "http://a" || held.Digest != "digest of a" {
		t.Errorf("Acquire() = %+v, want epoch 1 of a", held)
	}
	if left := held.Left(); left <= lasting-time.Second || left > lasting || held.Since.IsZero() || held.Fleet == "" {
		t.Errorf("Acquire() = %+v with %v left, want %v", held, left, lasting)
	}
	_, err := b.Acquire(t.Context(), claim("b"))
	refused, ok := errors.AsType[*fleet.HeldError](err)
	if !ok || refused.By.Holder != "a" || refused.By.Epoch != 1 || refused.By.Address != "http://a" || refused.By.Left() == 0 {
		t.Errorf("Acquire() of a held lease = %v, want that a holds it", err)
	}
	if newest, err := b.Newest(t.Context()); err != nil || newest.Holder != "a" || newest.Epoch != 1 || newest.Digest != "digest of a" {
		t.Errorf("Newest() = %+v, %v, want the lease of a", newest, err)
	}
}

func endedIsGiven(t *testing.T, w World) {
	a, b := w.Open(t), w.Open(t)
	old := acquire(t, a, "a")
	w.Pass(lasting + time.Millisecond)
	if newest, err := b.Newest(t.Context()); err != nil || newest.Left() != 0 || newest.Holder != "a" {
		t.Errorf("Newest() = %+v, %v, want the lease of a with no time left", newest, err)
	}
	if held := acquire(t, b, "b"); held.Epoch != 2 || held.Holder != "b" {
		t.Errorf("Acquire() = %+v, want epoch 2 of b", held)
	}
	if _, err := a.Renew(t.Context(), old); !errors.Is(err, fleet.ErrDeposed) {
		t.Errorf("Renew() of an old epoch = %v, want ErrDeposed", err)
	}
	must(t, a.Release(t.Context(), old))
	if newest, err := a.Newest(t.Context()); err != nil || newest.Left() == 0 {
		t.Errorf("after Release() of an old epoch: %+v, %v, want the lease of b", newest, err)
	}
}

func renewedLasts(t *testing.T, w World) {
	a, b := w.Open(t), w.Open(t)
	held := acquire(t, a, "a")
	for range 3 {
		w.Pass(lasting / 2)
		held.Digest = "another digest"
		again, err := a.Renew(t.Context(), held)
		must(t, err)
		if again.Epoch != held.Epoch || !again.Since.Equal(held.Since) || again.Left() <= lasting-time.Second || again.Digest != held.Digest {
			t.Errorf("Renew() = %+v, want epoch %d with %v left", again, held.Epoch, lasting)
		}
	}
	if _, err := b.Acquire(t.Context(), claim("b")); err == nil {
		t.Error("a renewed lease was given to another daemon")
	}
}

func renewedLate(t *testing.T, w World) {
	a := w.Open(t)
	held := acquire(t, a, "a")
	w.Pass(2 * lasting)
	must(t, a.Under(held).Commit(t.Context(), Sample()))
	if again, err := a.Renew(t.Context(), held); err != nil || again.Epoch != held.Epoch || again.Left() == 0 {
		t.Errorf("Renew() = %+v, %v, want the same epoch", again, err)
	}
}

func releasedIsGiven(t *testing.T, w World) {
	a, b := w.Open(t), w.Open(t)
	held := acquire(t, a, "a")
	must(t, a.Release(t.Context(), held))
	must(t, a.Release(t.Context(), held))
	if err := a.Under(held).Commit(t.Context(), Sample()); !errors.Is(err, fleet.ErrDeposed) {
		t.Errorf("Commit() after Release() = %v, want ErrDeposed", err)
	}
	if _, err := a.Renew(t.Context(), held); !errors.Is(err, fleet.ErrDeposed) {
		t.Errorf("Renew() after Release() = %v, want ErrDeposed", err)
	}
	if next := acquire(t, b, "b"); next.Epoch != 2 {
		t.Errorf("Acquire() = %+v, want epoch 2", next)
	}
}

func deposedWritesNothing(t *testing.T, w World) {
	a, b := w.Open(t), w.Open(t)
	old := acquire(t, a, "a")
	must(t, a.Under(old).Commit(t.Context(), Sample()))
	w.Pass(2 * lasting)
	held := acquire(t, b, "b")
	if err := a.Under(old).Commit(t.Context(), LargeCommit(3)); !errors.Is(err, fleet.ErrDeposed) {
		t.Errorf("Commit() of a deposed daemon = %v, want ErrDeposed", err)
	}
	must(t, b.Under(held).Commit(t.Context(), fleet.Commit{Entries: []fleet.Entry{about("bbb-9")}}))
	model := fleet.NewMemory()
	model.Apply(Sample())
	want(t, b.Under(held), model)
	wantSeqs(t, b.Under(held), 10, "", 2, 1)
}

func onlyRead(t *testing.T, w World) {
	s := w.Open(t)
	if err := s.Under(fleet.Lease{}).Commit(t.Context(), Sample()); !errors.Is(err, fleet.ErrDeposed) {
		t.Errorf("Commit() before anybody has acquired the lease = %v, want ErrDeposed", err)
	}
	held := acquire(t, s, "a")
	must(t, s.Under(held).Commit(t.Context(), Sample()))
	reader := w.Open(t).Under(fleet.Lease{})
	if err := reader.Commit(t.Context(), Sample()); !errors.Is(err, fleet.ErrDeposed) {
		t.Errorf("Commit() without a lease = %v, want ErrDeposed", err)
	}
	model := fleet.NewMemory()
	model.Apply(Sample())
	want(t, reader, model)
	wantSeqs(t, reader, 10, "", 1)
	must(t, reader.Close())
	want(t, reader, model)
}

func oneOfMany(t *testing.T, w World) {
	const n = 8
	acquire(t, w.Open(t), "old")
	daemons := make([]fleet.Shared, n)
	for i := range daemons {
		daemons[i] = w.Open(t)
	}
	for epoch := uint64(2); epoch < 12; epoch++ {
		w.Pass(2 * lasting)
		errs := make(chan error, n)
		for i, s := range daemons {
			go func() {
				_, err := s.Acquire(t.Context(), claim(fmt.Sprint("daemon-", i)))
				errs <- err
			}()
		}
		succeeded := 0
		for range n {
			err := <-errs
			if _, held := errors.AsType[*fleet.HeldError](err); err == nil {
				succeeded++
			} else if !held {
				t.Error(err)
			}
		}
		if newest, err := daemons[0].Newest(t.Context()); succeeded != 1 || err != nil || newest.Epoch != epoch {
			t.Fatalf("%d of %d daemons acquired the lease, and the newest is %+v, %v; want one of them and epoch %d", succeeded, n, newest, err, epoch)
		}
	}
}

// seesAll commits until the lease is lost, while another daemon takes over. What the
// other one loads then has every commit that returned no error, and none later.
func seesAll(t *testing.T, w World) {
	a, b := w.Open(t), w.Open(t)
	s := a.Under(acquire(t, a, "a"))
	var committed atomic.Int64
	var taken atomic.Bool
	ended := make(chan error)
	go func() {
		for {
			n, late := committed.Load()+1, taken.Load()
			if err := s.Commit(t.Context(), fleet.Commit{Records: []fleet.Record{{ID: "1", Failures: int(n)}}}); err != nil || late {
				ended <- err
				return
			}
			committed.Store(n)
		}
	}()
	for committed.Load() < 20 {
		select {
		case err := <-ended:
			t.Fatalf("Commit() = %v with the lease", err)
		default:
			runtime.Gosched()
		}
	}
	w.Pass(2 * lasting)
	held := acquire(t, b, "b")
	taken.Store(true)
	m, err := b.Under(held).Load(t.Context())
	must(t, err)
	if err := <-ended; !errors.Is(err, fleet.ErrDeposed) {
		t.Errorf("Commit() of the old holder = %v, want ErrDeposed", err)
	}
	if got, last := m.Records["1"].Failures, committed.Load(); int64(got) != last {
		t.Errorf("the new holder loaded commit %d, but the old one could still write commit %d", got, last)
	}
}

// claim returns the claim of a holder.
func claim(holder string) fleet.Claim {
	return fleet.Claim{Holder: holder, Address: "http://" + holder, Digest: "digest of " + holder, Length: lasting}
}

// acquire acquires the lease for a holder.
func acquire(t *testing.T, s fleet.Shared, holder string) fleet.Lease {
	t.Helper()
	held, err := s.Acquire(t.Context(), claim(holder))
	must(t, err)
	return held
}
