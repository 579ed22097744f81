package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The columns of a lease, and the time at which it was read. clock_timestamp also goes on
// while a statement waits for a lock.
const leaseColumns = ` holder, address, digest, epoch, since, until, clock_timestamp()`

const (
	acquireSQL = `update bbb_scaler.lease set holder = $2, address = $3, digest = $4, epoch = epoch + 1, since = clock_timestamp(),
		until = clock_timestamp() + $5::interval
		where fleet = $1 and (holder in ('', $2) or until <= clock_timestamp()) returning` + leaseColumns
	renewSQL = `update bbb_scaler.lease set address = $3, digest = $4, until = clock_timestamp() + $5::interval
		where fleet = $1 and epoch = $2 and holder <> '' returning` + leaseColumns
	releaseSQL = `update bbb_scaler.lease set holder = '', until = clock_timestamp() where fleet = $1 and epoch = $2`
	newestSQL  = `select` + leaseColumns + ` from bbb_scaler.lease where fleet = $1`
)

// Acquire implements fleet.Leases.
func (s *Store) Acquire(ctx context.Context, claim fleet.Claim) (fleet.Lease, error) {
	lease, err := s.acquire(ctx, claim)
	if locked(err) {
		if err := s.endSuspended(ctx); err != nil {
			return fleet.Lease{}, s.explain("acquiring the lease in", err)
		}
		lease, err = s.acquire(ctx, claim)
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return lease, s.explain("acquiring the lease in", err)
	}
	newest, err := s.Newest(ctx)
	if err != nil {
		return fleet.Lease{}, err
	}
	return fleet.Lease{}, &fleet.HeldError{By: newest}
}

// acquire tries to acquire the lease. The error is pgx.ErrNoRows if another daemon holds
// it, and locked if a lock on its row is not released.
func (s *Store) acquire(ctx context.Context, claim fleet.Claim) (lease fleet.Lease, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `set local lock_timeout = '500ms'`); err != nil {
			return err
		}
		lease, err = s.scan(tx.QueryRow(ctx, acquireSQL, s.identity.Name, claim.Holder, claim.Address, claim.Digest, claim.Length), claim.Length)
		return err
	})
	return lease, err
}

// locked reports whether a statement has waited too long for a lock.
func locked(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && refused.Code == "55P03" // lock_not_available
}

// endSuspended ends the sessions of daemons that were suspended or cut off while the
// database waited for the end of their transaction. The daemon's statements need no
// further message once they have begun, except for the last bytes of the message itself.
// Without this, the lock of such a session would keep all others from taking over until
// its connection times out, after hours.
func (s *Store) endSuspended(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, `select pg_terminate_backend(pid) from pg_stat_activity
		where datname = current_database() and usename = current_user and application_name = $1 and pid <> pg_backend_pid()
		and wait_event = 'ClientRead' and xact_start < clock_timestamp() - interval '400ms'`, applicationName)
	return err
}

// Renew implements fleet.Leases.
func (s *Store) Renew(ctx context.Context, held fleet.Lease) (fleet.Lease, error) {
	row := s.pool.QueryRow(ctx, renewSQL, s.identity.Name, held.Epoch, held.Address, held.Digest, held.Length)
	lease, err := s.scan(row, held.Length)
	if errors.Is(err, pgx.ErrNoRows) {
		return fleet.Lease{}, s.deposed(held)
	}
	return lease, s.explain("renewing the lease in", err)
}

// Release implements fleet.Leases.
func (s *Store) Release(ctx context.Context, held fleet.Lease) error {
	_, err := s.pool.Exec(ctx, releaseSQL, s.identity.Name, held.Epoch)
	return s.explain("releasing the lease in", err)
}

// Newest implements fleet.Leases.
func (s *Store) Newest(ctx context.Context) (fleet.Lease, error) {
	lease, err := s.scan(s.pool.QueryRow(ctx, newestSQL, s.identity.Name), 0)
	if lease.Epoch == 0 {
		lease = fleet.Lease{}
	}
	return lease, s.explain("reading the lease in", err)
}

// scan reads a lease with the length that its holder gave it.
func (s *Store) scan(row pgx.Row, length time.Duration) (fleet.Lease, error) {
	l := fleet.Lease{Fleet: s.identity.Name, Claim: fleet.Claim{Length: length}}
	err := row.Scan(&l.Holder, &l.Address, &l.Digest, &l.Epoch, &l.Since, &l.Until, &l.Read)
	l.Since, l.Until, l.Read = l.Since.UTC(), l.Until.UTC(), l.Read.UTC()
	return l, err
}

// deposed returns the error of a lease that is not the newest.
func (s *Store) deposed(held fleet.Lease) error {
	return fmt.Errorf("epoch %d of fleet %q: %w", held.Epoch, s.identity.Name, fleet.ErrDeposed)
}
