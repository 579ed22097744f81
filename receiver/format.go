package receiver

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// stamp formats a time with its date.
func stamp(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 MST") }

// clock formats a time of day, with the date unless it is today.
func clock(now, t time.Time) string {
	now, t = now.Local(), t.Local()
	if y, m, d := t.Date(); now.Year() == y && now.Month() == m && now.Day() == d {
		return t.Format("15:04:05")
	}
	return t.Format("Jan 2 15:04")
}

// cooldowns formats the cooldowns in force on a server, in alphabetical order.
func cooldowns(now time.Time, s fleet.ServerStatus) string {
	var all []string
	for kind, until := range s.Cooldowns {
		if until.After(now) {
			all = append(all, fmt.Sprintf("%s until %s", kind, clock(now, until)))
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func size(s fleet.Size) string {
	return fmt.Sprintf("%s, %g GiB", fleet.Plural(int(s.Cores), "core", "cores"), float64(s.RAM)/1024)
}
