package fleet

import (
	"fmt"
	"slices"
	"time"
)

// VanishedTrust is how long the cloud must list fewer servers than before until the
// lower number is accepted.
const VanishedTrust = time.Hour

// NoteListed records that the cloud lists n servers in the datacenters of. Known is
// set to a higher number immediately, and to a lower one after VanishedTrust, which
// starts again whenever still more servers are missing. If the datacenters have
// changed, the number is accepted immediately.
func (f *FleetRecord) NoteListed(n int, of []string, now time.Time) {
	same := slices.Equal(f.Of, of)
	switch {
	case !same, n >= f.Known, n >= f.Listed && !f.FewerSince.IsZero() && now.Sub(f.FewerSince) >= VanishedTrust:
		f.Known, f.Of, f.FewerSince = n, of, time.Time{}
	case f.FewerSince.IsZero(), n < f.Listed:
		f.FewerSince = now
	}
	f.Listed = n
}

// Frozen returns a hold if more than the share maxVanished of the known servers are
// missing from the cloud's list, which has n servers. Nothing may be changed then.
func (f FleetRecord) Frozen(n int, maxVanished float64) []Hold {
	if float64(f.Known-n) <= maxVanished*float64(f.Known) {
		return nil
	}
	return []Hold{{HoldShortList, fmt.Sprintf("frozen: the cloud lists %d servers, %d before; accepted at %s unless the number rises again",
		n, f.Known, Clock(f.FewerSince.Add(VanishedTrust)))}}
}
