package fleet

import (
	"fmt"
	"slices"
	"time"
)

// VanishedTrust is how long a list that is far shorter than before must stay
// so until it is believed.
const VanishedTrust = time.Hour

// NoteListed takes over how many servers the cloud lists: more at once, fewer only
// once it has stayed so for vanishedTrust, counted anew whenever still more are
// missing, or when the datacenters are others.
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

// Frozen says why nothing may be done while n servers are listed: more than the
// share maxVanished of the known ones are missing.
func (f FleetRecord) Frozen(n int, maxVanished float64) []Hold {
	if float64(f.Known-n) <= maxVanished*float64(f.Known) {
		return nil
	}
	return []Hold{{Kind: HoldShortList, Text: fmt.Sprintf("frozen: the cloud lists %d servers, %d before; believed at %s if it stays so",
		n, f.Known, Clock(f.FewerSince.Add(VanishedTrust)))}}
}
