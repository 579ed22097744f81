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
// and those of its load, in servers' worth, and of what is to come.
type workload struct{ average, load, forecast, outlook, expected string }

func workloads() []workload {
	return []workload{
		{fleetCPU, cpuLoad, cpuForecast, "fleet:bbb_cpu_workload:outlook", cpuExpected},
		{fleetMemory, memoryLoad, memoryForecast, "fleet:bbb_memory_workload:outlook", memoryExpected},
	}
}

// forecastRecords looks ahead twice: as far as a start takes, to start
// servers in time; and further, to drain none that is needed again soon.
func (g generator) forecastRecords() []Rule {
	ahead := model.Duration(g.in.StartTime) + g.Forecast.Margin
	further := max(ahead, g.Forecast.Hold)
	var rules []Rule
	for _, w := range workloads() {
		rules = append(rules, Rule{Record: w.load, Expr: g.rec(w.average) + " * " + g.rec(fleetActive),
			Why: "The fleet's load, in servers' worth: comparable between days with different numbers of servers."})
		rules = append(rules, g.forecast(w, w.forecast, ahead, "a start and a margin: what is started now is ready then.")...)
		rules = append(rules, g.forecast(w, w.outlook, further, "for scale-in: what is drained now is not needed again by then.")...)
	}
	return rules
}

// forecast records the load ahead, and the workload that it means for the
// present servers.
func (g generator) forecast(w workload, record string, ahead model.Duration, why string) []Rule {
	load := loadOf(record)
	days := make([]string, len(g.Forecast.History))
	for i, h := range g.Forecast.History {
		days[i] = "(\n" + indent(g.fromHistory(w, h, ahead)) + "\n)"
	}
	return []Rule{
		{Record: load, Expr: strings.Join(days, "\nor\n"),
			Why: "The load within " + ahead.String() + ", by that of the same hours of another day. No history, no forecast."},
		{Record: record, Expr: g.rec(w.average) + "\n+ clamp_min(" + g.rec(load) + " / " + g.rec(fleetActive) + " - " +
			g.rec(w.average) + ", 0)",
			Why: "The workload of the present servers within " + ahead.String() + ", never less than now; " + why},
	}
}

// loadOf names the load that a workload to come is computed from.
func loadOf(record string) string { return strings.Replace(record, "_workload:", "_load:", 1) }

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
			expr = g.rec(w.outlook) + " or " + expr
		}
		rules = append(rules, Rule{Record: w.expected, Expr: expr,
			Why: "What scale-in goes by: the greater of the present workload and the one to come."})
	}
	return rules
}
