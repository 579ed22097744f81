package actions

import (
	"context"
	"errors"
	"sync"
	"time"
)

// reading is the last that was learnt of one thing read from outside.
type reading[V any] struct {
	Value V
	At    time.Time // when the read of Value was begun; zero: never read
	Err   error     // of the last read, if it failed; Value is then an older one
	// Pending is set while a read that was waited for is still under way.
	Pending bool
}

// fresh reports whether the reading succeeded at all and is at most age old.
func (r reading[V]) fresh(now time.Time, age time.Duration) bool {
	return !r.At.IsZero() && now.Sub(r.At) <= age
}

// errPending is why a reading that is not there yet is not to be relied on.
var errPending = errors.New("no answer yet")

// failure is why the reading is not the latest truth, or nil.
func (r reading[V]) failure() error {
	if r.Err == nil && r.Pending {
		return errPending
	}
	return r.Err
}

// reader reads things of one kind by key, each at most once at a time. A cycle
// waits for its reads up to a patience: one that hangs goes on in the background
// while the cycle goes on with what was known before, so that a slow
// datacenter, server or balancer never delays the others.
type reader[V any] struct {
	read    func(ctx context.Context, key string) (V, error)
	timeout time.Duration // of one read
	slots   chan struct{} // bounds reads under way; nil: one after the other, in order
	suspect chan struct{} // the same for keys whose last read failed, so that they delay only each other
	clock   func() time.Time

	mu      sync.Mutex
	last    map[string]reading[V]
	running map[string]bool
}

// newReader returns a reader with at most concurrency reads under way; 0: one
// after the other, in the caller's goroutine, without patience.
func newReader[V any](concurrency int, timeout time.Duration, clock func() time.Time,
	read func(context.Context, string) (V, error)) *reader[V] {
	r := &reader[V]{read: read, timeout: timeout, clock: clock, last: map[string]reading[V]{}, running: map[string]bool{}}
	if concurrency > 0 {
		r.slots, r.suspect = make(chan struct{}, concurrency), make(chan struct{}, concurrency)
	}
	return r
}

// Read reads all keys, waits at most patience for them, and returns the last
// reading of each; those still under way are pending and give what was known before.
func (r *reader[V]) Read(ctx context.Context, keys []string, patience time.Duration) map[string]reading[V] {
	if r.slots == nil {
		for _, key := range keys {
			r.one(ctx, key)
		}
		return r.all(keys)
	}
	var wait []chan struct{}
	for _, key := range keys {
		if done := r.begin(ctx, key); done != nil {
			wait = append(wait, done)
		}
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for _, done := range wait {
		select {
		case <-done:
		case <-timer.C:
			return r.all(keys)
		case <-ctx.Done():
			return r.all(keys)
		}
	}
	return r.all(keys)
}

// begin starts a read unless one of key is under way.
func (r *reader[V]) begin(ctx context.Context, key string) chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running[key] {
		return nil
	}
	r.running[key] = true
	slots := r.slots
	if r.last[key].Err != nil {
		slots = r.suspect
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			r.one(ctx, key)
		case <-ctx.Done():
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.running, key)
	}()
	return done
}

func (r *reader[V]) one(ctx context.Context, key string) {
	at := r.clock()
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	v, err := r.read(ctx, key)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		old := r.last[key]
		r.last[key] = reading[V]{Value: old.Value, At: old.At, Err: err}
		return
	}
	r.last[key] = reading[V]{Value: v, At: at}
}

// all returns the readings of keys, and forgets those of others.
func (r *reader[V]) all(keys []string) map[string]reading[V] {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[string]reading[V], len(keys))
	defer func() {
		for key := range r.last {
			if _, wanted := out[key]; !wanted {
				delete(r.last, key)
			}
		}
	}()
	for _, key := range keys {
		got := r.last[key]
		got.Pending = r.running[key]
		out[key] = got
	}
	return out
}

// peek returns the last reading of key without a new read.
func (r *reader[V]) peek(key string) reading[V] {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last[key]
}
