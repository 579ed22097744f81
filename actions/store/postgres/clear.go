package postgres

import (
	"context"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/jackc/pgx/v5"
)

// Clear deletes everything that the store has of the fleet, except for the lease. The
// error matches fleet.ErrDeposed if another daemon has acquired the lease.
func (s *Store) Clear(ctx context.Context, held fleet.Lease) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var epoch uint64
		err := tx.QueryRow(ctx, `select epoch from bbb_scaler.lease where fleet = $1 for no key update`, s.identity.Name).Scan(&epoch)
		if err != nil {
			return err
		}
		if epoch != held.Epoch {
			return s.deposed(held)
		}
		for _, statement := range []string{
			`delete from bbb_scaler.alerts where fleet = $1`,
			`delete from bbb_scaler.records where fleet = $1`,
			`delete from bbb_scaler.pauses where fleet = $1`,
			`delete from bbb_scaler.journal where fleet = $1`,
			`update bbb_scaler.fleet set data = null, checksum = null, entries = 0 where fleet = $1`,
		} {
			if _, err := tx.Exec(ctx, statement, s.identity.Name); err != nil {
				return err
			}
		}
		return nil
	})
	return s.explain("emptying", err)
}
