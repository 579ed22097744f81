package fleet

import (
	"errors"
	"fmt"
	"path"
	"time"
)

// Pause stops the scaler from acting, for a while, on what it matches.
type Pause struct {
	ID          string    `json:"id"`
	Server      string    `json:"server,omitempty"` // id or id or name pattern (path.Match); empty: the whole fleet
	ScaleInOnly bool      `json:"scale_in_only,omitempty"`
	Reason      string    `json:"reason"`
	By          string    `json:"by,omitempty"`
	From        time.Time `json:"from"`
	Until       time.Time `json:"until"`
}

// ErrInvalid: what was asked for makes no sense; the message says what would.
var ErrInvalid = errors.New("invalid")

// Validate returns an error that matches ErrInvalid when the pause has no reason,
// ends in the past, or has no valid pattern.
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

// Covers reports whether the pause is in force for a server.
func (p Pause) Covers(s CloudServer, now time.Time) bool {
	return !now.Before(p.From) && now.Before(p.Until) && p.Matches(s)
}

// Matches reports whether the pause is of the server, whenever it is in force.
func (p Pause) Matches(s CloudServer) bool {
	matched, err := path.Match(p.Server, s.Name)
	return p.Server == "" || p.Server == s.ID || (err == nil && matched)
}
