package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store/internal/seal"
	"go.etcd.io/bbolt"
)

var (
	bucketAlerts  = []byte("alerts")
	bucketRecords = []byte("records")
	bucketPauses  = []byte("pauses")
	bucketFleet   = []byte("fleet")
	bucketJournal = []byte("journal")
	bucketLoad    = []byte("load")
	bucketFeeds   = []byte("feeds")
	keyFleet      = []byte("fleet")
)

// Bolt is a Store in one bbolt file.
type Bolt struct {
	db *bbolt.DB
	// broken is set when reading the file has failed within bbolt. Its locks may then
	// never be released, so no further transaction is begun.
	broken atomic.Bool
}

// guarded runs a transaction. bbolt maps the file into memory, so that reading a
// missing or unreadable part is a memory fault. guarded turns the fault into an error;
// otherwise it would end the process.
func (s *Bolt) guarded(transaction func() error) (err error) {
	if s.broken.Load() {
		return errBroken
	}
	before := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(before)
	defer func() {
		if p := recover(); p != nil {
			s.broken.Store(true)
			err = fmt.Errorf("%w: %v", errBroken, p)
		}
	}()
	return transaction()
}

// errBroken is the error of all transactions after a memory fault.
var errBroken = errors.New("the store's file was damaged while it was in use; restart the daemon to begin a new one")

// buckets maps the names of the buckets to whether their entries are numbered.
var buckets = map[string]bool{"alerts": false, "records": false, "pauses": false, "fleet": false, "journal": true, "load": false, "feeds": false}

// Commit implements fleet.Store. It writes c in one transaction, and ignores the
// context.
func (s *Bolt) Commit(_ context.Context, c fleet.Commit) error {
	if c.Empty() {
		return nil
	}
	return s.guarded(func() error { return s.db.Update(func(tx *bbolt.Tx) error { return write(tx, c) }) })
}

// write writes c to the buckets of a transaction.
func write(tx *bbolt.Tx, c fleet.Commit) error {
	return errors.Join(
		putAll(tx.Bucket(bucketAlerts), c.Alerts, func(a fleet.Alert) string { return a.Fingerprint }),
		dropAll(tx.Bucket(bucketAlerts), c.DropAlerts),
		putAll(tx.Bucket(bucketRecords), c.Records, func(r fleet.Record) string { return r.ID }),
		putAll(tx.Bucket(bucketPauses), c.Pauses, func(p fleet.Pause) string { return p.ID }),
		dropAll(tx.Bucket(bucketPauses), c.DropPauses),
		putFleet(tx.Bucket(bucketFleet), c.Fleet),
		appendAll(tx.Bucket(bucketJournal), c.Entries),
		putAll(tx.Bucket(bucketLoad), c.Load, fleet.LoadDay.Key),
		dropAll(tx.Bucket(bucketLoad), c.DropLoad),
		putAll(tx.Bucket(bucketFeeds), c.Feeds, func(f fleet.Feed) string { return f.Name }),
		dropAll(tx.Bucket(bucketFeeds), c.DropFeeds),
	)
}

// putAll stores values, each under its key.
func putAll[T any](b *bbolt.Bucket, values []T, key func(T) string) error {
	for _, v := range values {
		if err := putJSON(b, []byte(key(v)), v); err != nil {
			return err
		}
	}
	return nil
}

// putJSON stores v as sealed JSON.
func putJSON(b *bbolt.Bucket, key []byte, v any) error {
	data, err := seal.Seal(key, v)
	if err != nil {
		return err
	}
	return b.Put(key, data)
}

// dropAll deletes keys.
func dropAll(b *bbolt.Bucket, keys []string) error {
	for _, k := range keys {
		if err := b.Delete([]byte(k)); err != nil {
			return err
		}
	}
	return nil
}

// putFleet stores the record of the fleet, if it is not nil.
func putFleet(b *bbolt.Bucket, f *fleet.FleetRecord) error {
	if f == nil {
		return nil
	}
	return putJSON(b, keyFleet, f)
}

// appendAll appends entries to the journal, and deletes the oldest ones beyond
// JournalKept.
func appendAll(b *bbolt.Bucket, entries []fleet.Entry) error {
	for _, e := range entries {
		seq, err := b.NextSequence()
		if err != nil {
			return err
		}
		e.Seq = seq
		if err := putJSON(b, seqKey(seq), e); err != nil {
			return err
		}
		if seq > JournalKept {
			if err := b.Delete(seqKey(seq - JournalKept)); err != nil {
				return err
			}
		}
	}
	return nil
}

// seqKey returns the key of a journal entry, which sorts by its number.
func seqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// Load implements fleet.Store. It reads everything except for the journal.
func (s *Bolt) Load(context.Context) (fleet.Memory, error) { return s.load() }

// load does the same as Load.
func (s *Bolt) load() (fleet.Memory, error) {
	m := fleet.NewMemory()
	read := func(tx *bbolt.Tx) error {
		return errors.Join(
			readAll(tx.Bucket(bucketAlerts), m.Alerts),
			readAll(tx.Bucket(bucketRecords), m.Records),
			readAll(tx.Bucket(bucketPauses), m.Pauses),
			readFleet(tx.Bucket(bucketFleet), &m.Fleet),
			readAll(tx.Bucket(bucketLoad), m.Load),
			readAll(tx.Bucket(bucketFeeds), m.Feeds),
		)
	}
	err := s.guarded(func() error { return s.db.View(read) })
	return m, err
}

// readAll reads all values of a bucket into a map, by key.
func readAll[T any](b *bbolt.Bucket, into map[string]T) error {
	return b.ForEach(func(k, data []byte) error {
		var v T
		if err := seal.Decode(k, data, &v); err != nil {
			return err
		}
		into[string(k)] = v
		return nil
	})
}

// readFleet reads the record of the fleet; f is unchanged if there is none.
func readFleet(b *bbolt.Bucket, f *fleet.FleetRecord) error {
	data := b.Get(keyFleet)
	if data == nil {
		return nil
	}
	return seal.Decode(keyFleet, data, f)
}

// Journal implements fleet.Store. It returns up to limit entries, newest first.
func (s *Bolt) Journal(_ context.Context, limit int, server string) ([]fleet.Entry, error) {
	var out []fleet.Entry
	read := func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketJournal).Cursor()
		for k, data := c.Last(); k != nil && len(out) < limit; k, data = c.Prev() {
			var e fleet.Entry
			if err := seal.Decode(k, data, &e); err != nil {
				return err
			}
			if e.About(server) {
				out = append(out, e)
			}
		}
		return nil
	}
	err := s.guarded(func() error { return s.db.View(read) })
	return out, err
}

// Close implements fleet.Store. It closes the file.
func (s *Bolt) Close() error { return s.db.Close() }
