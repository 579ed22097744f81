// Package store keeps what must survive a restart: Bolt in one file, and Memory for
// simulations and tests. One conformance test holds both to the contract of
// fleet.Store.
package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"go.etcd.io/bbolt"
)

var (
	bucketAlerts  = []byte("alerts")
	bucketRecords = []byte("records")
	bucketPauses  = []byte("pauses")
	bucketFleet   = []byte("fleet")
	bucketJournal = []byte("journal")
	keyFleet      = []byte("fleet")
)

// Bolt is a Store in one bbolt file.
type Bolt struct {
	db *bbolt.DB
	// broken is set once the file failed under bbolt, whose locks may then be
	// held for ever.
	broken atomic.Bool
}

// guarded runs a transaction. bbolt reads the file as memory, where what is cut
// off or cannot be read is a fault: it ends in an error here, not the process.
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

var errBroken = errors.New("the store's file was damaged while it was in use; restart the daemon to begin a new one")

// buckets are the names of the buckets, and whether their entries are numbered.
var buckets = map[string]bool{"alerts": false, "records": false, "pauses": false, "fleet": false, "journal": true}

// Commit writes c in one transaction.
func (s *Bolt) Commit(c fleet.Commit) error {
	if c.Empty() {
		return nil
	}
	return s.guarded(func() error { return s.db.Update(func(tx *bbolt.Tx) error { return write(tx, c) }) })
}

func write(tx *bbolt.Tx, c fleet.Commit) error {
	return errors.Join(
		putAll(tx.Bucket(bucketAlerts), c.Alerts, func(a fleet.Alert) string { return a.Fingerprint }),
		dropAll(tx.Bucket(bucketAlerts), c.DropAlerts),
		putAll(tx.Bucket(bucketRecords), c.Records, func(r fleet.Record) string { return r.ID }),
		putAll(tx.Bucket(bucketPauses), c.Pauses, func(p fleet.Pause) string { return p.ID }),
		dropAll(tx.Bucket(bucketPauses), c.DropPauses),
		putFleet(tx.Bucket(bucketFleet), c.Fleet),
		appendAll(tx.Bucket(bucketJournal), c.Entries),
	)
}

func putAll[T any](b *bbolt.Bucket, values []T, key func(T) string) error {
	for _, v := range values {
		if err := putJSON(b, []byte(key(v)), v); err != nil {
			return err
		}
	}
	return nil
}

func putJSON(b *bbolt.Bucket, key []byte, v any) error {
	data, err := seal(key, v)
	if err != nil {
		return err
	}
	return b.Put(key, data)
}

func dropAll(b *bbolt.Bucket, keys []string) error {
	for _, k := range keys {
		if err := b.Delete([]byte(k)); err != nil {
			return err
		}
	}
	return nil
}

func putFleet(b *bbolt.Bucket, f *fleet.FleetRecord) error {
	if f == nil {
		return nil
	}
	return putJSON(b, keyFleet, f)
}

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

func seqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// Load reads everything but the journal.
func (s *Bolt) Load() (fleet.Memory, error) {
	m := fleet.NewMemory()
	read := func(tx *bbolt.Tx) error {
		return errors.Join(
			readAll(tx.Bucket(bucketAlerts), m.Alerts),
			readAll(tx.Bucket(bucketRecords), m.Records),
			readAll(tx.Bucket(bucketPauses), m.Pauses),
			readFleet(tx.Bucket(bucketFleet), &m.Fleet),
		)
	}
	err := s.guarded(func() error { return s.db.View(read) })
	return m, err
}

func readAll[T any](b *bbolt.Bucket, into map[string]T) error {
	return b.ForEach(func(k, data []byte) error {
		var v T
		if err := decode(k, data, &v); err != nil {
			return err
		}
		into[string(k)] = v
		return nil
	})
}

func readFleet(b *bbolt.Bucket, f *fleet.FleetRecord) error {
	data := b.Get(keyFleet)
	if data == nil {
		return nil
	}
	return decode(keyFleet, data, f)
}

// Journal reads the newest entries first.
func (s *Bolt) Journal(limit int, server string) ([]fleet.Entry, error) {
	var out []fleet.Entry
	read := func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketJournal).Cursor()
		for k, data := c.Last(); k != nil && len(out) < limit; k, data = c.Prev() {
			var e fleet.Entry
			if err := decode(k, data, &e); err != nil {
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

// Close releases the file.
func (s *Bolt) Close() error { return s.db.Close() }
