package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrDamaged is returned by Load and Journal if a row is not as it was written. The
// message names the row.
var ErrDamaged = errors.New("the row is damaged")

// damaged returns the error of a row that is not as it was written.
func (s *Store) damaged(table, key, why string) error {
	return fmt.Errorf("table bbb_scaler.%s, fleet %q, key %q: %w: %s; restore the database from a backup, or delete the row: "+
		"the daemon then starts without what it says", table, s.identity.Name, key, ErrDamaged, why)
}

// explain returns an error with what was being done to the database and what to do. It
// returns nil for nil. If the database is read-only and the URL has several hosts, it has
// all connections made again, since another host may be the primary now.
func (s *Store) explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == readOnly && several(s.pool.Config().ConnConfig) {
		s.pool.Reset()
	}
	if errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, ErrDamaged) {
		return fmt.Errorf("%s %s: no answer in time: %w", doing, s.shown, oneLine{err})
	}
	if advice := s.advice(err); advice != "" {
		return fmt.Errorf("%s %s: %w: %s", doing, s.shown, oneLine{err}, advice)
	}
	return fmt.Errorf("%s %s: %w", doing, s.shown, oneLine{err})
}

// advice returns what to do about an error, or "".
func (s *Store) advice(err error) string {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return codes[refused.Code]
	}
	if errors.Is(err, pgconn.ErrReadOnlyConnection) {
		return codes[readOnly]
	}
	if _, unreachable := errors.AsType[*pgconn.ConnectError](err); unreachable {
		return "check that PostgreSQL runs there and accepts connections from here"
	}
	return ""
}

// readOnly is PostgreSQL's code for a change in a read-only database.
const readOnly = "25006"

// codes maps PostgreSQL's error codes to what to do.
var codes = map[string]string{
	"28P01":  "check the user and the password: in the URL, in the password file, or in PGPASSWORD",
	"28000":  "allow the user in pg_hba.conf, or check sslmode in the URL",
	"3D000":  "create the database: create database … owner …",
	"42501":  "give the user the right to make its schema: grant create on database … to …; or make the user the owner of the schema bbb_scaler and its tables",
	readOnly: "the database is read-only; if it is a standby, name the primary, or all hosts as in postgres://user@host1,host2/database",
	"53100":  "the disk of the database is full: free some space there",
	"53300":  "the database has no free connection: a daemon uses up to 4; raise max_connections or pool_max_conns",
	"57P03":  "the database is starting or stopping: try again",
	"42P01":  "the tables are not there any more: restore the database from a backup",
}

// oneLine is an error whose text has no line breaks: pgx lists hosts on lines of their
// own.
type oneLine struct{ error }

// Error returns the text in one line.
func (e oneLine) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }

// Unwrap returns the error itself.
func (e oneLine) Unwrap() error { return e.error }
