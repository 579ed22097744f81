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
		return s.clear(ctx, tx)
	})
	return s.explain("emptying", err)
}

// clear deletes the rows of the fleet in every table that has rows of fleets.
func (s *Store) clear(ctx context.Context, tx pgx.Tx) error {
	result, err := tx.Query(ctx, `select table_name from information_schema.columns
		where table_schema = 'bbb_scaler' and column_name = 'fleet' and table_name not in ('fleet', 'lease')`)
	if err != nil {
		return err
	}
	tables, err := pgx.CollectRows(result, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, table := range tables {
		if _, err := tx.Exec(ctx, `delete from `+pgx.Identifier{"bbb_scaler", table}.Sanitize()+` where fleet = $1`, s.identity.Name); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `update bbb_scaler.fleet set data = null, checksum = null, entries = 0 where fleet = $1`, s.identity.Name)
	return err
}
