package daemon

import (
	"errors"
	"fmt"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// read makes a call. If the credentials are refused and their files contain others
// by now, it repeats the call once with these.
func read[T any](l *links, call func(*clients) (T, error)) (T, error) {
	c := l.now.Load()
	v, err := call(c)
	if !refused(err) || !l.renew(c) {
		return v, err
	}
	return call(l.now.Load())
}

// write makes a call once, because the checks immediately before a write are valid
// for one attempt only. If the credentials are refused and their files contain
// others by now, the error is fleet.ErrBusy: nothing was changed, and the next
// cycle plans again.
func write[T any](l *links, call func(*clients) (T, error)) (T, error) {
	c := l.now.Load()
	v, err := call(c)
	if refused(err) && l.renew(c) {
		err = fmt.Errorf("%w: the credentials were refused and read again from their files (%v)", fleet.ErrBusy, err)
	}
	return v, err
}

func refused(err error) bool {
	return errors.Is(err, fleet.ErrAuth) || errors.Is(err, outbound.ErrLogin)
}

// renew reads the secrets in files again, after used got its credentials refused.
// It reports whether there are other clients now.
func (l *links) renew(used *clients) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now.Load() != used {
		return true // another call, or a reload, was quicker
	}
	f := l.file
	changed, err := f.RereadSecrets()
	if err != nil {
		l.options.Logger().Warn("credentials were refused, and a file with credentials cannot be read", "error", err)
	}
	if !changed {
		return false
	}
	if err := l.replaceLocked(f); err != nil {
		l.options.Logger().Error("credentials were refused, and the new ones in the files cannot be used", "error", err)
		return false
	}
	l.options.Logger().Info("credentials were refused; their files contain new ones, which are used from now on")
	return true
}
