package receiver

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// fleetCollector turns the scaler's Status into metrics when it is scraped, so
// that they never disagree with the page.
type fleetCollector struct {
	scaler Scaler
	now    func() time.Time
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe sends nothing: what is collected depends on the fleet.
func (f fleetCollector) Describe(chan<- *prometheus.Desc) {}

// Collect sends what the last look at the fleet saw.
func (f fleetCollector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	st := f.scaler.Status()
	f.collectServers(st, gauge)
	f.collectCapacity(st, gauge)
	f.collectTroubles(st, gauge)
}

// gauge sends one gauge.
type gauge func(d *prometheus.Desc, v float64, labels ...string)

func (f fleetCollector) collectServers(st fleet.Status, gauge gauge) {
	state := desc(rules.MetricServerState, "The present state of each server.", "server", "server_id", "host", "state")
	draining := desc(rules.MetricDraining, "How long a draining server has been draining.", "server")
	seen := map[string]bool{}
	for _, s := range st.Servers {
		if seen[s.ID] {
			continue
		}
		seen[s.ID] = true
		gauge(state, 1, s.Name, s.ID, s.Addr, string(s.State))
	}
	names := map[string]bool{} // two servers can share a name
	for _, s := range st.Servers {
		if s.State == fleet.StateDraining && !s.Since.IsZero() && !names[s.Name] {
			names[s.Name] = true
			gauge(draining, f.now().Sub(s.Since).Seconds(), s.Name)
		}
	}
	servers := desc(rules.MetricServers, "Servers by state.", "state")
	for _, s := range fleet.States() {
		gauge(servers, float64(st.Counts[s]), string(s))
	}
}

func (f fleetCollector) collectCapacity(st fleet.Status, gauge gauge) {
	if st.At.IsZero() {
		return // no look yet: a floor of 0 would be a lie
	}
	gauge(desc(rules.MetricFloor, "The least number of active servers at present, by schedule."), float64(st.Floor))
	gauge(desc("bbb_scaler_need_servers", "Servers wanted beyond those active or on their way."), float64(st.Need))
	if st.Ceiling > 0 {
		gauge(desc(rules.MetricCeiling, "The greatest number of servers switched on."), float64(st.Ceiling))
	}
	limited := desc(rules.MetricLimited, "Whether more capacity is wanted than the limit allows.", "limit")
	for _, limit := range []string{"ceiling", "contract", "fleet"} {
		gauge(limited, number(anyBegins(st.Limits, limit)), limit)
	}
	gauge(desc("bbb_scaler_dry_run", "Whether nothing is really changed."), number(st.DryRun))
}

func (f fleetCollector) collectTroubles(st fleet.Status, gauge gauge) {
	if read := fleetRead(st); !read.IsZero() {
		gauge(desc(rules.MetricFleetRead, "Time of the last complete read of the fleet."), float64(read.UnixMilli())/1000)
	}
	blocked := desc(rules.MetricWritesBlocked, "Whether all writes are stopped, by the reason.", "reason")
	other := len(st.Blocked)
	for reason, words := range map[string]string{
		"frozen": "frozen", "cloud": "the cloud refuses", "balancer": "the balancer refuses",
	} {
		n := countBegins(st.Blocked, words)
		gauge(blocked, number(n > 0), reason)
		other -= n
	}
	gauge(blocked, number(other > 0), "other")
	unjoined := desc(rules.MetricUnjoined, "Servers that could not be joined, by where they come from.", "source")
	gauge(unjoined, float64(st.Counts[fleet.StateUnjoined]), "cloud")
	gauge(unjoined, float64(countBegins(st.Unjoined, "balancer")), "balancer")
	gauge(unjoined, float64(countBegins(st.Unjoined, "alert")), "prometheus")
	brakes := desc("bbb_scaler_brakes", "Brakes on scale-in at present.")
	gauge(brakes, float64(len(st.Brakes)))
	gauge(desc("bbb_scaler_pauses", "Pauses in force."), float64(len(st.Pauses)))
}

// fleetRead is the time by which all of the fleet was read: that of its oldest
// part, or zero. Alertmanager is no part of the fleet.
func fleetRead(st fleet.Status) time.Time {
	var oldest time.Time
	for i, s := range st.Sources {
		switch {
		case s.Name == "alertmanager":
		case s.ReadAt.IsZero():
			return time.Time{}
		case oldest.IsZero() || s.ReadAt.Before(oldest):
			oldest = st.Sources[i].ReadAt
		}
	}
	return oldest
}

func countBegins(lines []string, word string) (n int) {
	for _, l := range lines {
		if strings.HasPrefix(l, word) {
			n++
		}
	}
	return n
}

func anyBegins(lines []string, word string) bool { return countBegins(lines, word) > 0 }

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
