package leader

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// errEnded is the cause of a term's end when the lease was not renewed in time.
var errEnded = errors.New("the lease has ended")

// errResigned is the cause of a term's end after StepDown.
var errResigned = errors.New("a person asked this daemon to step down")

// Term is the time for which a daemon leads without interruption. Its methods are safe
// for concurrent use.
type Term struct {
	// Store is the shared store under the lease of this term. The term ends when the store
	// refuses a commit because another daemon has taken over.
	Store fleet.Store

	margin time.Duration
	end    context.CancelCauseFunc // ends the term
	timer  *time.Timer             // ends the term at until

	mu    sync.Mutex
	lease fleet.Lease
	until time.Time
}

// newTerm returns the term of a lease that was asked for at the given time, and its
// context.
func newTerm(ctx context.Context, shared fleet.Shared, lease fleet.Lease, asked time.Time, margin time.Duration) (*Term, context.Context) {
	ctx, end := context.WithCancelCause(ctx)
	t := &Term{margin: margin, end: end}
	t.Store = deposable{shared.Under(lease), end}
	t.timer = time.AfterFunc(margin, func() { end(errEnded) })
	t.extend(lease, asked)
	return t, ctx
}

// Until returns when this daemon stops leading, unless it renews the lease before.
func (t *Term) Until() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.until
}

// held returns the lease.
func (t *Term) held() fleet.Lease {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lease
}

// extend notes the lease that was acquired or renewed, and asked for at the given time.
func (t *Term) extend(lease fleet.Lease, asked time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lease, t.until = lease, asked.Add(lease.Left()-t.margin)
	t.timer.Reset(time.Until(t.until))
}

// deposable is a store that ends the term when another daemon has taken over.
type deposable struct {
	fleet.Store
	end context.CancelCauseFunc
}

// Commit implements fleet.Store.
func (d deposable) Commit(ctx context.Context, c fleet.Commit) error {
	err := d.Store.Commit(ctx, c)
	if errors.Is(err, fleet.ErrDeposed) {
		d.end(err)
	}
	return err
}
