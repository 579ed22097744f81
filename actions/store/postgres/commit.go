package postgres

import (
	"context"
	_ "embed" // commit.sql
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/actions/store/internal/seal"
	"github.com/jackc/pgx/v5/pgconn"
)

//go:embed commit.sql
var commitSQL string

// leased is the store under a lease.
type leased struct {
	*Store
	held fleet.Lease
}

// Commit implements fleet.Store.
func (l leased) Commit(ctx context.Context, c fleet.Commit) error {
	if c.Empty() {
		return nil
	}
	args, err := l.arguments(c)
	if err != nil {
		return err
	}
	var held bool
	if err := l.pool.QueryRow(ctx, commitSQL, args...).Scan(&held); err != nil {
		return l.explain("writing to", unsure(err))
	}
	if !held {
		return l.deposed(l.held)
	}
	return nil
}

// unsure adds fleet.ErrUnknown to an error of a commit that the database may still carry
// out: neither has it answered, nor is it certain that it got nothing.
func unsure(err error) error {
	_, refused := errors.AsType[*pgconn.PgError](err)
	_, unreachable := errors.AsType[*pgconn.ConnectError](err)
	if refused || unreachable || pgconn.SafeToRetry(err) {
		return err
	}
	return fmt.Errorf("%w: %w", fleet.ErrUnknown, err)
}

// Close implements fleet.Store. It does nothing.
func (l leased) Close() error { return nil }

// arguments returns the arguments of commit.sql.
func (l leased) arguments(c fleet.Commit) ([]any, error) {
	alerts, failedAlerts := columns("alerts", c.Alerts, alertKey, c.DropAlerts)
	records, failedRecords := columns("records", c.Records, recordKey, nil)
	pauses, failedPauses := columns("pauses", c.Pauses, pauseKey, c.DropPauses)
	load, failedLoad := columns("load", c.Load, fleet.LoadDay.Key, c.DropLoad)
	feeds, failedFeeds := columns("feeds", c.Feeds, feedKey, c.DropFeeds)
	of, failedFleet := fleetColumns(c.Fleet)
	entries, failedEntries := journalColumns(c.Entries)
	return slices.Concat(
		[]any{l.identity.Name, l.held.Epoch}, alerts, []any{texts(c.DropAlerts)}, records, pauses, []any{texts(c.DropPauses)},
		of, []any{len(c.Entries)}, entries, []any{store.JournalKept},
		load, []any{texts(c.DropLoad)}, feeds, []any{texts(c.DropFeeds)},
	), errors.Join(failedAlerts, failedRecords, failedPauses, failedLoad, failedFeeds, failedFleet, failedEntries)
}

func alertKey(a fleet.Alert) string   { return a.Fingerprint }
func recordKey(r fleet.Record) string { return r.ID }
func pauseKey(p fleet.Pause) string   { return p.ID }
func feedKey(f fleet.Feed) string     { return f.Name }

// columns returns the keys, the data and the checksums of a table's new rows. Of several
// values with one key it takes the last, since a statement cannot change a row twice, and
// it leaves out what is dropped in the same change.
func columns[T any](table string, values []T, key func(T) string, dropped []string) ([]any, error) {
	var keys, data, checksums []string
	row := map[string]int{}
	for _, k := range dropped {
		row[k] = -1
	}
	for _, v := range values {
		k := key(v)
		encoded, checksum, err := encode(table, k, v)
		if err != nil {
			return nil, err
		}
		i, known := row[k]
		switch {
		case !known:
			row[k] = len(keys)
			keys, data, checksums = append(keys, text(k)), append(data, encoded), append(checksums, checksum)
		case i >= 0:
			data[i], checksums[i] = encoded, checksum
		}
	}
	return []any{keys, data, checksums}, nil
}

// fleetColumns returns the data and the checksum of the record of the fleet. They are
// null if there is no change.
func fleetColumns(f *fleet.FleetRecord) ([]any, error) {
	if f == nil {
		return []any{nil, nil}, nil
	}
	data, checksum, err := encode("fleet", "", f)
	return []any{data, checksum}, err
}

// journalColumns returns the columns of journal entries, except for their numbers, which
// the statement gives them.
func journalColumns(entries []fleet.Entry) ([]any, error) {
	n := len(entries)
	at, server, id := make([]time.Time, n), make([]string, n), make([]string, n)
	data, checksums := make([]string, n), make([]string, n)
	for i, e := range entries {
		e.Seq = 0
		var err error
		if data[i], checksums[i], err = encode("journal", "", e); err != nil {
			return nil, err
		}
		at[i], server[i], id[i] = e.At, text(e.Step.Server), text(e.Step.ServerID)
	}
	return []any{at, server, id, data, checksums}, nil
}

// encode returns v as JSON with the checksum of a row.
func encode(table, key string, v any) (data, checksum string, err error) {
	encoded, err := json.Marshal(v)
	if err != nil {
		return "", "", fmt.Errorf("encoding a row of %s: %w", table, err)
	}
	return string(encoded), checksumOf(table, key, string(encoded)), nil
}

// checksumOf returns the checksum of a row.
func checksumOf(table, key, data string) string {
	return string(seal.Checksum([]byte(table+" "+key), []byte(data)))
}

// text returns s as PostgreSQL can store it, and different texts for different ones: a
// column cannot hold a NUL, which an alert's fingerprint can contain.
func text(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), `\`, `\\`)
	return strings.ReplaceAll(s, "\x00", `\0`)
}

// texts does the same as text for several.
func texts(all []string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = text(s)
	}
	return out
}
