package actions

import (
	"fmt"
	"reflect"
	"slices"
	"time"
)

// vanishedTrust is how long a list that is far shorter than before must stay
// so until it is believed.
const vanishedTrust = time.Hour

// freeze says that nothing may be done while the cloud suddenly lists far
// fewer servers than before: a wrong answer is likelier than a smaller fleet.
func (s *Scaler) freeze(cfg Config, w seen, now time.Time, c *Commit) []string {
	n := w.listed
	f := s.memory.Fleet
	if c.Fleet != nil {
		f = *c.Fleet
	}
	if w.unread {
		return nil
	}
	f.list(n, cfg.Datacenters, now)
	if !reflect.DeepEqual(f, s.memory.Fleet) {
		c.Fleet = &f
	}
	if float64(f.Known-n) <= cfg.ScaleIn.MaxVanished*float64(f.Known) {
		return nil
	}
	return []string{fmt.Sprintf("frozen: the cloud lists %d servers, %d before; believed at %s if it stays so",
		n, f.Known, clock(f.FewerSince.Add(vanishedTrust)))}
}

// list takes over how many servers the cloud lists: more at once, fewer only
// once it has stayed so for long, counted anew whenever still more are missing,
// or when the datacenters are others.
func (f *FleetRecord) list(n int, of []string, now time.Time) {
	same := slices.Equal(f.Of, of)
	switch {
	case !same, n >= f.Known, n >= f.Listed && !f.FewerSince.IsZero() && now.Sub(f.FewerSince) >= vanishedTrust:
		f.Known, f.Of, f.FewerSince = n, of, time.Time{}
	case f.FewerSince.IsZero(), n < f.Listed:
		f.FewerSince = now
	}
	f.Listed = n
}
