package daemon

import (
	"errors"
	"fmt"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// read calls, and once more if the credentials are refused and their files hold
// others by now.
func read[T any](l *links, call func(*clients) (T, error)) (T, error) {
	c := l.now.Load()
	v, err := call(c)
	if !refused(err) || !l.renew(c) {
		return v, err
	}
	return call(l.now.Load())
}

// write calls once: what makes a write safe was checked right before, and holds
// for one attempt. If the credentials are refused and their files hold others by
// now, the error is fleet.ErrBusy: nothing was changed, and the next cycle
// decides anew.
func write[T any](l *links, call func(*clients) (T, error)) (T, error) {
	c := l.now.Load()
	v, err := call(c)
	if refused(err) && l.renew(c) {
		err = fmt.Errorf("%w: the credentials have been replaced meanwhile and were read again (%v)", fleet.ErrBusy, err)
	}
	return v, err
}

func refused(err error) bool {
	return errors.Is(err, fleet.ErrAuth) || errors.Is(err, outbound.ErrLogin)
}

// renew reads the secrets that are in files again, after they were refused to
// the clients that were used, and reports whether there are other clients now.
func (l *links) renew(used *clients) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now.Load() != used {
		return true // another call, or a reload, was quicker
	}
	f := l.file
	changed, err := f.RereadSecrets()
	if err != nil {
		l.options.Logger().Warn("credentials were refused, and a file with one cannot be read", "error", err)
	}
	if !changed {
		return false
	}
	if err := l.replaceLocked(f); err != nil {
		l.options.Logger().Error("credentials were refused, and connecting with those now in the files failed", "error", err)
		return false
	}
	l.options.Logger().Info("credentials were refused; their files hold others, which are used from now on")
	return true
}
