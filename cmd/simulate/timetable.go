package main

import (
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// timetableNames returns the names that --timetable takes.
func timetableNames() (names []string) {
	for _, t := range sim.Timetables() {
		names = append(names, t.Name)
	}
	return names
}

// timetable returns the timetable of a name.
func timetable(name string) (sim.Timetable, error) {
	names := timetableNames()
	i := slices.Index(names, name)
	if i < 0 {
		return sim.Timetable{}, refuse.Value("--timetable", name, "be one of %s", strings.Join(names, ", "))
	}
	return sim.Timetables()[i], nil
}
