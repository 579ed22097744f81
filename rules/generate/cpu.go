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

// lastTwo is the range in which the last two samples of a counter are looked
// for. It only has to hold them: what is compared are the last two, however long
// it is. As long as Prometheus looks for a present value, it holds two scrapes of
// every interval up to slowestScrape.
func (g generator) lastTwo() model.Duration { return max(g.RateWindow, model.Duration(lookback)) }

// cpuRecords are a server's CPU workload since its last scrape, that of each of
// its cores first, and the number of cores.
func (g generator) cpuRecords() []Rule {
	passed := func(more ...matcher) string {
		return "sum " + g.byInstance("cpu") + " (idelta(" + g.node(g.Metrics.CPUSeconds, more...) + "[" + g.lastTwo().String() + "]))"
	}
	scraped := "group " + g.byInstance() + " (" + g.node(g.Metrics.CPUSeconds, matcher{"mode", "=", "user"}) + ")"
	each := "clamp_max(clamp_min(\n  1 - " + passed(matcher{"mode", "=", "idle"}) + "\n  / (" + passed() + " > 0),\n  0), 1)\n" +
		"and on (" + g.Labels.Instance + ", " + g.Labels.ServerID + ") " + scraped
	return []Rule{
		{Record: coreCPUNow, Expr: each,
			Why: "Share of the time between the last two scrapes that a core was not idle: by what passed in the mode idle, of what passed\n" +
				"in all modes. A core that is offline passes no time and is not there, nor is one that was just plugged in, nor those of an\n" +
				"exporter that tells of their idle time alone. idelta and not rate: a counter that steps back by parts of a second is wrong\n" +
				"by that much, and not taken for one that began anew."},
		{Record: instanceCPUNow, Expr: g.identified("avg " + g.byInstance() + " (" + g.rec(coreCPUNow) + ")"),
			Why: "The same for a server. host joins the exporters of one server, whatever their ports."},
		{Record: instanceCPU, Expr: "avg_over_time(" + g.rec(instanceCPUNow) + "[" + g.RateWindow.String() + "]) and " + g.rec(instanceCPUNow),
			Why: "The same, smoothed over " + g.RateWindow.String() + "."},
		{Record: instanceCores, Expr: g.identified("count " + g.byInstance() + " (" + g.rec(coreCPUNow) + ")"),
			Why: "The cores that this is the average of: one that was just plugged in counts from its second sample."},
	}
}
