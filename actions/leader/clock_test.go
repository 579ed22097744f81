package leader_test

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
)

// otherClock is a clock that differs from that of the daemons' hosts.
type otherClock struct{ ahead atomic.Int64 } // in nanoseconds

func (c *otherClock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func TestTermsGoByTheClockOfTheStore(t *testing.T) {
	for _, ahead := range []time.Duration{-time.Hour, -3 * time.Minute, 0, 3 * time.Minute, time.Hour} {
		t.Run(ahead.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var clock otherClock
				clock.ahead.Store(int64(ahead))
				shared := store.NewSharedMemory("bbb", clock.now)
				a := run(t, "a", shared)
				after(time.Millisecond)
				b := run(t, "b", shared)
				after(time.Minute)
				for _, of := range []struct {
					name     string
					got, now time.Time
				}{{"the leader", a.Now(), clock.now()}, {"its term", a.term.Load().Now(), clock.now()}, {"the follower", b.Now(), clock.now()}} {
					if !of.got.Equal(of.now) {
						t.Errorf("the clock of %s is %v, want that of the store, %v", of.name, of.got, of.now)
					}
				}
				if left := a.term.Load().Until().Sub(clock.now()); left <= 0 || left > length {
					t.Errorf("the term lasts for another %v by the store's clock, want more than 0 and at most %v", left, length)
				}
				clock.ahead.Store(int64(ahead + time.Minute)) // as after the promotion of a replica; b takes over
				after(length)
				if got, want := a.Now(), clock.now(); !got.Equal(want) {
					t.Errorf("the clock is %v after that of the store was set, want %v", got, want)
				}
			})
		})
	}
}

// lagging is a shared store whose answers take up to the time limit of a call.
type lagging struct {
	fleet.Shared
	random *rand.Rand
}

func (s lagging) Renew(ctx context.Context, l fleet.Lease) (fleet.Lease, error) {
	time.Sleep(time.Duration(s.random.Int64N(int64(900 * time.Millisecond))))
	defer time.Sleep(time.Duration(s.random.Int64N(int64(900 * time.Millisecond))))
	return s.Shared.Renew(ctx, l)
}

func TestClockOfATermIsNotSetByAnswersThatTakeLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var clock otherClock
		clock.ahead.Store(int64(time.Hour))
		a := run(t, "a", lagging{store.NewSharedMemory("bbb", clock.now), rand.New(rand.NewPCG(1, 0))})
		defer after(time.Minute) // until its last call has returned
		defer a.stop()
		after(time.Millisecond)
		for range 10_000 {
			after(10 * time.Millisecond)
			if got, want := a.term.Load().Now(), clock.now(); !got.Equal(want) {
				t.Fatalf("the clock is %v, want %v as in the first answer, which was quick", got, want)
			}
		}
	})
}
