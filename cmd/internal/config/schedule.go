package config

import (
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// overrideSchedule sets capacity.schedule from bbb_scaler's variables for an "on"
// period. The period is from START_H:START_MIN to END_H:END_MIN in TIMEZONE, every
// day. The floor is MINIMUM_ACTIVE_MACHINES_ON inside the period and
// MINIMUM_ACTIVE_MACHINES_OFF outside; the default of both is capacity.min_active.
// If one of them is set, the floor does not depend on the size of the fleet.
func overrideSchedule(f *File, getenv func(string) string) []error {
	capacity := &f.Actions.Capacity
	on, off := capacity.MinActive, capacity.MinActive
	given, errs := override([]variable{
		{"MINIMUM_ACTIVE_MACHINES_ON", "capacity.schedule", integer(&on)},
		{"MINIMUM_ACTIVE_MACHINES_OFF", "capacity.min_active", integer(&off)},
	}, getenv)
	period, wrong := onPeriod(getenv)
	errs = append(errs, wrong...)
	if given && len(errs) == 0 {
		capacity.MinActive, capacity.MinActiveShare, capacity.Schedule = min(on, off), 0, period.schedule(on, off)
	}
	return errs
}

// period is a part of every day, in minutes from midnight. If end is before start,
// it is on the next day.
type period struct {
	start, end int
	location   *time.Location
}

// schedule returns the times at which the floor is the higher of on and off.
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

// onPeriod reads the period. Its defaults are those of bbb_scaler.
func onPeriod(getenv func(string) string) (period, []error) {
	startHour, startMinute, endHour, endMinute, zone := 7, 0, 12, 30, ""
	_, errs := override([]variable{
		{"START_H", "capacity.schedule", upTo(&startHour, 23)}, {"START_MIN", "capacity.schedule", upTo(&startMinute, 59)},
		{"END_H", "capacity.schedule", upTo(&endHour, 23)}, {"END_MIN", "capacity.schedule", upTo(&endMinute, 59)},
		{"TIMEZONE", "capacity.schedule", text(&zone)},
	}, getenv)
	p := refuse.Problems(errs)
	start, end := 60*startHour+startMinute, 60*endHour+endMinute
	p.Require(start != end, "START_H, START_MIN, END_H, END_MIN", fmt.Sprintf("%02d:%02d to %02d:%02d", startHour, startMinute, endHour, endMinute),
		"be a period that does not end when it begins")
	location, err := time.LoadLocation(zoneName(zone))
	p.Require(err == nil, "TIMEZONE", zone, "be a time zone such as Europe/Berlin: %v", err)
	return period{start, end, location}, p
}

// upTo sets a whole number from 0 to most.
func upTo(into *int, most int) func(string) string {
	return func(text string) string {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > most {
			return fmt.Sprintf("be a whole number from 0 to %d", most)
		}
		*into = n
		return ""
	}
}

// zoneName returns the IANA name of a time zone. It also accepts the Windows names
// of Central European Time, because one of them was bbb_scaler's default.
func zoneName(name string) string {
	switch name {
	case "", "Central European Standard Time", "Central Europe Standard Time", "W. Europe Standard Time":
		return "Europe/Berlin"
	}
	return name
}
