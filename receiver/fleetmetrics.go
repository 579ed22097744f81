package receiver

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// fleetCollector computes metrics from the scaler's Status at each scrape, so that
// the metrics, the page and the API show the same state.
type fleetCollector struct {
	scaler Scaler
	now    func() time.Time
}

// NewFleetCollector returns the collector of the fleet's metrics, for a program
// that has a Scaler but no HTTP server. now returns the time, from which the ages of
// states are computed.
func NewFleetCollector(s Scaler, now func() time.Time) prometheus.Collector {
	return fleetCollector{s, now}
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe sends nothing, which makes the collector unchecked: its metrics depend
// on the fleet.
func (f fleetCollector) Describe(chan<- *prometheus.Desc) {}

// Collect sends the metrics of the fleet as of the last cycle.
func (f fleetCollector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(desc(rules.MetricClock, "Clock of the daemon at this scrape, in seconds since 1970."), float64(f.now().UnixMilli())/1000)
	st := f.scaler.Status()
	f.collectServers(st, gauge)
	f.collectCapacity(st, gauge)
	f.collectTroubles(st, gauge)
}

// gauge sends the value of a gauge.
type gauge func(d *prometheus.Desc, v float64, labels ...string)

func (f fleetCollector) collectServers(st fleet.Status, gauge gauge) {
	state := desc(rules.MetricServerState, "State of each server; 1 for the present state.", "server", "server_id", "host", "state")
	alias := desc(rules.MetricServerAlias, "1 for each name or address by which alerts and scrape targets are matched to a server.", "server", "server_id", "host", "alias")
	draining := desc(rules.MetricDraining, "Time since a draining server was cordoned, in seconds.", "server")
	seen := map[string]bool{}
	for _, s := range st.Servers {
		if seen[s.ID] {
			continue
		}
		seen[s.ID] = true
		gauge(state, 1, s.Name, s.ID, s.Host, string(s.State))
		for _, a := range s.Aliases {
			gauge(alias, 1, s.Name, s.ID, s.Host, a)
		}
	}
	names := map[string]bool{} // two servers can share a name
	for _, s := range st.Servers {
		if s.State == fleet.StateDraining && !s.Since.IsZero() && !names[s.Name] {
			names[s.Name] = true
			gauge(draining, f.now().Sub(s.Since).Seconds(), s.Name)
		}
	}
	servers := desc(rules.MetricServers, "Number of servers by state.", "state")
	for _, s := range fleet.States() {
		gauge(servers, float64(st.Counts[s]), string(s))
	}
}

func (f fleetCollector) collectCapacity(st fleet.Status, gauge gauge) {
	if st.At.IsZero() {
		return // no cycle yet: the floor is not known
	}
	gauge(desc(rules.MetricFloor, "Minimum number of active servers at present."), float64(st.Floor))
	gauge(desc("bbb_scaler_need_servers", "Number of servers that are needed in addition to those that are active or starting."), float64(st.Need))
	if st.Ceiling > 0 {
		gauge(desc(rules.MetricCeiling, "Maximum number of servers that may be switched on."), float64(st.Ceiling))
	}
	limited := desc(rules.MetricLimited, "1 if more capacity is needed than the limit allows.", "limit")
	for _, kind := range fleet.LimitKinds() {
		gauge(limited, number(fleet.CountHolds(st.Limits, kind) > 0), string(kind))
	}
	gauge(desc("bbb_scaler_dry_run", "1 if the daemon runs with --dry-run, which changes nothing."), number(st.DryRun))
}

func (f fleetCollector) collectTroubles(st fleet.Status, gauge gauge) {
	if read := fleetRead(st); !read.IsZero() {
		gauge(desc(rules.MetricFleetRead, "Time of the last complete read of the fleet, in seconds since 1970."), float64(read.UnixMilli())/1000)
	}
	blocked := desc(rules.MetricWritesBlocked, "1 if all changes are stopped for the reason.", "reason")
	for _, kind := range fleet.BlockedKinds() {
		gauge(blocked, number(fleet.CountHolds(st.Blocked, kind) > 0), string(kind))
	}
	unjoined := desc(rules.MetricUnjoined, "Number of servers or alerts of a source that match no server of the fleet.", "source")
	gauge(unjoined, float64(st.Counts[fleet.StateUnjoined]), string(fleet.HoldNotJoined))
	gauge(unjoined, float64(fleet.CountHolds(st.Unjoined, fleet.HoldNoServer)), string(fleet.HoldNoServer))
	gauge(unjoined, float64(fleet.CountHolds(st.Unjoined, fleet.HoldNoTarget)), string(fleet.HoldNoTarget))
	if alertmanagerRead(st) {
		gauge(desc(rules.MetricUnheard, "Number of alert names that Alertmanager's API lists and whose notifications do not arrive; missing while the API is not read."), float64(len(st.Unheard)))
	}
	brakes := desc(rules.MetricBrakes, "Number of reasons that stop scale-in at present, by reason.", "reason")
	for _, kind := range fleet.BrakeKinds() {
		gauge(brakes, float64(fleet.CountHolds(st.Brakes, kind)), string(kind))
	}
	gauge(desc("bbb_scaler_pauses", "Number of pauses in force."), float64(len(st.Pauses)))
}

// alertmanagerRead reports whether the alerts of Alertmanager's API are known.
func alertmanagerRead(st fleet.Status) bool {
	return slices.ContainsFunc(st.Sources, func(s fleet.SourceStatus) bool {
		return s.Name == "alertmanager" && !s.ReadAt.IsZero() && s.Error == ""
	})
}

// fleetRead returns the read time of the source that was read the longest ago, or
// zero if one was never read. Alertmanager is not a source of the fleet.
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

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
