package receiver

import (
	"maps"
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

// NewFleetCollector returns the collector of the fleet's metrics. now returns the
// time, from which the ages of states are computed.
func NewFleetCollector(s Scaler, now func() time.Time) prometheus.Collector {
	return fleetCollector{s, now}
}

// FleetGauges calls yield with each metric of the fleet as of the scaler's last cycle:
// its name, its value, and its labels as pairs of name and value, which are valid
// until yield returns. It is the part of the metrics page about the fleet, for a
// program that has a Scaler but no HTTP server. now is the time from which the ages
// of states are computed.
func FleetGauges(s Scaler, now time.Time, yield func(name string, value float64, pairs []string)) {
	var pairs []string
	fleetCollector{s, func() time.Time { return now }}.gauges(func(m metric, v float64, values ...string) {
		pairs = pairs[:0]
		if m.pool != "" {
			pairs = append(pairs, rules.LabelPool, m.pool)
		}
		for i, name := range m.labels {
			pairs = append(pairs, name, values[i])
		}
		yield(m.name, v, pairs)
	})
}

// metric describes a metric. One of servers without a tag has no pool and does not
// have that label, so that it is the metric of a fleet without tags.
type metric struct {
	name, help, pool string
	labels           []string
}

func desc(name, help string, labels ...string) metric { return metric{name, help, "", labels} }

func pooled(pool, name, help string, labels ...string) metric {
	return metric{name, help, pool, labels}
}

// desc returns the description for Prometheus's registry.
func (m metric) desc() *prometheus.Desc {
	if m.pool == "" {
		return prometheus.NewDesc(m.name, m.help, m.labels, nil)
	}
	return prometheus.NewDesc(m.name, m.help, m.labels, prometheus.Labels{rules.LabelPool: m.pool})
}

// pools returns the pools of a fleet; one without tags is a single pool.
func pools(st fleet.Status) []fleet.PoolStatus {
	if len(st.Pools) > 0 {
		return st.Pools
	}
	return []fleet.PoolStatus{{Floor: st.Floor, Need: st.Need, Counts: st.Counts}}
}

// Describe sends nothing, which makes the collector unchecked: its metrics depend
// on the fleet.
func (f fleetCollector) Describe(chan<- *prometheus.Desc) {}

// Collect sends the metrics of the fleet as of the last cycle.
func (f fleetCollector) Collect(out chan<- prometheus.Metric) {
	type key struct{ name, pool string }
	descs := map[key]*prometheus.Desc{} // some metrics have several series for each server
	f.gauges(func(m metric, v float64, labels ...string) {
		d, ok := descs[key{m.name, m.pool}]
		if !ok {
			d = m.desc()
			descs[key{m.name, m.pool}] = d
		}
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	})
}

// gauges sends the metrics of the fleet as of the last cycle.
func (f fleetCollector) gauges(gauge gauge) {
	gauge(desc(rules.MetricClock, "Clock of the daemon at this scrape, in seconds since 1970."), float64(f.now().UnixMilli())/1000)
	st := f.scaler.Status()
	leads := st.Leadership == nil || st.Leadership.Leads
	gauge(desc(rules.MetricLeader, "1 if this daemon scales the fleet, 0 if it stands by and another one does or should."), number(leads))
	if !leads {
		return
	}
	collectServers(st, gauge)
	f.collectCounts(st, gauge)
	f.collectCapacity(st, gauge)
	collectForecasts(st, gauge)
	f.collectTroubles(st, gauge)
}

// gauge sends the value of a gauge. The values of its labels are the caller's again when
// it returns.
type gauge func(m metric, v float64, labels ...string)

// collectServers sends what is known of each server.
func collectServers(st fleet.Status, gauge gauge) {
	state := desc(rules.MetricServerState, "State of each server; 1 for the present state.", "server", "server_id", "host", "state")
	alias := desc(rules.MetricServerAlias, "1 for each name or address by which alerts and scrape targets are matched to a server.", "server", "server_id", "host", "alias")
	load := desc(rules.MetricServerLoad, "Load by which the balancer places meetings, 0 without a meeting; missing while the balancer does not know it.", "server", "server_id", "host")
	seen := make(map[string]bool, len(st.Servers))
	for _, s := range st.Servers {
		if seen[s.ID] {
			continue
		}
		seen[s.ID] = true
		values := []string{s.Name, s.ID, s.Host, string(s.State)}
		state.pool = s.Pool
		gauge(state, 1, values...)
		if s.LoadKnown {
			gauge(load, s.Load, values[:3]...)
		}
		for _, a := range s.Aliases {
			values[3] = a
			gauge(alias, 1, values...)
		}
	}
}

// collectCounts sends the times of the draining servers, and the number of servers in
// each state.
func (f fleetCollector) collectCounts(st fleet.Status, gauge gauge) {
	draining := desc(rules.MetricDraining, "Time since a draining server was cordoned, in seconds.", "server")
	names := map[string]bool{} // two servers can share a name
	for _, s := range st.Servers {
		if s.State == fleet.StateDraining && !s.Since.IsZero() && !names[s.Name] {
			names[s.Name] = true
			gauge(draining, f.now().Sub(s.Since).Seconds(), s.Name)
		}
	}
	for _, p := range pools(st) {
		servers := pooled(p.Pool, rules.MetricServers, "Number of servers by state.", "state")
		for _, s := range fleet.States() {
			gauge(servers, float64(p.Counts[s]), string(s))
		}
	}
}

func (f fleetCollector) collectCapacity(st fleet.Status, gauge gauge) {
	if st.At.IsZero() {
		return // no cycle yet: the floor is not known
	}
	for _, p := range pools(st) {
		gauge(pooled(p.Pool, rules.MetricFloor, "Minimum number of active servers at present."), float64(p.Floor))
		gauge(pooled(p.Pool, "bbb_scaler_need_servers", "Number of servers that are needed in addition to those that are active or starting."), float64(p.Need))
	}
	if st.Ceiling > 0 {
		gauge(desc(rules.MetricCeiling, "Maximum number of servers that may be switched on."), float64(st.Ceiling))
	}
	for _, kind := range fleet.LimitKinds() {
		f.collectLimit(st, kind, gauge)
	}
	gauge(desc("bbb_scaler_dry_run", "1 if the daemon runs with --dry-run, which changes nothing."), number(st.DryRun))
}

// collectLimit sends whether a limit holds: for the whole fleet without a pool, and
// for pools with a tag those of their own.
func (f fleetCollector) collectLimit(st fleet.Status, kind fleet.HoldKind, gauge gauge) {
	held := map[string]bool{"": false}
	for _, p := range st.Pools {
		if kind == fleet.HoldFleet {
			held[p.Pool] = false
		}
	}
	for _, h := range st.Limits {
		if h.Kind == kind {
			held[h.Pool] = true
		}
	}
	for _, pool := range slices.Sorted(maps.Keys(held)) {
		gauge(pooled(pool, rules.MetricLimited, "1 if more capacity is needed than the limit allows.", "limit"), number(held[pool]), string(kind))
	}
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
	calendar := desc(rules.MetricCalendarProblems, "Problems of a calendar: read, 1 if it cannot be read, and its last state is used; skipped, number of events that cannot be used, at most 5.", "calendar", "problem")
	for _, c := range st.Calendars {
		gauge(calendar, number(c.Error != ""), c.Name, "read")
		gauge(calendar, float64(len(c.Skipped)), c.Name, "skipped")
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
