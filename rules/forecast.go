package rules

import (
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// historyAge is how long ago each history's day was.
var historyAge = map[History]time.Duration{HistoryWeek: 7 * 24 * time.Hour, HistoryDay: 24 * time.Hour}

// dayIsLikeYesterday holds on every day but Monday (UTC), which resembles no
// Sunday. A Saturday has less than its Friday, which its level soon shows.
const dayIsLikeYesterday = "(day_of_week() != 1)"

// workload is one of the two figures that the fleet is judged by: its record,
// what that is divided from, and what is to come.
type workload struct {
	average, load, capacity   string
	now                       string // the load before it is smoothed
	history                   string // the load of the same hours of another day
	level                     string // today's load by that day's
	loadForecast, loadOutlook string // the load ahead, in the unit of the load
	forecast, expected        string // the workload that it means
}

func workloads() []workload {
	ahead := func(w workload, load string) workload {
		w.history, w.level, w.loadForecast, w.loadOutlook = load+":history", load+":level", load+":forecast", load+":outlook"
		return w
	}
	return []workload{
		ahead(workload{average: fleetCPU, load: cpuLoad, capacity: fleetCores, now: cpuLoadNow, forecast: cpuForecast, expected: cpuExpected},
			"fleet:bbb_cpu_busy_cores"),
		ahead(workload{average: fleetMemory, load: memoryLoad, capacity: fleetBytes, now: memoryLoad, forecast: memoryForecast, expected: memoryExpected},
			"fleet:bbb_memory_used_bytes"),
	}
}

// forecastRecords looks ahead twice: as far as a start takes, to start
// servers in time; and further, to drain none that is needed again soon.
func (g generator) forecastRecords() []Rule {
	ahead := model.Duration(g.in.StartTime) + g.Forecast.Margin
	further := max(ahead, g.Forecast.Hold)
	var rules []Rule
	for _, w := range workloads() {
		rules = append(rules,
			Rule{Record: w.history, Expr: g.eachHistory(g.greatestLoad(w, further)),
				Why: "The greatest load of another day from this hour of it on, for " + further.String() + ". No history, no forecast."},
			Rule{Record: w.level, Expr: g.level(w), Why: "Today's load by that day's, over the last " + g.Forecast.LevelWindow.String() +
				".\nBoth have a share of the load ahead added, so that a quiet hour before the bell says little about it."},
			Rule{Record: w.loadForecast, Expr: "(\n" + indent(g.eachHistory(g.greatestLoad(w, ahead))) + "\n)\n* " + g.rec(w.level),
				Why: "The load within " + ahead.String() + ": as far as a start and a margin, what is started now is ready then."},
			Rule{Record: w.forecast, Expr: g.workloadAhead(w, w.loadForecast),
				Why: "The workload of the present servers within " + ahead.String() + ", never less than now."},
			Rule{Record: w.loadOutlook, Expr: g.rec(w.history) + " * " + g.rec(w.level),
				Why: "The load within " + further.String() + ", for scale-in: what is drained now is not needed again by then."})
	}
	return rules
}

// eachHistory is what a day tells, of the best day that tells anything.
func (g generator) eachHistory(tell func(age time.Duration) string) string {
	days := make([]string, len(g.Forecast.History))
	for i, h := range g.Forecast.History {
		days[i] = tell(historyAge[h])
		if h == HistoryDay {
			days[i] += " and on () " + dayIsLikeYesterday
		}
	}
	return strings.Join(days, "\nor\n")
}

// greatestLoad is a day's greatest load from this time of it on.
func (g generator) greatestLoad(w workload, ahead model.Duration) func(age time.Duration) string {
	return func(age time.Duration) string {
		return "max_over_time(" + g.rec(w.load) + "[" + ahead.String() + "] offset " + model.Duration(age-time.Duration(ahead)).String() + ")"
	}
}

// level is today's load against that day's, bounded above.
func (g generator) level(w workload) string {
	average := "avg_over_time(" + g.rec(w.load) + "[" + g.Forecast.LevelWindow.String() + "]"
	prior := " + " + number(g.Forecast.LevelPrior) + " * " + g.rec(w.history) + ")"
	then := g.eachHistory(func(age time.Duration) string { return average + " offset " + model.Duration(age).String() + ")" })
	return "clamp_max(\n  (" + average + ")" + prior + "\n  /\n  ((\n" + indent(indent(then)) + "\n  )" + prior + ",\n  " + number(g.Forecast.LevelMax) + "\n)"
}

// workloadAhead is what a load ahead means for the present servers: never
// less than now.
func (g generator) workloadAhead(w workload, load string) string {
	return g.rec(w.average) + "\n+ clamp_min(" + g.rec(load) + " / " + g.rec(w.capacity) + " - " + g.rec(w.average) + ", 0)"
}

// expectedRecords is what scale-in goes by: the outlook, or the present where
// there is none.
func (g generator) expectedRecords() []Rule {
	var rules []Rule
	for _, w := range workloads() {
		expr := g.rec(w.average)
		if g.Forecast.Enabled {
			expr = g.workloadAhead(w, w.loadOutlook) + "\nor\n" + expr
		}
		rules = append(rules, Rule{Record: w.expected, Expr: expr,
			Why: "What scale-in goes by: the greater of the present workload and the one to come."})
	}
	return rules
}
