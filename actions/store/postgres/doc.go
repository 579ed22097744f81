// Package postgres has the fleet.Shared in PostgreSQL, for several daemons and several
// fleets in one database. It works with PostgreSQL from 12 on.
//
// Everything is in the schema bbb_scaler, which the files in migrations describe. Alerts,
// records, pauses and journal entries are rows of JSON with a checksum; the other columns
// are there to find them. A table for something new needs a migration, a part of
// commit.sql with its arguments (commit.go), and a part of load.sql (load.go).
//
// A change is one statement (commit.sql) that also checks the epoch of the lease. It is
// sent as a whole and ends without another message from the daemon, so that a daemon that
// is suspended or cut off in the middle neither writes half of it nor keeps a lock.
//
// The connection string has no password when pgx parses it, so that pgx's errors cannot
// contain one.
package postgres
