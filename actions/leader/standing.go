package leader

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Standing is what a daemon knows about who leads.
type Standing struct {
	// Leads reports whether this daemon leads.
	Leads bool
	// Newest is the newest known lease: that of this daemon while it leads. Its Holder is
	// empty if it was released.
	Newest fleet.Lease
	// ReadAt is when the store was last asked successfully, by the local clock.
	ReadAt time.Time
	// Failing is the error of the store since ReadAt; nil: none.
	Failing error
	// Refusal is why this daemon does not take over; nil: it would.
	Refusal error
}

// Other returns the lease of another daemon that leads as far as is known at now. It is
// not known after the end of the lease, by the local clock.
func (s Standing) Other(now time.Time) (fleet.Lease, bool) {
	held := s.Newest.Holder != "" && now.Sub(s.ReadAt) < s.Newest.Left()
	return s.Newest, !s.Leads && held
}
