package generate

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// metricCase is a constant metric of the scaler, with which an alert fires after
// its for duration, or never.
type metricCase struct {
	name   string
	metric string
	by     []matcher
	value  float64
	fires  bool
}

func (s setup) peopleScenarios() []Scenario {
	limit, drain := []matcher{{"limit", "=", "ceiling"}}, model.Duration(s.in.DrainDeadline)
	drained := time.Duration(drain).Seconds()
	var all []Scenario
	for alert, cases := range map[string][]metricCase{
		rules.ScalerDown:         {{name: "leads", metric: rules.MetricLeader, value: 1}, {name: "only stands by", metric: rules.MetricLeader, fires: true}, {name: "not known", metric: "other", fires: true}},
		rules.ScalerDrainingLong: {{name: "at", metric: rules.MetricDraining, value: drained, fires: true}, {name: "below", metric: rules.MetricDraining, value: drained - 1}},
		rules.ScalerAtLimit:      {{name: "limited", metric: rules.MetricLimited, by: limit, value: 1, fires: true}, {name: "not limited", metric: rules.MetricLimited, by: limit}},
		rules.ScalerRulesStale: {{name: "other rules", metric: rules.MetricRules, by: []matcher{{rules.LabelDigest, "=", "other"}}, value: 1, fires: true},
			{name: "these rules", metric: rules.MetricRules, by: []matcher{{rules.LabelDigest, "=", s.digest()}}, value: 1}},
		rules.ScalerConfigReloadFailed: {{name: "refused", metric: rules.MetricReloaded, fires: true}, {name: "loaded", metric: rules.MetricReloaded, value: 1}},
		rules.ScalerCalendarProblem: {{name: "cannot be read", metric: rules.MetricCalendarProblems, by: []matcher{{"calendar", "=", "holidays"}, {"problem", "=", "read"}}, value: 1, fires: true},
			{name: "skipped events", metric: rules.MetricCalendarProblems, by: []matcher{{"problem", "=", "skipped"}}, value: 3, fires: true},
			{name: "none", metric: rules.MetricCalendarProblems, by: []matcher{{"problem", "=", "read"}}}},
		rules.ScalerUnjoined: {{name: "one", metric: rules.MetricUnjoined, value: 1, fires: true}, {name: "none", metric: rules.MetricUnjoined}},
		rules.ScalerWritesBlocked: {{name: "blocked", metric: rules.MetricWritesBlocked, value: 1, fires: true},
			{name: "not blocked", metric: rules.MetricWritesBlocked}},
		rules.ScalerContested: {{name: "contested", metric: rules.MetricBrakes, by: []matcher{{"reason", "=", rules.ReasonContested}}, value: 1, fires: true},
			{name: "not contested", metric: rules.MetricBrakes, by: []matcher{{"reason", "=", rules.ReasonContested}}},
			{name: "another brake", metric: rules.MetricBrakes, by: []matcher{{"reason", "=", "demand"}}, value: 1}},
		rules.ScalerDeaf: {{name: "one alert whose notification does not arrive", metric: rules.MetricUnheard, value: 1, fires: true},
			{name: "none", metric: rules.MetricUnheard}},
	} {
		for _, c := range cases {
			all = append(all, s.seenScenario(alert, c))
		}
	}
	slices.SortStableFunc(all, func(a, b Scenario) int { return strings.Compare(a.Name, b.Name) })
	all = append(all, s.unreadScenario(), s.neverReadScenario(), s.otherClockScenario())
	all = append(all, s.clockScenarios()...)
	all = append(all, s.unseenScenarios()...)
	all = append(all, s.failingScenarios()...)
	all = append(all, s.deafScenarios()...)
	all = append(all, s.firstHourScenario())
	return append(all, s.rejectedScenarios()...)
}

func (s setup) seenScenario(alert string, c metricCase) Scenario {
	n := s.patience(alert)
	sc := Scenario{Name: alert + ": " + c.name, Series: []Series{s.scalerGauge(c.metric, timeline{steady(c.value, n+3)}, c.by...)}}
	if !c.fires {
		sc.Checks = []Check{s.firingAt(n+2, alert, 0)}
		return sc
	}
	sc.Checks = []Check{s.firingAt(n-1, alert, 0), s.firingAt(n, alert, 1)}
	return sc
}

// digest is the digest of the rules themselves.
func (s setup) digest() string {
	digest, err := Digest(s.Config, s.in)
	if err != nil {
		panic(err) // only called with a configuration that rules were built from
	}
	return digest
}

// clockScenarios have a daemon whose clock is ahead of Prometheus's clock or
// behind it.
func (s setup) clockScenarios() []Scenario {
	n, limit := s.patience(rules.ScalerClocksApart), clocksApart.Seconds()
	var all []Scenario
	for _, c := range []struct {
		name  string
		by    float64
		fires int
	}{{"at the limit", limit, 0}, {"before", limit + 1, 1}, {"behind", -limit - 1, 1}} {
		all = append(all, Scenario{Name: rules.ScalerClocksApart + ": " + c.name, Series: []Series{
			{s.scaler(rules.MetricClock), run(c.by, s.step().Seconds(), n+3)},
		}, Checks: []Check{s.firingAt(n-1, rules.ScalerClocksApart, 0), s.firingAt(n+2, rules.ScalerClocksApart, c.fires)}})
	}
	return all
}

// otherClockScenario has a daemon that reads the fleet all the time, and whose
// clock is an hour behind Prometheus's.
func (s setup) otherClockScenario() Scenario {
	long := s.patience(rules.ScalerFleetUnread) + 3
	behind := func(metric string, by float64) Series {
		return Series{s.scaler(metric), run(-3600-by, s.step().Seconds(), long)}
	}
	return Scenario{Name: "states: a scaler whose clock is an hour behind is used", Series: []Series{
		behind(rules.MetricClock, 0), behind(rules.MetricFleetRead, 20), s.inState(host(1), "active", timeline{steady(1, long)}),
	}, Checks: []Check{s.valueAt(long-1, fleetReadAge, 20), s.valueAt(long-1, fleetActive, 1), s.firingAt(long-1, rules.ScalerFleetUnread, 0)}}
}

// unreadScenario has a scaler that is up and does not read the fleet any more.
func (s setup) unreadScenario() Scenario {
	n, stale := s.patience(rules.ScalerFleetUnread), s.samples(model.Duration(s.in.StaleAfter))
	long := stale + n + 4
	return Scenario{Name: rules.ScalerFleetUnread + ": the last read is too old", Series: []Series{
		{s.scaler(rules.MetricFleetRead), run(0, 0, long)}, s.running(timeline{steady(1, long)}),
	}, Checks: []Check{
		s.firingAt(stale+n-1, rules.ScalerFleetUnread, 0), s.firingAt(stale+n, rules.ScalerFleetUnread, 1),
	}}
}

func (s setup) neverReadScenario() Scenario {
	n := s.patience(rules.ScalerFleetUnread)
	return Scenario{Name: rules.ScalerFleetUnread + ": never read; not while the scaler is down, and known for that", Series: []Series{
		s.running(timeline{steady(1, n+3)}),
	}, Checks: []Check{
		s.firingAt(n-1, rules.ScalerFleetUnread, 0), s.firingAt(n, rules.ScalerFleetUnread, 1), s.firingAt(n+3+s.emptied(), rules.ScalerFleetUnread, 0),
		{At: s.at(n), Alert: rules.ScalerFleetUnread, Annotations: map[string]string{rules.AnnotationValue: "0"}},
	}}
}

// unseenScenarios have five servers without metrics, whose share of the fleet is
// at the threshold or just below it. No server has a workload at first, which counts as
// without metrics, too.
func (s setup) unseenScenarios() []Scenario {
	n := s.patience(rules.FleetUnseen)
	long := n + s.settled() + 4
	on := timeline{steady(1, long)}
	of := func(name string, total int, checks ...Check) Scenario {
		series := []Series{s.fleetRead(on)}
		for i := range total {
			series = append(series, s.inState(host(i+1), "active", on))
			if i >= 5 {
				series = append(series, s.cpu(host(i+1), timeline{steady(0.25, long)})...)
			}
		}
		return Scenario{Name: rules.FleetUnseen + ": " + name, Series: series, Checks: checks}
	}
	total := int(5/s.UnseenShare + 1e-9)
	return []Scenario{
		of("servers in service without metrics", total, s.firingAt(n-1, rules.FleetUnseen, 0), s.firingAt(n, rules.FleetUnseen, 1), s.firingAt(long-1, rules.FleetUnseen, 1)),
		of("a smaller share than configured", total+1, s.firingAt(long-1, rules.FleetUnseen, 0)),
	}
}

// failingScenarios count failed steps of one kind.
func (s setup) failingScenarios() []Scenario {
	n, window := s.patience(rules.ScalerStepsFailing), s.samples(minutes(30))
	failed := []matcher{{"step", "=", "start"}, {"outcome", "=", "failed"}}
	done := []matcher{{"step", "=", "start"}, {"outcome", "=", "done"}}
	// Each failure is one sample on which the counter grows.
	fails := func(apart, times int) Series {
		t := timeline{steady(10, 2)}
		for i := range times {
			t = append(t, steady(float64(11+i), apart))
		}
		return s.scalerGauge(rules.MetricSteps, append(t, steady(float64(10+times), n+3)), failed...)
	}
	apart := window * 2 / 5
	many := s.scalerGauge(rules.MetricSteps, timeline{steady(1, 2), steady(50, n+8)}, done...)
	last := func(apart int) int { return 2 + 2*apart }
	return []Scenario{
		{Name: rules.ScalerStepsFailing + ": three within half an hour", Series: []Series{fails(apart, 3), many}, Checks: []Check{
			s.firingAt(last(apart)-1, rules.ScalerStepsFailing, 0), s.firingAt(last(apart)+n-1, rules.ScalerStepsFailing, 0),
			s.firingAt(last(apart)+n, rules.ScalerStepsFailing, boolean(2*apart+n < window-1))}},
		{Name: rules.ScalerStepsFailing + ": three within a whole hour", Series: []Series{fails(window*2/3, 3)}, Checks: []Check{
			s.firingAt(last(window*2/3)+n, rules.ScalerStepsFailing, 0)}},
		{Name: rules.ScalerStepsFailing + ": two at once", Series: []Series{fails(2, 2), many}, Checks: []Check{s.firingAt(6+n, rules.ScalerStepsFailing, 0)}},
	}
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// deafScenarios have a firing alert for the scaler, and different numbers of
// notifications.
func (s setup) deafScenarios() []Scenario {
	n := s.patience(rules.ScalerDeaf)
	window := s.samples(model.Duration(s.in.AlertExpiry))
	long := window + 2*n + 8
	asks := Series{selector(alertsSeries, matcher{rules.LabelAlert, "=", "MyAlert"}, matcher{labelAlertState, "=", "firing"},
		matcher{rules.LabelScaler, "=", rules.RouteScaler}, matcher{rules.LabelFleet, "=", s.in.Fleet}), timeline{steady(1, long)}.gauge()}
	ok := []matcher{{"code", "=", "200"}}
	one := func(name string, series []Series, checks ...Check) Scenario {
		return Scenario{Name: rules.ScalerDeaf + ": " + name, Series: append(series, asks), Checks: checks}
	}
	fires := func(at, want int) Check { return s.firingAt(at, rules.ScalerDeaf, want) }
	none := s.scalerGauge(rules.MetricNotifications, timeline{steady(7, long)}, ok...)
	last := window + 1 // the sample from which on no notification is in the window
	return []Scenario{
		one("an alert fires and no notification arrives", []Series{none}, fires(n, 0), fires(n+1, 1)),
		one("one notification, and no other", []Series{s.scalerGauge(rules.MetricNotifications, timeline{steady(7, 2), steady(8, long-2)}, ok...)},
			fires(last-1, 0), fires(last+n-1, 0), fires(last+n+2, 1)),
		one("the scaler reports that the alert is silenced", []Series{none, s.scalerGauge(rules.MetricUnheard, timeline{steady(0, long)})}, fires(long-1, 0)),
	}
}

// firstHourScenario is a healthy fleet from the first start of the scaler on: no
// alert for people fires.
func (s setup) firstHourScenario() Scenario {
	const before = 3
	hour := s.samples(minutes(60))
	from := func(value float64) timeline { return timeline{nothing(before), steady(value, hour)} }
	sc := Scenario{Name: "first hour: no alert for people fires", Series: []Series{
		s.fleetRead(from(0)), s.running(from(1)), s.scalerGauge(rules.MetricLeader, from(1)), s.scalerGauge(rules.MetricUnheard, from(0)),
		s.scalerGauge(rules.MetricFloor, from(float64(2))),
	}}
	for _, code := range []string{"200", "400", "413", "415", "503"} {
		sc.Series = append(sc.Series, s.scalerGauge(rules.MetricNotifications, from(0), matcher{"code", "=", code}))
	}
	for metric, label := range map[string]matcher{
		rules.MetricSteps: {"outcome", "=", "failed"}, rules.MetricLimited: {"limit", "=", "fleet"},
		rules.MetricUnjoined: {"source", "=", "cloud"}, rules.MetricWritesBlocked: {"reason", "=", "frozen"},
	} {
		sc.Series = append(sc.Series, s.scalerGauge(metric, from(0), label))
	}
	slices.SortFunc(sc.Series, func(a, b Series) int { return strings.Compare(a.Series, b.Series) })
	for i := range 2 {
		sc.Series = append(sc.Series, s.inState(host(i+1), "active", from(1)))
		sc.Series = append(sc.Series, s.cpu(host(i+1), timeline{steady(0.25, before+hour)})...)
		sc.Series = append(sc.Series, s.memory(host(i+1), timeline{steady(0.25, before+hour)})...)
	}
	firing := selector(alertsSeries, matcher{labelAlertState, "=", "firing"}, matcher{rules.LabelScaler, "=", ""})
	for at := before; at < before+hour; at += max(1, hour/60) {
		sc.Checks = append(sc.Checks, Check{At: s.at(at), Expr: "count(" + firing + ") or vector(0)"})
	}
	return sc
}

// rejectedScenarios count notifications that were answered with an error.
func (s setup) rejectedScenarios() []Scenario {
	n, window := s.patience(rules.ScalerNotificationsRejected), s.samples(minutes(10))
	code := func(c string) []matcher { return []matcher{{"code", "=", c}} }
	one := func(name, c string, t timeline, checks ...Check) Scenario {
		return Scenario{Name: rules.ScalerNotificationsRejected + ": " + name, Series: []Series{s.scalerGauge(rules.MetricNotifications, t, code(c)...)}, Checks: checks}
	}
	fires := func(at, want int) Check { return s.firingAt(at, rules.ScalerNotificationsRejected, want) }
	old := 2*window + n
	return []Scenario{
		one("one more of a known kind, for as long as the window", "400", timeline{steady(7, old), steady(8, window+n+8)},
			fires(old-1, 0), fires(old+n-1, 0), fires(old+n, 1), fires(old+window-2, 1), fires(old+window+3, 0)),
		one("the first of its kind", "415", timeline{nothing(4), steady(1, window+n+8)},
			fires(4+n-1, 0), fires(4+n, 1), fires(4+window-2, 1), fires(4+window+3, 0)),
		one("none yet, from the first start on", "400", timeline{nothing(4), steady(0, window+n+8)}, fires(4+n, 0), fires(4+window-2, 0)),
		one("the first of a series that begins at 0", "400", timeline{nothing(4), steady(0, 4), steady(1, window+n+8)},
			fires(8+n-1, 0), fires(8+n, 1), fires(8+window+n+3, 0)),
		one("two answers of 5xx are a restart", "503", timeline{steady(7, old), steady(9, n+4)}, fires(old+n+1, 0)),
		one("three answers of 5xx are not", "503", timeline{steady(7, old), steady(10, window+n+8)},
			fires(old+n-1, 0), fires(old+n, 1), fires(old+window-2, 1), fires(old+window+3, 0)),
		one("accepted ones", "200", timeline{steady(7, 4), steady(50, n+4)}, fires(n+6, 0)),
	}
}
