package leader_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/leader"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
)

// length is that of the leases, with the other times of leader.For.
const length = 10 * time.Second

// daemon is a candidate that only counts its terms.
type daemon struct {
	*leader.Candidate
	digest atomic.Value
	term   atomic.Pointer[leader.Term] // the present one
	terms  atomic.Int64
	fails  atomic.Bool // leading fails at once
	stop   context.CancelFunc
}

// hanging is a shared store whose calls hang while it is cut off.
type hanging struct {
	fleet.Shared
	cut atomic.Bool
}

func (h *hanging) wait(ctx context.Context) error {
	if h.cut.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func (h *hanging) Acquire(ctx context.Context, c fleet.Claim) (fleet.Lease, error) {
	if err := h.wait(ctx); err != nil {
		return fleet.Lease{}, err
	}
	return h.Shared.Acquire(ctx, c)
}

func (h *hanging) Renew(ctx context.Context, l fleet.Lease) (fleet.Lease, error) {
	if err := h.wait(ctx); err != nil {
		return fleet.Lease{}, err
	}
	return h.Shared.Renew(ctx, l)
}

func (h *hanging) Release(ctx context.Context, l fleet.Lease) error {
	if err := h.wait(ctx); err != nil {
		return err
	}
	return h.Shared.Release(ctx, l)
}

// run starts a daemon on a store, which runs until the test ends.
func run(t *testing.T, name string, shared fleet.Shared) *daemon {
	t.Helper()
	d := &daemon{}
	d.digest.Store("same")
	ctx, cancel := context.WithCancel(t.Context())
	d.stop = cancel
	claim := func() fleet.Claim {
		return fleet.Claim{Holder: name, Address: "http://" + name, Digest: d.digest.Load().(string), Length: length}
	}
	d.Candidate = leader.New(leader.For(claim, 2*time.Second, slog.New(slog.DiscardHandler)), shared)
	go d.Run(ctx, func(ctx context.Context, term *leader.Term) error {
		d.terms.Add(1)
		if d.fails.Load() {
			return errors.New("the store cannot be loaded")
		}
		d.term.Store(term)
		<-ctx.Done()
		d.term.Store(nil)
		return nil
	})
	return d
}

// after waits for a time and for everything that happens then.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func world(t *testing.T, f func(t *testing.T, shared *store.SharedMemory)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, store.NewSharedMemory("bbb", time.Now)) })
}

func TestOneOfTwoLeadsAndTheOtherKnowsIt(t *testing.T) {
	world(t, func(t *testing.T, shared *store.SharedMemory) {
		a := run(t, "a", shared)
		after(time.Millisecond)
		b := run(t, "b", shared)
		after(time.Hour)
		if !a.Standing().Leads || b.Standing().Leads || a.terms.Load() != 1 {
			t.Fatalf("a %+v, b %+v, %d terms; want a to lead for one term", a.Standing(), b.Standing(), a.terms.Load())
		}
		if other, known := b.Standing().Other(time.Now()); !known || other.Address != "http://a" || time.Since(other.Since) < 59*time.Minute {
			t.Errorf("b knows %+v, %v; want a since an hour", other, known)
		}
		if _, known := a.Standing().Other(time.Now()); known {
			t.Error("the leader knows another leader")
		}
	})
}

func TestFollowerTakesOverWithinElevenSecondsOfADeath(t *testing.T) {
	world(t, func(t *testing.T, shared *store.SharedMemory) {
		dying := &hanging{Shared: shared}
		a := run(t, "a", dying)
		after(time.Millisecond)
		b := run(t, "b", shared)
		after(61 * time.Second)
		dying.cut.Store(true) // as the store sees it, a is dead
		begun := time.Now()
		for !b.Standing().Leads && time.Since(begun) < time.Minute {
			after(100 * time.Millisecond)
		}
		if took := time.Since(begun); took > length+time.Second {
			t.Errorf("b leads after %v, want at most 11s", took)
		}
		if a.Standing().Leads {
			t.Error("a still leads")
		}
	})
}

func TestLeaderThatIsCutOffStopsBeforeItsLeaseEnds(t *testing.T) {
	world(t, func(t *testing.T, shared *store.SharedMemory) {
		cut := &hanging{Shared: shared}
		a := run(t, "a", cut)
		after(61 * time.Second)
		cut.cut.Store(true)
		for a.term.Load() != nil {
			after(10 * time.Millisecond)
		}
		if l, _ := shared.Newest(t.Context()); l.Left() < 2*time.Second {
			t.Errorf("it stopped with %v left of the lease, want the margin of 2s", l.Left())
		}
		after(time.Minute)
		if a.Standing().Failing == nil {
			t.Error("it does not know that the store fails")
		}
		cut.cut.Store(false)
		after(5 * time.Second)
		if !a.Standing().Leads || a.terms.Load() != 2 || a.Standing().Failing != nil {
			t.Errorf("once the store is back: %+v after %d terms, want the second term", a.Standing(), a.terms.Load())
		}
	})
}

func TestUntilIsAlwaysBeforeTheEndOfTheLease(t *testing.T) {
	world(t, func(t *testing.T, shared *store.SharedMemory) {
		a := run(t, "a", shared)
		for range 1000 {
			after(100 * time.Millisecond)
			l, _ := shared.Newest(t.Context())
			if until := a.term.Load().Until(); until.After(l.Until.Add(-2 * time.Second)) {
				t.Fatalf("until %v, and the lease ends at %v", until, l.Until)
			}
		}
	})
}

func TestStoppingAndSteppingDownHandOverWithinASecond(t *testing.T) {
	for name, leave := range map[string]func(*daemon) error{
		"SIGTERM":   func(d *daemon) error { d.stop(); return nil },
		"step down": func(d *daemon) error { return d.StepDown() },
		"leading fails": func(d *daemon) error {
			d.fails.Store(true)
			return d.StepDown()
		},
	} {
		t.Run(name, func(t *testing.T) {
			world(t, func(t *testing.T, shared *store.SharedMemory) {
				a := run(t, "a", shared)
				after(time.Millisecond)
				b := run(t, "b", shared)
				after(30 * time.Second)
				if err := leave(a); err != nil {
					t.Fatal(err)
				}
				after(1100 * time.Millisecond)
				if !b.Standing().Leads || a.term.Load() != nil {
					t.Fatalf("after a second: b %+v", b.Standing())
				}
				after(time.Minute)
				if !b.Standing().Leads || b.terms.Load() != 1 {
					t.Errorf("b has led for %d terms, want one", b.terms.Load())
				}
			})
		})
	}
}

func TestFollowerCannotStepDown(t *testing.T) {
	world(t, func(t *testing.T, shared *store.SharedMemory) {
		run(t, "a", shared)
		after(time.Millisecond)
		b := run(t, "b", shared)
		after(time.Minute)
		if err := b.StepDown(); !errors.Is(err, fleet.ErrDeposed) {
			t.Errorf("StepDown() = %v, want ErrDeposed", err)
		}
	})
}

func TestTermEndsWhenACommitIsRefused(t *testing.T) {
	world(t, func(t *testing.T, shared *store.SharedMemory) {
		a := run(t, "a", shared)
		after(time.Second)
		term := a.term.Load()
		if _, err := shared.Acquire(t.Context(), fleet.Claim{Holder: "a", Length: length}); err != nil {
			t.Fatal(err)
		}
		err := term.Store.Commit(t.Context(), fleet.Commit{DropAlerts: []string{"x"}})
		synctest.Wait()
		if !errors.Is(err, fleet.ErrDeposed) || a.term.Load() != nil {
			t.Errorf("Commit() = %v, want ErrDeposed and the end of the term", err)
		}
	})
}

// slow is a shared store that gets commits late while it is set.
type slow struct {
	*store.SharedMemory
	late atomic.Bool
	come []func() error // lets a commit that was given up arrive
}

func (s *slow) Under(held fleet.Lease) fleet.Store { return slowStore{s.SharedMemory.Under(held), s} }

type slowStore struct {
	fleet.Store
	of *slow
}

func (s slowStore) Commit(ctx context.Context, c fleet.Commit) error {
	if s.of.late.Load() {
		s.of.come = append(s.of.come, func() error { return s.Store.Commit(ctx, c) })
		return fleet.ErrUnknown
	}
	return s.Store.Commit(ctx, c)
}

func TestCommitThatWasGivenUpDoesNotUndoANewerOne(t *testing.T) {
	world(t, func(t *testing.T, shared *store.SharedMemory) {
		link := &slow{SharedMemory: shared}
		a := run(t, "a", link)
		after(time.Millisecond)
		b := run(t, "b", shared)
		after(time.Minute)
		commit := func(failures int) error {
			return a.term.Load().Store.Commit(t.Context(), fleet.Commit{Records: []fleet.Record{{ID: "1", Failures: failures}}})
		}
		link.late.Store(true)
		if err := commit(1); !errors.Is(err, fleet.ErrUnknown) {
			t.Errorf("Commit() = %v, want ErrUnknown", err)
		}
		link.late.Store(false)
		if err := commit(2); err != nil {
			t.Errorf("the next Commit() = %v", err)
		}
		if err := link.come[0](); !errors.Is(err, fleet.ErrDeposed) {
			t.Errorf("the late commit: %v, want ErrDeposed", err)
		}
		after(time.Minute)
		if m, err := a.term.Load().Store.Load(t.Context()); err != nil || m.Records["1"].Failures != 2 {
			t.Errorf("the store has %+v, %v; want the newer commit", m.Records, err)
		}
		if a.terms.Load() != 1 || !a.Standing().Leads || b.terms.Load() != 0 {
			t.Errorf("%d terms of the leader, %d of the other; want one and none", a.terms.Load(), b.terms.Load())
		}
	})
}

func TestFollowerThatActsOnOtherServersTakesOverOnlyIfItIsHandedTheFleet(t *testing.T) {
	for name, c := range map[string]struct {
		leave func(a *daemon, link *hanging)
		leads bool
	}{
		"the leader dies":       {func(_ *daemon, link *hanging) { link.cut.Store(true) }, false},
		"the leader hands over": {func(a *daemon, _ *hanging) { a.stop() }, true},
	} {
		t.Run(name, func(t *testing.T) {
			world(t, func(t *testing.T, shared *store.SharedMemory) {
				link := &hanging{Shared: shared}
				a := run(t, "a", link)
				after(time.Millisecond)
				b := run(t, "b", shared)
				b.digest.Store("other")
				after(time.Minute)
				c.leave(a, link)
				after(time.Minute)
				if s := b.Standing(); s.Leads != c.leads || (s.Refusal != nil) == c.leads {
					t.Errorf("b %+v; want it to lead: %v", s, c.leads)
				}
				b.digest.Store("same")
				after(2 * time.Second)
				if !b.Standing().Leads {
					t.Errorf("with the leader's configuration: %+v, want it to lead", b.Standing())
				}
			})
		})
	}
}

func TestDaemonThatStartsAfterTheOtherHasGoneUsesItsOwnConfiguration(t *testing.T) {
	world(t, func(t *testing.T, shared *store.SharedMemory) {
		link := &hanging{Shared: shared}
		run(t, "a", link)
		after(time.Minute)
		link.cut.Store(true)
		after(time.Minute)
		b := run(t, "b", shared)
		b.digest.Store("other")
		after(2 * time.Second)
		if !b.Standing().Leads {
			t.Errorf("b %+v, want it to lead", b.Standing())
		}
	})
}
