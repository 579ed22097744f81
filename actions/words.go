package actions

import (
	"fmt"
	"math"
	"time"
)

// plural writes a number with its noun.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// atLeastOne is a share of n, rounded down, and at least one.
func atLeastOne(share float64, n int) int { return max(1, int(share*float64(n))) }

// clock is how reasons write a time of day.
func clock(t time.Time) string { return t.Format("15:04:05 MST") }

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
