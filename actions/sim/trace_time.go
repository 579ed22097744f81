package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// weekdays are the names that a start in a trace may begin with, Monday first.
var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// startOf reads the start of a meeting, in seconds after Monday 00:00: a number of
// them, a duration such as 32h, a time of Monday such as 08:00, or one of another day
// such as Tue 08:00.
func startOf(text string) (int32, error) {
	day, clock, named := strings.Cut(strings.TrimSpace(text), " ")
	if !named {
		day, clock = "mon", day
	}
	index := slices.Index(weekdays, strings.ToLower(day))
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, clock); err == nil && index >= 0 {
			return int32(((index*24+t.Hour())*60+t.Minute())*60 + t.Second()), nil
		}
	}
	return secondsOf("start", text, 0, "seconds after Monday 00:00, or a time such as 08:00 or Tue 08:00")
}

// secondsOf reads a duration in whole seconds: a number of them, or a text such as
// 45m or 1h30m.
func secondsOf(name, text string, least int32, allowed string) (int32, error) {
	text = strings.TrimSpace(text)
	seconds, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		var d time.Duration
		d, err = time.ParseDuration(text)
		if seconds = int64(d / time.Second); d%time.Second != 0 {
			return 0, fmt.Errorf("%s: need whole seconds: got %q", name, text)
		}
	}
	if err != nil || seconds < int64(least) || seconds > maxTraceSeconds {
		return 0, fmt.Errorf("%s: need %s, from %d to %d seconds: got %q", name, allowed, least, maxTraceSeconds, text)
	}
	return int32(seconds), nil
}
