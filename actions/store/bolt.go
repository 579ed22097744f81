// Package store keeps what must survive a restart: Bolt in one file, and Memory for
// simulations and tests. One conformance test holds both to the contract of
// fleet.Store.
package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
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
type Bolt struct{ db *bbolt.DB }

// ErrCorrupt: the file is no store, or is damaged. OpenStore has then put it
// aside under the name that its message gives, and opened a new one.
var ErrCorrupt = errors.New("the store is damaged")

// Open opens or creates the file at path. A damaged file is kept aside
// and replaced by an empty one; the store is then returned together with an
// error that matches ErrCorrupt. A file locked by another process is an error.
func Open(path string) (*Bolt, error) {
	s, err := openBolt(path)
	if _, system := errors.AsType[syscall.Errno](err); err == nil || system || errors.Is(err, bolterrors.ErrTimeout) {
		return s, err // a full disk or a directory says nothing of damage
	}
	aside := fmt.Sprintf("%s.damaged-%s", path, time.Now().UTC().Format("20060102T150405"))
	if moved := os.Rename(path, aside); moved != nil {
		return nil, errors.Join(err, moved)
	}
	s, again := openBolt(path)
	if again != nil {
		return nil, again
	}
	return s, fmt.Errorf("%w: %v; kept as %s, starting with an empty one", ErrCorrupt, err, aside)
}

// openBolt opens path and reads all of it once, since bbolt itself notices
// damage only where it looks.
func openBolt(path string) (s *Bolt, err error) {
	defer func() {
		if p := recover(); p != nil { // bbolt panics on damaged pages
			s, err = nil, fmt.Errorf("opening store %s: %v", path, p)
		}
	}()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: 2 * time.Second})
	if err != nil {
		return nil, fmt.Errorf("opening store %s: %w", path, err)
	}
	s = &Bolt{db}
	if err := s.check(); err != nil {
		return nil, errors.Join(fmt.Errorf("opening store %s: %w", path, err), db.Close())
	}
	return s, nil
}

func (s *Bolt) check() error {
	err := s.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketAlerts, bucketRecords, bucketPauses, bucketFleet, bucketJournal} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		for err := range tx.Check() {
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = s.Load()
	return err
}

// Commit writes c in one transaction.
func (s *Bolt) Commit(c fleet.Commit) error {
	if c.Empty() {
		return nil
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		return errors.Join(
			putAll(tx.Bucket(bucketAlerts), c.Alerts, func(a fleet.Alert) string { return a.Fingerprint }),
			dropAll(tx.Bucket(bucketAlerts), c.DropAlerts),
			putAll(tx.Bucket(bucketRecords), c.Records, func(r fleet.Record) string { return r.ID }),
			putAll(tx.Bucket(bucketPauses), c.Pauses, func(p fleet.Pause) string { return p.ID }),
			dropAll(tx.Bucket(bucketPauses), c.DropPauses),
			putFleet(tx.Bucket(bucketFleet), c.Fleet),
			appendAll(tx.Bucket(bucketJournal), c.Entries),
		)
	})
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
	data, err := json.Marshal(v)
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
	err := s.db.View(func(tx *bbolt.Tx) error {
		return errors.Join(
			readAll(tx.Bucket(bucketAlerts), m.Alerts),
			readAll(tx.Bucket(bucketRecords), m.Records),
			readAll(tx.Bucket(bucketPauses), m.Pauses),
			readFleet(tx.Bucket(bucketFleet), &m.Fleet),
		)
	})
	return m, err
}

func readAll[T any](b *bbolt.Bucket, into map[string]T) error {
	return b.ForEach(func(k, data []byte) error {
		var v T
		if err := json.Unmarshal(data, &v); err != nil {
			return fmt.Errorf("entry %q: %w", k, err)
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
	return json.Unmarshal(data, f)
}

// Journal reads the newest entries first.
func (s *Bolt) Journal(limit int, server string) ([]fleet.Entry, error) {
	var out []fleet.Entry
	err := s.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketJournal).Cursor()
		for k, data := c.Last(); k != nil && len(out) < limit; k, data = c.Prev() {
			var e fleet.Entry
			if err := json.Unmarshal(data, &e); err != nil {
				return fmt.Errorf("journal entry %x: %w", k, err)
			}
			if e.About(server) {
				out = append(out, e)
			}
		}
		return nil
	})
	return out, err
}

// Close releases the file.
func (s *Bolt) Close() error { return s.db.Close() }
