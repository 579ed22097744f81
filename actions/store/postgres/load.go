package postgres

import (
	"context"
	_ "embed" // load.sql, journal.sql
	"encoding/json"
	"fmt"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/jackc/pgx/v5"
)

//go:embed load.sql
var loadSQL string

//go:embed journal.sql
var journalOfServerSQL string

const journalSQL = `select seq, data::text, checksum from bbb_scaler.journal where fleet = $1 order by seq desc limit $2`

// Load implements fleet.Store. If a row is damaged, the error names it.
func (l leased) Load(ctx context.Context) (fleet.Memory, error) {
	m := fleet.NewMemory()
	result, err := l.pool.Query(ctx, loadSQL, l.identity.Name)
	if err == nil {
		var table, key, data, checksum string
		_, err = pgx.ForEachRow(result, []any{&table, &key, &data, &checksum}, func() error {
			return l.decode(&m, table, key, data, checksum)
		})
	}
	if err != nil {
		return fleet.NewMemory(), l.explain("reading", err)
	}
	return m, nil
}

// decode adds a row to m.
func (l leased) decode(m *fleet.Memory, table, key, data, checksum string) error {
	switch table {
	case "alerts":
		return add(l, m.Alerts, table, key, data, checksum, alertKey)
	case "records":
		return add(l, m.Records, table, key, data, checksum, recordKey)
	case "pauses":
		return add(l, m.Pauses, table, key, data, checksum, pauseKey)
	case "load":
		return add(l, m.Load, table, key, data, checksum, fleet.LoadDay.Key)
	case "feeds":
		return add(l, m.Feeds, table, key, data, checksum, feedKey)
	}
	return l.check(table, key, "", data, checksum, &m.Fleet)
}

// add adds a row to a map.
func add[T any](l leased, into map[string]T, table, key, data, checksum string, keyOf func(T) string) error {
	var v T
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		return l.damaged(table, key, err.Error())
	}
	if text(keyOf(v)) != key {
		return l.damaged(table, key, "its data is of another row")
	}
	into[keyOf(v)] = v
	return l.check(table, key, keyOf(v), data, checksum, &v)
}

// check decodes a row after it has compared the checksum. key is that of the column,
// and sealed that in the checksum.
func (l leased) check(table, key, sealed, data, checksum string, into any) error {
	if checksum != checksumOf(table, sealed, data) {
		return l.damaged(table, key, "its checksum differs")
	}
	if err := json.Unmarshal([]byte(data), into); err != nil {
		return l.damaged(table, key, err.Error())
	}
	return nil
}

// Journal implements fleet.Store. If an entry is damaged, the error names it.
func (l leased) Journal(ctx context.Context, limit int, server string) ([]fleet.Entry, error) {
	query, args := journalSQL, []any{l.identity.Name, limit}
	if server != "" {
		query, args = journalOfServerSQL, []any{l.identity.Name, text(server), limit}
	}
	result, err := l.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, l.explain("reading", err)
	}
	var out []fleet.Entry
	var seq uint64
	var data, checksum string
	_, err = pgx.ForEachRow(result, []any{&seq, &data, &checksum}, func() error {
		var e fleet.Entry
		err := l.check("journal", fmt.Sprint(seq), "", data, checksum, &e)
		e.Seq = seq
		out = append(out, e)
		return err
	})
	if err != nil {
		return nil, l.explain("reading", err)
	}
	return out, nil
}
