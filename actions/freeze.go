package actions

import (
	"fmt"
	"reflect"
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
	if !w.whole {
		return nil
	}
	fewer := float64(f.Known-n) > cfg.ScaleIn.MaxVanished*float64(f.Known)
	switch {
	case fewer && f.FewerSince.IsZero():
		f.FewerSince = now
	case !fewer, now.Sub(f.FewerSince) >= vanishedTrust:
		f.Known, f.FewerSince, fewer = n, time.Time{}, false
	}
	if !reflect.DeepEqual(f, s.memory.Fleet) {
		c.Fleet = &f
	}
	if !fewer {
		return nil
	}
	return []string{fmt.Sprintf("frozen: the cloud lists %d servers, %d before; believed at %s if it stays so",
		n, f.Known, clock(f.FewerSince.Add(vanishedTrust)))}
}
