package actions

import (
	"context"
	"errors"
	"sync"
	"time"
)

// reading is the latest result of reading one key.
type reading[V any] struct {
	Value V
	At    time.Time // when the read that returned Value began; zero: none has succeeded
	Err   error     // of the last read; if it is set, Value is from an earlier one
	// Pending is set while a read is in progress after the patience is over.
	Pending bool
}

// fresh reports whether the reading has a value that is at most age old.
func (r reading[V]) fresh(now time.Time, age time.Duration) bool {
	return !r.At.IsZero() && now.Sub(r.At) <= age
}

// errPending is the failure of a reading whose latest read is still in progress.
var errPending = errors.New("no answer yet")

// failure returns why Value is not from the latest read, or nil.
func (r reading[V]) failure() error {
	if r.Err == nil && r.Pending {
		return errPending
	}
	return r.Err
}

// reader reads values of one kind by key, with at most one read of each key at a time.
// A cycle waits for its reads until a patience is over. A read that takes longer
// continues in the background, and the cycle uses the previous value, so that a slow
// datacenter, server or balancer does not delay the others.
type reader[V any] struct {
	read    func(ctx context.Context, key string) (V, error)
	timeout time.Duration // of one read
	slots   chan struct{} // limits the concurrent reads; nil: sequential, in the order of the keys
	suspect chan struct{} // the same for keys whose last read failed, so that they delay only each other
	clock   func() time.Time

	mu      sync.Mutex
	last    map[string]reading[V]
	running map[string]bool
}

// newReader returns a reader with at most concurrency reads at a time. With 0, reads
// are sequential, in the caller's goroutine, and Read waits for all of them.
func newReader[V any](concurrency int, timeout time.Duration, clock func() time.Time,
	read func(context.Context, string) (V, error)) *reader[V] {
	r := &reader[V]{read: read, timeout: timeout, clock: clock, last: map[string]reading[V]{}, running: map[string]bool{}}
	if concurrency > 0 {
		r.slots, r.suspect = make(chan struct{}, concurrency), make(chan struct{}, concurrency)
	}
	return r
}

// Read reads all keys, waits for them until patience is over, and returns the latest
// reading of each. Reads that are still in progress are pending, with the previous
// value.
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

// begin starts a read of key and returns a channel that is closed when it ends, or nil
// if one is already in progress.
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

// one reads key and stores the reading.
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

// all returns the readings of keys, and drops those of all other keys.
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

// peek returns the latest reading of key without a new read.
func (r *reader[V]) peek(key string) reading[V] {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last[key]
}
