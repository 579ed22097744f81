package rules

import (
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// historyAge is how long ago each history's day was.
var historyAge = map[History]time.Duration{HistoryWeek: 7 * 24 * time.Hour, HistoryDay: 24 * time.Hour}

// dayIsLikeYesterday holds from Tuesday to Friday (UTC): before them comes a
// school day too. On other days yesterday tells nothing about today.
const dayIsLikeYesterday = "(day_of_week() >= 2 <= 5)"

// workload is one of the two figures that the fleet is judged by: its record,
// what that is divided from, and what is to come.
type workload struct {
	average, load, capacity   string
	now                       string // the load before it is smoothed
	loadForecast, loadOutlook string // the load ahead, in the unit of the load
	forecast, expected        string // the workload that it means
}

func workloads() []workload {
	return []workload{
		{fleetCPU, cpuLoad, fleetCores, cpuLoadNow, "fleet:bbb_cpu_busy_cores:forecast", "fleet:bbb_cpu_busy_cores:outlook", cpuForecast, cpuExpected},
		{fleetMemory, memoryLoad, fleetBytes, memoryLoad, "fleet:bbb_memory_used_bytes:forecast", "fleet:bbb_memory_used_bytes:outlook", memoryForecast,
			memoryExpected},
	}
}

// forecastRecords looks ahead twice: as far as a start takes, to start
// servers in time; and further, to drain none that is needed again soon.
func (g generator) forecastRecords() []Rule {
	ahead := model.Duration(g.in.StartTime) + g.Forecast.Margin
	further := max(ahead, g.Forecast.Hold)
	var rules []Rule
	for _, w := range workloads() {
		rules = append(rules, g.loadAhead(w, w.loadForecast, ahead, "As far as a start and a margin: what is started now is ready then."),
			Rule{Record: w.forecast, Expr: g.workloadAhead(w, w.loadForecast),
				Why: "The workload of the present servers within " + ahead.String() + ", never less than now."},
			g.loadAhead(w, w.loadOutlook, further, "For scale-in: what is drained now is not needed again by then."))
	}
	return rules
}

// loadAhead records the greatest load of the time ahead.
func (g generator) loadAhead(w workload, record string, ahead model.Duration, why string) Rule {
	days := make([]string, len(g.Forecast.History))
	for i, h := range g.Forecast.History {
		days[i] = "(\n" + indent(g.fromHistory(w, h, ahead)) + "\n)"
	}
	return Rule{Record: record, Expr: strings.Join(days, "\nor\n"),
		Why: "The load within " + ahead.String() + ", by that of the same hours of another day. No history, no forecast.\n" + why}
}

// workloadAhead is what a load ahead means for the present servers: never
// less than now.
func (g generator) workloadAhead(w workload, load string) string {
	return g.rec(w.average) + "\n+ clamp_min(" + g.rec(load) + " / " + g.rec(w.capacity) + " - " + g.rec(w.average) + ", 0)"
}

// fromHistory is that day's greatest load in the time ahead, times today's
// level against that day's. Both sides of the level have a share of the load
// ahead added, so that a quiet hour before the bell says little about it.
func (g generator) fromHistory(w workload, h History, ahead model.Duration) string {
	age := historyAge[h]
	load, window := g.rec(w.load), g.Forecast.LevelWindow.String()
	then := "max_over_time(" + load + "[" + ahead.String() + "] offset " + model.Duration(age-time.Duration(ahead)).String() + ")"
	prior := number(g.Forecast.LevelPrior) + " * " + then
	expr := then + "\n* clamp_max(\n  (avg_over_time(" + load + "[" + window + "]) + " + prior + ")\n  / (avg_over_time(" +
		load + "[" + window + "] offset " + model.Duration(age).String() + ") + " + prior + "),\n  " + number(g.Forecast.LevelMax) + "\n)"
	if h == HistoryDay {
		expr += "\nand on () " + dayIsLikeYesterday
	}
	return expr
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
