package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// seen is a metric of the scaler as a scenario for one alert gives it, with the
// alert firing after its patience, or never.
type seen struct {
	name   string
	metric string
	by     []matcher
	value  float64
	fires  bool
}

func (s stage) peopleScenarios() []Scenario {
	limit, drain := []matcher{{"limit", "=", "ceiling"}}, model.Duration(s.in.DrainDeadline)
	drained := time.Duration(drain).Seconds()
	var all []Scenario
	for alert, cases := range map[string][]seen{
		ScalerDown:         {{name: "up", metric: "up", value: 1}, {name: "not up", metric: "up", fires: true}, {name: "not known", metric: "other", fires: true}},
		ScalerDrainingLong: {{name: "at", metric: MetricDraining, value: drained, fires: true}, {name: "below", metric: MetricDraining, value: drained - 1}},
		ScalerAtLimit:      {{name: "limited", metric: MetricLimited, by: limit, value: 1, fires: true}, {name: "not limited", metric: MetricLimited, by: limit}},
		ScalerUnjoined:     {{name: "one", metric: MetricUnjoined, value: 1, fires: true}, {name: "none", metric: MetricUnjoined}},
		ScalerWritesBlocked: {{name: "blocked", metric: MetricWritesBlocked, value: 1, fires: true},
			{name: "not blocked", metric: MetricWritesBlocked}},
	} {
		for _, c := range cases {
			all = append(all, s.seenScenario(alert, c))
		}
	}
	slices.SortStableFunc(all, func(a, b Scenario) int { return strings.Compare(a.Name, b.Name) })
	all = append(all, s.unreadScenario(), s.neverReadScenario())
	all = append(all, s.unseenScenarios()...)
	all = append(all, s.failingScenarios()...)
	return append(all, s.rejectedScenarios()...)
}

func (s stage) seenScenario(alert string, c seen) Scenario {
	n := s.patience(alert)
	sc := Scenario{Name: alert + ": " + c.name, Series: []Series{s.said(c.metric, timeline{steady(c.value, n+3)}, c.by...)}}
	if !c.fires {
		sc.Checks = []Check{s.firingAt(n+2, alert, 0)}
		return sc
	}
	sc.Checks = []Check{s.firingAt(n-1, alert, 0), s.firingAt(n, alert, 1)}
	return sc
}

// unreadScenario has a scaler that runs while its knowledge ages.
func (s stage) unreadScenario() Scenario {
	n, stale := s.patience(ScalerFleetUnread), s.samples(model.Duration(s.in.StaleAfter))
	long := stale + n + 4
	return Scenario{Name: ScalerFleetUnread + ": the last read is too old", Series: []Series{
		{s.scaler(MetricFleetRead), run(0, 0, long)}, s.said("up", timeline{steady(1, long)}),
	}, Checks: []Check{
		s.firingAt(stale+n-1, ScalerFleetUnread, 0), s.firingAt(stale+n, ScalerFleetUnread, 1),
	}}
}

func (s stage) neverReadScenario() Scenario {
	n := s.patience(ScalerFleetUnread)
	return Scenario{Name: ScalerFleetUnread + ": never read; not while the scaler is down, and known for that", Series: []Series{
		s.said("up", timeline{steady(1, n+3), steady(0, n+3)}),
	}, Checks: []Check{
		s.firingAt(n-1, ScalerFleetUnread, 0), s.firingAt(n, ScalerFleetUnread, 1), s.firingAt(2*n+5, ScalerFleetUnread, 0),
		{At: s.at(n), Alert: ScalerFleetUnread, Annotations: map[string]string{AnnotationValue: "0"}},
	}}
}

// unseenScenarios have five servers without metrics, which are just as many as
// the share allows, and just too few.
func (s stage) unseenScenarios() []Scenario {
	n := s.patience(FleetUnseen)
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
		return Scenario{Name: FleetUnseen + ": " + name, Series: series, Checks: checks}
	}
	total := int(5/s.UnseenShare + 1e-9)
	// At first no server has a workload yet: that counts too.
	return []Scenario{
		of("servers in service without metrics", total, s.firingAt(n-1, FleetUnseen, 0), s.firingAt(n, FleetUnseen, 1), s.firingAt(long-1, FleetUnseen, 1)),
		of("a smaller share than configured", total+1, s.firingAt(long-1, FleetUnseen, 0)),
	}
}

// failingScenarios count failed steps of one kind.
func (s stage) failingScenarios() []Scenario {
	n, window := s.patience(ScalerStepsFailing), s.samples(minutes(30))
	failed := []matcher{{"step", "=", "start"}, {"outcome", "=", "failed"}}
	done := []matcher{{"step", "=", "start"}, {"outcome", "=", "done"}}
	// Each failure is one sample on which the counter grows.
	fails := func(apart, times int) Series {
		t := timeline{steady(10, 2)}
		for i := range times {
			t = append(t, steady(float64(11+i), apart))
		}
		return s.said(MetricSteps, append(t, steady(float64(10+times), n+3)), failed...)
	}
	apart := window * 2 / 5
	many := s.said(MetricSteps, timeline{steady(1, 2), steady(50, n+8)}, done...)
	last := func(apart int) int { return 2 + 2*apart }
	return []Scenario{
		{Name: ScalerStepsFailing + ": three within half an hour", Series: []Series{fails(apart, 3), many}, Checks: []Check{
			s.firingAt(last(apart)-1, ScalerStepsFailing, 0), s.firingAt(last(apart)+n-1, ScalerStepsFailing, 0),
			s.firingAt(last(apart)+n, ScalerStepsFailing, boolean(2*apart+n < window-1))}},
		{Name: ScalerStepsFailing + ": three within a whole hour", Series: []Series{fails(window*2/3, 3)}, Checks: []Check{
			s.firingAt(last(window*2/3)+n, ScalerStepsFailing, 0)}},
		{Name: ScalerStepsFailing + ": two at once", Series: []Series{fails(2, 2), many}, Checks: []Check{s.firingAt(6+n, ScalerStepsFailing, 0)}},
	}
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// rejectedScenarios count notifications that were answered with an error.
func (s stage) rejectedScenarios() []Scenario {
	n, window := s.patience(ScalerNotificationsRejected), s.samples(minutes(10))
	code := func(c string) []matcher { return []matcher{{"code", "=", c}} }
	one := func(name, c string, t timeline, checks ...Check) Scenario {
		return Scenario{Name: ScalerNotificationsRejected + ": " + name, Series: []Series{s.said(MetricNotifications, t, code(c)...)}, Checks: checks}
	}
	fires := func(at, want int) Check { return s.firingAt(at, ScalerNotificationsRejected, want) }
	old := 2*window + n
	return []Scenario{
		one("one more of a known kind, for as long as the window", "400", timeline{steady(7, old), steady(8, window+n+8)},
			fires(old-1, 0), fires(old+n-1, 0), fires(old+n, 1), fires(old+window-2, 1), fires(old+window+3, 0)),
		one("the first of its kind", "415", timeline{nothing(4), steady(1, window+n+8)},
			fires(4+n-1, 0), fires(4+n, 1), fires(4+window-2, 1), fires(4+window+3, 0)),
		one("two answers of 5xx are a restart", "503", timeline{steady(7, old), steady(9, n+4)}, fires(old+n+1, 0)),
		one("three answers of 5xx are not", "503", timeline{steady(7, old), steady(10, window+n+8)},
			fires(old+n-1, 0), fires(old+n, 1), fires(old+window-2, 1), fires(old+window+3, 0)),
		one("accepted ones", "200", timeline{steady(7, 4), steady(50, n+4)}, fires(n+6, 0)),
	}
}
