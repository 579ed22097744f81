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

// ErrCorrupt is returned by Open together with a new store if the file is damaged or
// not a store. The message says under which name the file was kept.
var ErrCorrupt = errors.New("the store is damaged")

// ErrInUse is returned by Open if another process has locked the file.
var ErrInUse = errors.New("another bbb-scaler uses this store")

// errDamaged is the error of a file whose content is not a valid store.
var errDamaged = errors.New("damaged")

// lockWait is how long Open waits for another process to unlock the file.
const lockWait = 2 * time.Second

// Open opens the store in the file at path, or creates it. A damaged file is renamed
// and replaced by an empty store, which is returned together with an error that
// matches ErrCorrupt. With any other error, such as a file that another process has
// locked, no store is returned.
func Open(path string) (*Bolt, error) {
	s, err := openBolt(path)
	if !errors.Is(err, errDamaged) {
		return s, err // such as a full disk, which is no reason to replace the file
	}
	aside, moved := SetAside(path, "damaged")
	if moved != nil {
		return nil, errors.Join(err, moved)
	}
	s, again := openBolt(path)
	if again != nil {
		return nil, again
	}
	return s, fmt.Errorf("%w: %v; kept as %s, starting with an empty one", ErrCorrupt, err, aside)
}

// OpenExisting opens the store in the file at path, which must exist. A damaged file is
// left as it is.
func OpenExisting(path string) (*Bolt, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	return openBolt(path)
}

// SetAside renames the file at path to an unused name, which it returns: the path with
// the reason and the time.
func SetAside(path, reason string) (aside string, err error) {
	name := fmt.Sprintf("%s.%s-%s", path, reason, time.Now().UTC().Format("20060102T150405"))
	aside = name
	for i := 2; ; i++ {
		if _, err := os.Lstat(aside); errors.Is(err, os.ErrNotExist) {
			return aside, os.Rename(path, aside)
		}
		aside = fmt.Sprintf("%s-%d", name, i)
	}
}

// openBolt opens the file at path after it has verified the content. bbolt does not
// check the file that it maps into memory: a page number beyond its end, or a cycle of
// pages, would end the process with a fault that cannot be recovered.
func openBolt(path string) (s *Bolt, err error) {
	defer func() {
		if err != nil {
			s, err = nil, fmt.Errorf("opening store %s: %w", path, err)
		}
	}()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, OpenFile: openVerified})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, ErrInUse
	}
	if err != nil {
		return nil, err
	}
	s = &Bolt{db: db}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// openVerified opens a file for bbolt, locks it, and verifies its content. It locks
// first, because a file that another process is writing may look damaged.
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

// lock takes the same lock as bbolt does, and waits at most lockWait for it.
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

// prepare creates missing buckets, and reads everything once to find values that
// cannot be decoded.
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
	if _, err = s.load(); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return nil
}
