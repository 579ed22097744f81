package outbound

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// Backoff is the wait between two attempts. It doubles from Base up to Max.
type Backoff struct{ Base, Max time.Duration }

// After returns the wait after failed attempts, a number of at least 1. The wait is
// random between half and all of its length, so that several callers do not
// repeat their calls at the same moment.
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

// Sleep waits for d and returns true. It returns false when ctx ends first, and at
// once if the deadline of ctx is before the end of the wait.
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

// RetryAfter returns the wait that a Retry-After header asks for, in seconds or as
// an HTTP date, but at most 10 minutes. It returns 0 if the header is missing or
// invalid.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	const most = 10 * time.Minute
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		// Compared as floats, because a huge number would overflow a Duration.
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
