package fleet

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Plural returns n with its noun: one for 1, many for all other numbers.
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Fixed returns x with a fixed number of decimals. A number that is rounded to zero has no
// sign.
func Fixed(x float64, decimals int) string {
	text := strconv.FormatFloat(x, 'f', decimals, 64)
	if unsigned, negative := strings.CutPrefix(text, "-"); negative && strings.Trim(unsigned, "0.") == "" {
		return unsigned
	}
	return text
}

// Percent returns a share as a percentage with a fixed number of decimals, such as "85 %".
func Percent(share float64, decimals int) string { return Fixed(100*share, decimals) + " %" }

// AtLeastOne returns share × n, rounded down, but at least 1.
func AtLeastOne(share float64, n int) int { return max(1, int(share*float64(n))) }

// Clock returns the time of day as reasons show it, such as "12:30:00 CET".
func Clock(t time.Time) string { return t.Format("15:04:05 MST") }

// RoundUp returns x rounded up to a whole number, at most math.MaxInt32, because x may
// come from an alert. An excess below 1e-9 is not rounded up.
func RoundUp(x float64) int { return int(min(math.Ceil(x-1e-9), math.MaxInt32)) }

// later returns the later of a and b.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
