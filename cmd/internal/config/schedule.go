package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/prometheus/alertmanager/timeinterval"
)

// overrideSchedule makes a schedule of bbb_scaler's "on" period: floors inside
// (MINIMUM_ACTIVE_MACHINES_ON) and outside (_OFF) of the hours from START_H:
// START_MIN to END_H:END_MIN in TIMEZONE, every day. A floor that is not given
// is capacity.min_active, and what is given is the floor whatever the fleet's
// size.
func overrideSchedule(f *File, getenv func(string) string) []error {
	period, errs := onPeriod(getenv)
	capacity := &f.Actions.Capacity
	on, off := capacity.MinActive, capacity.MinActive
	var given bool
	for _, v := range []variable{
		{"MINIMUM_ACTIVE_MACHINES_ON", "capacity.schedule", integer(&on)},
		{"MINIMUM_ACTIVE_MACHINES_OFF", "capacity.min_active", integer(&off)},
	} {
		if text := strings.TrimSpace(getenv(v.name)); text != "" {
			given = true
			if err := v.set(text); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", v.name, err))
			}
		}
	}
	if given && len(errs) == 0 {
		capacity.MinActive, capacity.MinActiveShare, capacity.Schedule = min(on, off), 0, period.schedule(on, off)
	}
	return errs
}

// period is a part of every day, in minutes from midnight.
type period struct {
	start, end int
	location   *time.Location
}

// schedule returns the floors above the lower of on and off.
func (p period) schedule(on, off int) fleet.Schedule {
	switch {
	case on > off:
		return fleet.Schedule{p.floor("on", on)}
	case off > on:
		return fleet.Schedule{period{p.end, p.start, p.location}.floor("off", off)}
	}
	return nil
}

func (p period) floor(name string, least int) fleet.Floor {
	const midnight = 24 * 60
	ranges := []timeinterval.TimeRange{{StartMinute: p.start, EndMinute: p.end}}
	if p.start > p.end {
		ranges = []timeinterval.TimeRange{{StartMinute: p.start, EndMinute: midnight}}
		if p.end > 0 {
			ranges = append(ranges, timeinterval.TimeRange{EndMinute: p.end})
		}
	}
	return fleet.Floor{Name: name, MinActive: least, Intervals: []timeinterval.TimeInterval{
		{Times: ranges, Location: &timeinterval.Location{Location: p.location}},
	}}
}

// onPeriod reads the hours; bbb_scaler's own are the default.
func onPeriod(getenv func(string) string) (period, []error) {
	var errs []error
	number := func(name string, fallback, most int) int {
		text := strings.TrimSpace(getenv(name))
		if text == "" {
			return fallback
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > most {
			errs = append(errs, fmt.Errorf("%s: %q is not a whole number from 0 to %d", name, text, most))
		}
		return n
	}
	p := period{
		start: 60*number("START_H", 7, 23) + number("START_MIN", 0, 59),
		end:   60*number("END_H", 12, 23) + number("END_MIN", 30, 59),
	}
	if p.start == p.end {
		errs = append(errs, fmt.Errorf("START_H, END_H: the period from %02d:%02d to %02d:%02d is empty",
			p.start/60, p.start%60, p.end/60, p.end%60))
	}
	var err error
	if p.location, err = zone(strings.TrimSpace(getenv("TIMEZONE"))); err != nil {
		errs = append(errs, fmt.Errorf("TIMEZONE: %w", err))
	}
	return p, errs
}

// zone loads a time zone by its IANA name, or by the Windows name that .NET
// also took and that was bbb_scaler's own default.
func zone(name string) (*time.Location, error) {
	switch name {
	case "", "Central European Standard Time", "Central Europe Standard Time", "W. Europe Standard Time":
		name = "Europe/Berlin"
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone such as Europe/Berlin: %w", name, err)
	}
	return location, nil
}
