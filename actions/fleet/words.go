package fleet

import (
	"fmt"
	"math"
	"time"
)

// Plural writes a number with its noun.
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// AtLeastOne is a share of n, rounded down, and at least one.
func AtLeastOne(share float64, n int) int { return max(1, int(share*float64(n))) }

// Clock is how reasons write a time of day.
func Clock(t time.Time) string { return t.Format("15:04:05 MST") }

// RoundUp is x rounded up to a whole number, at most math.MaxInt32, since x comes
// from outside.
func RoundUp(x float64) int { return int(min(math.Ceil(x-1e-9), math.MaxInt32)) }

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
