package leader

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
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

	shared fleet.Shared
	clock  *clock // of the store
	margin time.Duration
	end    context.CancelCauseFunc // ends the term
	timer  *time.Timer             // ends the term at until

	// doubt is set while the store may still get a commit that was given up.
	doubt atomic.Bool
	// asking is held while the store is asked for the lease, whose epoch may change.
	asking sync.Mutex

	mu    sync.Mutex
	lease fleet.Lease
	until time.Time // by the local clock
}

// newTerm returns the term of a lease that was asked for at the given time, and its
// context.
func newTerm(ctx context.Context, shared fleet.Shared, clock *clock, lease fleet.Lease, asked time.Time, margin time.Duration) (*Term, context.Context) {
	ctx, end := context.WithCancelCause(ctx)
	t := &Term{shared: shared, clock: clock, margin: margin, end: end}
	t.Store = termStore{shared.Under(fleet.Lease{}), t}
	t.timer = time.AfterFunc(margin, func() { end(errEnded) })
	t.extend(lease, asked)
	return t, ctx
}

// Now returns the time by the clock of the store. The next leader goes by the same clock.
func (t *Term) Now() time.Time { return t.clock.of(time.Now()) }

// Until returns when this daemon stops leading, unless it renews the lease before, by the
// clock of the store.
func (t *Term) Until() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.clock.of(t.until)
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

// fence begins a new epoch if the store may still get a commit that was given up, which
// would then undo what was committed after it. The store refuses it under the old epoch.
func (t *Term) fence(ctx context.Context) error {
	if !t.doubt.Load() {
		return nil
	}
	t.asking.Lock()
	defer t.asking.Unlock()
	asked := time.Now()
	lease, err := t.shared.Acquire(ctx, t.held().Claim)
	if held, is := errors.AsType[*fleet.HeldError](err); is {
		return fmt.Errorf("%w: %w", fleet.ErrDeposed, held)
	}
	if err == nil {
		t.extend(lease, asked)
		t.doubt.Store(false)
	}
	return err
}

// renew renews the lease with what the daemon says of itself now.
func (t *Term) renew(ctx context.Context, claim fleet.Claim) (lease fleet.Lease, err error) {
	t.asking.Lock()
	defer t.asking.Unlock()
	held, asked := t.held(), time.Now()
	held.Address, held.Digest = claim.Address, claim.Digest
	if lease, err = t.shared.Renew(ctx, held); err == nil {
		t.extend(lease, asked)
	}
	return lease, err
}

// termStore is the shared store under the newest lease of a term.
type termStore struct {
	fleet.Store // to read
	t           *Term
}

// Commit implements fleet.Store. It ends the term if another daemon has taken over.
func (s termStore) Commit(ctx context.Context, c fleet.Commit) error {
	err := s.t.fence(ctx)
	if err == nil {
		err = s.t.shared.Under(s.t.held()).Commit(ctx, c)
	}
	switch {
	case errors.Is(err, fleet.ErrDeposed):
		s.t.end(err)
	case errors.Is(err, fleet.ErrUnknown):
		s.t.doubt.Store(true)
	}
	return err
}
