package actions

import (
	"fmt"
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

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
