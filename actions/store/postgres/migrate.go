package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// migrations holds the files that make the schema, each of which brings it from one
// version to the next. A file is never changed after a release. While several daemons are
// updated one after the other, the old ones work with the new schema: a migration only
// adds.
//
//go:embed migrations/*.sql
var migrations embed.FS

// errForeign is the error of a schema that another application has made.
var errForeign = errors.New("the schema bbb_scaler is of another application: use another database, such as one of its own: create database bbb_scaler owner …")

// migrationLock is the key of the lock under which one daemon at a time migrates: "bbb" in
// hexadecimal digits.
const migrationLock = 0x626262

// migrate brings the schema to the newest version, in a transaction.
func migrate(ctx context.Context, tx pgx.Tx) error {
	if err := encoded(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, migrationLock); err != nil {
		return err
	}
	version, err := versionOf(ctx, tx)
	if err != nil {
		return err
	}
	files, err := migrationFiles()
	if err != nil {
		return err
	}
	if version > len(files) {
		return fmt.Errorf("its schema has version %d, and this program knows versions up to %d: run the release that made it, or a newer one",
			version, len(files))
	}
	for i, text := range files[version:] {
		if _, err := tx.Exec(ctx, text); err != nil {
			return fmt.Errorf("migrating to version %d: %w", version+i+1, err)
		}
		if _, err := tx.Exec(ctx, `insert into bbb_scaler.migrations (version) values ($1)`, version+i+1); err != nil {
			return fmt.Errorf("migrating to version %d: %w", version+i+1, err)
		}
	}
	return nil
}

// encoded returns an error if the database cannot store every text.
func encoded(ctx context.Context, tx pgx.Tx) error {
	var encoding string
	if err := tx.QueryRow(ctx, `show server_encoding`).Scan(&encoding); err != nil {
		return err
	}
	if encoding != "UTF8" {
		return fmt.Errorf("its encoding is %s and must be UTF8: create database … encoding 'UTF8' template template0", encoding)
	}
	return nil
}

// versionOf returns the version of the schema, and creates the schema with version 0 if
// it does not exist or is empty. The error is errForeign if it is not a schema of ours.
func versionOf(ctx context.Context, tx pgx.Tx) (version int, err error) {
	var exists, empty, ours bool
	err = tx.QueryRow(ctx, `select exists (select from pg_namespace where nspname = 'bbb_scaler'),
		not exists (select from pg_class where relnamespace = to_regnamespace('bbb_scaler')),
		to_regclass('bbb_scaler.migrations') is not null`).Scan(&exists, &empty, &ours)
	if err != nil {
		return 0, err
	}
	if exists && !empty && !ours {
		return 0, errForeign
	}
	if !exists {
		if _, err := tx.Exec(ctx, `create schema bbb_scaler`); err != nil {
			return 0, err
		}
	}
	if !ours {
		_, err := tx.Exec(ctx, `create table bbb_scaler.migrations (version int primary key, at timestamptz not null default now())`)
		return 0, err
	}
	err = tx.QueryRow(ctx, `select coalesce(max(version), 0) from bbb_scaler.migrations`).Scan(&version)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && (refused.Code == "42703" || refused.Code == "42883") {
		return 0, errForeign // its table of this name has other columns
	}
	return version, err
}

// migrationFiles returns the texts of the migrations, in order.
func migrationFiles() ([]string, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	texts := make([]string, len(names))
	for i, name := range names {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		texts[i] = string(text)
	}
	return texts, nil
}
