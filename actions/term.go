package actions

import "time"

// untilEnd returns how long a write may take: limit, but not beyond Deps.Until. It is
// not positive if that is over.
func (s *Scaler) untilEnd(limit time.Duration) time.Duration {
	if s.deps.Until == nil {
		return limit
	}
	return min(limit, s.deps.Until().Sub(s.deps.Now()))
}

// ended reports whether the right to change the fleet has ended. A process that was
// stopped for a while and goes on asks this before any of its timers have fired.
func (s *Scaler) ended(now time.Time) bool {
	return s.deps.Until != nil && !now.Before(s.deps.Until())
}
