package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

const (
	// leaseLength is how long another daemon waits after this one has failed.
	leaseLength = 10 * time.Second
	// leaseRenewal is the time between two renewals.
	leaseRenewal = leaseLength / 4
	// openTimeout bounds the connection to the database and the migration at the start.
	openTimeout = 30 * time.Second
)

// hold acquires the lease for this process and renews it. release ends it and closes the
// store. If another daemon takes over, deposed is called with the reason. After an error,
// the store is closed.
func hold(ctx context.Context, shared fleet.Shared, length time.Duration, deposed context.CancelCauseFunc, log *slog.Logger) (held fleet.Lease, release func() error, err error) {
	host, _ := os.Hostname()
	held, err = shared.Acquire(ctx, fleet.Claim{Holder: fmt.Sprintf("%s, process %d", host, os.Getpid()), Length: length})
	if err != nil {
		return held, nil, errors.Join(err, shared.Close())
	}
	renewing, end := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		renew(renewing, shared, held, deposed, log)
	}()
	return held, func() error {
		end()
		<-ended
		timeout, done := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
		defer done()
		return errors.Join(shared.Release(timeout, held), shared.Close())
	}, nil
}

// renew renews the lease until ctx is done. It calls deposed once another daemon has taken
// over.
func renew(ctx context.Context, shared fleet.Leases, held fleet.Lease, deposed context.CancelCauseFunc, log *slog.Logger) {
	for ticks := time.NewTicker(leaseRenewal); ; {
		select {
		case <-ctx.Done():
			ticks.Stop()
			return
		case <-ticks.C:
		}
		timeout, done := context.WithTimeout(ctx, storeTimeout)
		_, err := shared.Renew(timeout, held)
		done()
		switch {
		case errors.Is(err, fleet.ErrDeposed):
			deposed(err)
			return
		case err != nil && ctx.Err() == nil:
			log.Error("store", "error", err)
		}
	}
}
