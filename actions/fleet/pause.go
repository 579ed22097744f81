package fleet

import (
	"errors"
	"fmt"
	"path"
	"time"
)

// Pause stops all steps, or with ScaleInOnly those that remove capacity, for the
// servers that it matches. It is in force as soon as it is stored, until Until.
type Pause struct {
	ID          string `json:"id"`
	Server      string `json:"server,omitempty"` // id, name, or path.Match pattern of names; empty: the whole fleet
	ScaleInOnly bool   `json:"scale_in_only,omitempty"`
	Reason      string `json:"reason"`
	By          string `json:"by,omitempty"`
	// From is when the pause was set, to be shown and to sort by. It does not delay the
	// pause: by the clock of another daemon, it may lie in the future.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// ErrInvalid is returned for invalid input. The message says what is allowed.
var ErrInvalid = errors.New("invalid")

// Validate returns an error that matches ErrInvalid if the pause has no reason, does
// not end after now, or has an invalid pattern.
func (p Pause) Validate(now time.Time) error {
	switch _, err := path.Match(p.Server, ""); {
	case p.Reason == "":
		return fmt.Errorf("%w pause: a reason is required", ErrInvalid)
	case !p.Until.After(now):
		return fmt.Errorf("%w pause: it must end in the future, not at %s", ErrInvalid, p.Until)
	case err != nil:
		return fmt.Errorf("%w pause: server pattern %q: %v", ErrInvalid, p.Server, err)
	}
	return nil
}

// Covers reports whether the pause is in force for the server at now.
func (p Pause) Covers(s CloudServer, now time.Time) bool {
	return now.Before(p.Until) && p.Matches(s)
}

// Matches reports whether the pause is for the server, at any time.
func (p Pause) Matches(s CloudServer) bool {
	matched, err := path.Match(p.Server, s.Name)
	return p.Server == "" || p.Server == s.ID || (err == nil && matched)
}
