package outbound

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// Backoff is a wait between attempts that doubles from Base up to Max.
type Backoff struct{ Base, Max time.Duration }

// After returns the wait after a number of failed attempts, at least 1: between
// half of it and the whole, at random, so that callers do not come in step.
func (b Backoff) After(failed int) time.Duration {
	wait := b.Base
	for range failed - 1 {
		if wait *= 2; wait >= b.Max {
			break
		}
	}
	return Jitter(min(wait, b.Max))
}

// Jitter returns a random duration from half of d to d.
func Jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d/2+1)
}

// Sleep waits for d, and reports whether it could: not when ctx is done, or
// would be before, in which case it returns at once.
func Sleep(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// RetryAfter returns the wait that a Retry-After header asks for, in seconds
// or as an HTTP date, at most 10 minutes; without one that is understood, 0.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	const most = 10 * time.Minute
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		// As a comparison, since a huge number would overflow; NaN gives 0.
		if seconds > most.Seconds() {
			return most
		}
		if !(seconds > 0) {
			return 0
		}
		return time.Duration(seconds * float64(time.Second))
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), most)
	}
	return 0
}
