package store

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// ErrCorrupt: the file is no store, or is damaged. Open has then put it aside
// under the name that its message gives, and opened a new one.
var ErrCorrupt = errors.New("the store is damaged")

// errDamaged says of a file, before bbolt has it, that it is no sound store.
var errDamaged = errors.New("damaged")

// lockWait is how long Open waits for another process to let go of the file.
const lockWait = 2 * time.Second

// Open opens or creates the file at path. A damaged file is kept aside
// and replaced by an empty one; the store is then returned together with an
// error that matches ErrCorrupt. A file locked by another process is an error.
func Open(path string) (*Bolt, error) {
	s, err := openBolt(path)
	if !errors.Is(err, errDamaged) {
		return s, err // a full disk or a directory says nothing of damage
	}
	aside, moved := setAside(path)
	if moved != nil {
		return nil, errors.Join(err, moved)
	}
	s, again := openBolt(path)
	if again != nil {
		return nil, again
	}
	return s, fmt.Errorf("%w: %v; kept as %s, starting with an empty one", ErrCorrupt, err, aside)
}

// setAside renames the file at path to a name that no file has yet.
func setAside(path string) (aside string, err error) {
	name := fmt.Sprintf("%s.damaged-%s", path, time.Now().UTC().Format("20060102T150405"))
	aside = name
	for i := 2; ; i++ {
		if _, err := os.Lstat(aside); errors.Is(err, os.ErrNotExist) {
			return aside, os.Rename(path, aside)
		}
		aside = fmt.Sprintf("%s-%d", name, i)
	}
}

// openBolt opens path once its content is verified. bbolt maps the file into
// memory and trusts it: a page number beyond its end, or a cycle of pages, would
// end the process in a way that nothing can recover from.
func openBolt(path string) (s *Bolt, err error) {
	defer func() {
		if err != nil {
			s, err = nil, fmt.Errorf("opening store %s: %w", path, err)
		}
	}()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, OpenFile: openVerified})
	if err != nil {
		return nil, err
	}
	s = &Bolt{db: db}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// openVerified opens a file for bbolt, locks it, and verifies its content: while
// another process writes, what is read is no evidence of damage.
func openVerified(path string, flag int, mode os.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, flag, mode)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := verify(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// lock takes the lock that bbolt takes too, on the same open file.
func lock(f *os.File) error {
	for begun := time.Now(); ; time.Sleep(lockWait / 40) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		if time.Since(begun) > lockWait {
			return bolterrors.ErrTimeout
		}
	}
}

// prepare makes the buckets that are missing, and reads everything once.
func (s *Bolt) prepare() error {
	err := s.db.Update(func(tx *bbolt.Tx) error {
		for name := range buckets {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if _, err = s.Load(); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return nil
}
