package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/report"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/week"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// Names of the strategies, as --strategy takes them.
const (
	nameStatic      = week.StaticName
	namePredecessor = "bbb_scaler"
	nameVertical    = "infra-autoscaler"
	nameGroup       = "cloud-native"
	nameOurs        = week.OursName
	nameBlind       = "ours-without-forecast"
)

// strategyHelp explains the strategies.
const strategyHelp = nameStatic + " (all servers on), " + namePredecessor + " (the polling predecessor), " + nameVertical + " (all on, sizes change), " +
	nameGroup + " (IONOS's VM auto scaling: average CPU of the group, oldest server stopped first), " + nameOurs + " (bbb-scaler), " + nameBlind + ", " +
	report.BoundName + " (a lower bound of server-hours and of cost for all that fill no server above the thresholds)"

var strategyNames = []string{nameStatic, namePredecessor, nameVertical, nameGroup, nameOurs, nameBlind, report.BoundName}

// monday returns the first day of every simulated week, in the operator's time zone.
// The clocks do not change in that week.
func monday() (time.Time, error) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	return time.Date(2026, 3, 2, 0, 0, 0, 0, berlin), err
}

// comparison returns what all cases have in common: all but the world, the timetable and
// the servers.
func (o *options) comparison(environ []string) (c week.Comparison, err error) {
	c = week.Comparison{Days: o.days, Runs: semaphore.NewWeighted(atOnce())}
	if c.Seeds, err = seedList(o.seeds); err != nil {
		return c, err
	}
	if c.Monday, err = monday(); err != nil {
		return c, err
	}
	files, err := o.files(environ)
	if err != nil {
		return c, err
	}
	c.Config = files[0].file.Actions
	if c.Strategies, err = o.chosen(files); err != nil {
		return c, err
	}
	if c.Trace, err = o.arrivals(c.Monday); err != nil {
		return c, err
	}
	c.Before, err = o.weekBefore(c.Monday)
	return c, err
}

// weekBefore reads the trace of the week before, which the forecast uses, if it is
// given.
func (o *options) weekBefore(monday time.Time) ([]sim.Arrival, error) {
	begin := monday.AddDate(0, 0, -7)
	all, err := readTrace("--trace.before", o.before, begin)
	if n := len(all); n > 0 && !all[n-1].At.Before(monday) {
		return nil, refuse.Value("--trace.before", o.before, "hold only the week before the trace: starts below %d s; one is at %.0f s",
			7*24*3600, all[n-1].At.Sub(begin).Seconds())
	}
	return all, err
}

// arrivals reads the meetings to simulate, or nil for generated weeks.
func (o *options) arrivals(monday time.Time) ([]sim.Arrival, error) {
	all, err := readTrace("--trace", o.trace, monday)
	if len(all) > 0 && !all[0].At.Before(monday.AddDate(0, 0, o.days)) {
		return nil, refuse.Value("--trace", o.trace, "hold a meeting within --days %d: the first one starts at %.0f s", o.days, all[0].At.Sub(monday).Seconds())
	}
	return all, err
}

// named is a configuration with the suffix of its title in the table.
type named struct {
	title string // "" if it is the only one
	file  config.File
}

func (o *options) files(environ []string) ([]named, error) {
	if len(o.configs) == 0 {
		return []named{{"", config.Defaults()}}, nil
	}
	var out []named
	for _, path := range o.configs {
		f, err := config.Read(path, environ)
		if err != nil {
			return nil, err
		}
		title := ""
		if len(o.configs) > 1 {
			title = ":" + strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		}
		out = append(out, named{title, f})
	}
	return out, nil
}

// strategyList returns the names of the strategies to compare.
func (o *options) strategyList() map[string]bool {
	names := map[string]bool{}
	for name := range strings.SplitSeq(o.strategies, ",") {
		names[name] = true
	}
	return names
}

// chosen builds the strategies that are named.
func (o *options) chosen(files []named) ([]week.Strategy, error) {
	want := o.strategyList()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !slices.Contains(strategyNames, name) {
			return nil, refuse.Value("--strategy", name, "be one of %s", strings.Join(strategyNames, ", "))
		}
	}
	first := files[0].file.Actions
	var out []week.Strategy
	for _, name := range strategyNames {
		if !want[name] {
			continue
		}
		switch name {
		case nameStatic:
			out = append(out, week.Static{Config: first})
		case namePredecessor:
			out = append(out, week.Predecessor{Config: first})
		case nameVertical:
			out = append(out, week.Vertical{Config: first})
		case nameGroup:
			out = append(out, week.CloudNative{Config: first})
		case nameOurs, nameBlind:
			for _, f := range files {
				f.file.Rules.Forecast.Enabled = f.file.Rules.Forecast.Enabled && name == nameOurs
				out = append(out, week.Ours{Title: name + f.title, File: f.file})
			}
		}
	}
	return out, nil
}

// readTrace reads the meetings of the trace that a flag names, sorted by time. It
// returns nil for path "".
func readTrace(flag, path string, monday time.Time) ([]sim.Arrival, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := sim.ReadTrace(f, monday)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", flag, path, err)
	}
	var all []sim.Arrival
	for a, ok := src.Next(); ok; a, ok = src.Next() {
		all = append(all, a)
	}
	if len(all) == 0 {
		return nil, refuse.Value(flag, path, "hold at least one meeting")
	}
	return all, nil
}
