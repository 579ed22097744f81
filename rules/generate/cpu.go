package generate

import (
	"time"

	"github.com/prometheus/common/model"
)

// slowestScrape is the longest time between two scrapes with which the rules
// work, whatever rules.scrape_interval says.
const slowestScrape = 2 * time.Minute

// SlowestScrape returns the longest time between two scrapes of an exporter with
// which the generated rules work.
func SlowestScrape() time.Duration { return slowestScrape }

// lastTwo is the range for idelta, which uses the last two samples in it. With
// the length of Prometheus's lookback delta, it contains two samples for every
// scrape interval up to slowestScrape.
func (g generator) lastTwo() model.Duration { return max(g.RateWindow, model.Duration(lookback)) }

// cpuRecords are the CPU workload of each core and of each server between the
// last two scrapes, the smoothed workload, and the number of cores.
func (g generator) cpuRecords() []Rule {
	passed := func(more ...matcher) string {
		return "sum " + g.byInstance("cpu") + " (idelta(" + g.node(g.Metrics.CPUSeconds, more...) + "[" + g.lastTwo().String() + "]))"
	}
	scraped := g.node(g.Metrics.CPUSeconds, matcher{"cpu", "=", "0"}, matcher{"mode", "=", "user"}) // cpu 0 is always online
	each := "clamp_max(clamp_min(\n  1 - " + passed(matcher{"mode", "=", "idle"}) + "\n  / (" + passed() + " > 0),\n  0), 1)\n" +
		"and on (" + g.Labels.Instance + ", " + g.Labels.ServerID + ") " + scraped
	return []Rule{
		{Record: coreCPUNow, Expr: each,
			Why: "Share of the time between the last two scrapes in which a core was not idle: 1 - seconds in the mode idle, divided by\n" +
				"the seconds in all modes. A core that is offline, or that was added since the last scrape, has no sample, nor has an\n" +
				"exporter that exports the mode idle alone. idelta is used instead of rate, because rate takes a counter that decreases\n" +
				"by parts of a second for a reset."},
		{Record: instanceCPUNow, Expr: g.identified("avg " + g.byInstance() + " (" + g.rec(coreCPUNow) + ")"),
			Why: "The same for a server. The label host is the same for all exporters of one server."},
		{Record: instanceCPU, Expr: "avg_over_time(" + g.rec(instanceCPUNow) + "[" + g.RateWindow.String() + "]) and " + g.rec(instanceCPUNow),
			Why: "The same, averaged over " + g.RateWindow.String() + "."},
		{Record: instanceCores, Expr: g.identified("count " + g.byInstance() + " (" + g.rec(coreCPUNow) + ")"),
			Why: "The number of cores in that average. An added core counts from its second sample on."},
	}
}
