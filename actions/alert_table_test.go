package actions_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// racing is an Alertmanager that makes its list before a notification, which then
// arrives before the list.
type racing struct {
	source
	meanwhile func()
}

func (r *racing) Alerts(ctx context.Context) ([]fleet.Alert, error) {
	list, err := r.source.Alerts(ctx)
	if r.meanwhile != nil {
		r.meanwhile()
	}
	return list, err
}

func TestNotificationIsNotUndoneByAnOlderList(t *testing.T) {
	fx := newFixture(t, fixtureConfig(), sim.Config{Servers: 1, Running: 1})
	high := fires(rules.ServerCPUHigh, fx.w.Now(), fx.w.Now())
	src := &racing{source: source{alerts: []fleet.Alert{high}}}
	fx.alerts = src
	fx.restart()
	src.meanwhile = func() {
		fx.w.Advance(fx.w.Now().Add(time.Second))
		must(t, onlyErr(fx.s.Notify([]fleet.Alert{over(fires(high.Name, high.StartsAt, fx.w.Now()))})))
	}
	must(t, onlyErr(fx.s.Notify([]fleet.Alert{high})))
	must(t, fx.s.Cycle(t.Context(), fx.w.Now()))
	if got := fx.s.Alerts(); len(got) != 0 {
		t.Errorf("%v fire, want none: it was resolved after the list was asked for", got)
	}
}

// source is an Alertmanager whose list a test sets.
type source struct {
	alerts []fleet.Alert
	err    error
}

func (s *source) Alerts(context.Context) ([]fleet.Alert, error) { return s.alerts, s.err }

// newAlertFixture returns a Scaler for one server, with src as its Alertmanager (nil:
// none), and its clock, which the test sets.
func newAlertFixture(t *testing.T, src *source) (*actions.Scaler, *time.Time) {
	t.Helper()
	now := noon
	w := sim.New(sim.Config{Servers: 1, Running: 1, Start: noon})
	cfg := fixtureConfig()
	cfg.Capacity.MinActive = 1
	cfg.Fleet.Datacenters = []string{w.Servers()[0].Datacenter}
	deps := actions.Deps{
		Cloud: w.Cloud(), Balancer: w.Balancer(), Meetings: w.Meetings(), Resolve: w.Resolve,
		Store: store.NewMemory(), Now: func() time.Time { return now }, InOrder: true,
	}
	if src != nil {
		deps.Alerts = src
	}
	s, err := actions.New(cfg, deps)
	must(t, err)
	return s, &now
}

func fires(name string, starts, seen time.Time) fleet.Alert {
	return fleet.Alert{Fingerprint: name, Name: name, StartsAt: starts, SeenAt: seen}
}

func over(a fleet.Alert) fleet.Alert { a.Resolved = true; return a }

func TestAlertTable(t *testing.T) {
	first, second := noon.Add(-time.Hour), noon.Add(-time.Minute)
	high := rules.FleetCPUHigh
	for _, tt := range []struct {
		name string
		sent []fleet.Alert
		want int
	}{
		{"a firing alert is in the table", []fleet.Alert{fires(high, first, noon)}, 1},
		{"repeated it is there once", []fleet.Alert{fires(high, first, noon), fires(high, first, noon)}, 1},
		{"resolved it is not", []fleet.Alert{fires(high, first, noon), over(fires(high, first, noon))}, 0},
		{"a late notification of the same episode does not bring it back",
			[]fleet.Alert{over(fires(high, first, noon)), fires(high, first, noon)}, 0},
		{"a new episode does", []fleet.Alert{over(fires(high, first, noon)), fires(high, second, noon)}, 1},
		{"a late resolution of an older episode ends nothing",
			[]fleet.Alert{fires(high, second, noon), over(fires(high, first, noon))}, 1},
		{"an alert of an unknown name is nobody's", []fleet.Alert{fires("DiskFull", first, noon)}, 0},
		{"an alert of another fleet is another's", []fleet.Alert{withFleet(fires(high, first, noon), "other")}, 0},
		{"an alert of this fleet is ours", []fleet.Alert{withFleet(fires(high, first, noon), "bbb")}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := newAlertFixture(t, nil)
			for _, a := range tt.sent {
				must(t, onlyErr(s.Notify([]fleet.Alert{a})))
			}
			if got := len(s.Alerts()); got != tt.want {
				t.Errorf("%d alerts, want %d: %v", got, tt.want, s.Alerts())
			}
		})
	}
}

func withFleet(a fleet.Alert, fleet string) fleet.Alert {
	a.Labels = map[string]string{rules.LabelFleet: fleet}
	return a
}

func TestAlertThatAlertmanagerNoLongerListsIsDropped(t *testing.T) {
	src := &source{}
	s, now := newAlertFixture(t, src)
	must(t, onlyErr(s.Notify([]fleet.Alert{fires(rules.FleetCPUHigh, noon, noon)})))
	*now = now.Add(10 * time.Minute)
	must(t, s.Cycle(t.Context(), *now))
	if got := s.Alerts(); len(got) != 0 {
		t.Errorf("alerts %v, want none", got)
	}
}

func TestAlertThatANotificationMissedIsReadFromAlertmanager(t *testing.T) {
	src := &source{alerts: []fleet.Alert{fires(rules.FleetCPUHigh, noon.Add(-time.Minute), noon)}}
	s, now := newAlertFixture(t, src)
	must(t, s.Cycle(t.Context(), *now))
	if got := s.Alerts(); len(got) != 1 {
		t.Errorf("alerts %v, want one", got)
	}
}

func TestAlertsStayWhileAlertmanagerCannotBeRead(t *testing.T) {
	src := &source{err: errors.New("connection refused")}
	s, now := newAlertFixture(t, src)
	must(t, onlyErr(s.Notify([]fleet.Alert{fires(rules.FleetCPUHigh, noon, noon)})))
	*now = now.Add(10 * time.Minute)
	must(t, s.Cycle(t.Context(), *now))
	if got := s.Alerts(); len(got) != 1 {
		t.Errorf("alerts %v, want one", got)
	}
}

func TestSilencedAlertAsksForNothing(t *testing.T) {
	a := fires(rules.FleetCPUHigh, noon.Add(-time.Minute), noon)
	src := &source{alerts: []fleet.Alert{a}}
	s, now := newAlertFixture(t, src)
	must(t, s.Cycle(t.Context(), *now))
	if need := s.Status().Need; need == 0 {
		t.Fatalf("need %d with the alert firing, want some", need)
	}
	a.Suppressed = true
	src.alerts = []fleet.Alert{a}
	*now = now.Add(10 * time.Minute)
	must(t, s.Cycle(t.Context(), *now))
	if need := s.Status().Need; need != 0 {
		t.Errorf("need %d while it is silenced, want 0", need)
	}
}

func TestAlertNotHeardOfForLongAsksForNothing(t *testing.T) {
	s, now := newAlertFixture(t, nil)
	must(t, onlyErr(s.Notify([]fleet.Alert{fires(rules.FleetCPUHigh, noon, noon)})))
	must(t, s.Cycle(t.Context(), *now))
	if need := s.Status().Need; need == 0 {
		t.Fatalf("need %d with the alert firing, want some", need)
	}
	*now = now.Add(fleet.Defaults().Deadlines.AlertExpiry + time.Minute)
	must(t, s.Cycle(t.Context(), *now))
	if need := s.Status().Need; need != 0 {
		t.Errorf("need %d, want 0", need)
	}
}

func TestEpisodesAreToldApartByWhatOrdersNotifications(t *testing.T) {
	early, start := noon.Add(-25*time.Second), noon.Add(-10*time.Second)
	fired := func(starts, at time.Time) fleet.Alert { return fires(rules.FleetCPUHigh, starts, at) }
	ended := func(starts, ends, at time.Time) fleet.Alert {
		a := over(fires(rules.FleetCPUHigh, starts, at))
		a.EndsAt = ends
		return a
	}
	for _, tt := range []struct {
		name string
		sent []fleet.Alert
		want int
	}{
		{"an alert with the earlier start time of the other Prometheus is resolved by it",
			[]fleet.Alert{fired(start, noon), fired(early, noon.Add(time.Second)), ended(early, noon.Add(time.Minute), noon.Add(time.Minute))}, 0},
		{"a resolve with the earlier start time of the other Prometheus counts",
			[]fleet.Alert{fired(start, noon), ended(early, noon.Add(time.Minute), noon.Add(time.Minute))}, 0},
		{"a resolve of an episode that ended before this one began does not count",
			[]fleet.Alert{fired(start, noon), ended(early, start.Add(-time.Second), noon.Add(time.Second))}, 1},
		{"it counts once it is repeated, since Alertmanager may forget an alert that only one Prometheus saw",
			[]fleet.Alert{fired(start, noon), ended(early, start.Add(-time.Second), noon.Add(time.Second)),
				ended(early, start.Add(-time.Second), noon.Add(61*time.Second))}, 0},
		{"it does not count while the alert is repeated, too, since two peers disagree",
			[]fleet.Alert{fired(start, noon), fired(start, noon.Add(50*time.Second)),
				ended(early, start.Add(-time.Second), noon.Add(61*time.Second))}, 1},
		{"an alert that comes back after a lapse with its old start time fires again, once it is repeated",
			[]fleet.Alert{fired(start, noon), ended(start, noon.Add(time.Minute), noon.Add(time.Minute)),
				fired(start, noon.Add(90*time.Second)), fired(start, noon.Add(150*time.Second))}, 1},
		{"a copy of a firing notification that a peer sends a little late does not bring the alert back",
			[]fleet.Alert{fired(start, noon), ended(start, noon.Add(time.Minute), noon.Add(time.Minute)), fired(start, noon.Add(75*time.Second))}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, now := newAlertFixture(t, nil)
			for _, a := range tt.sent {
				*now = a.SeenAt
				must(t, onlyErr(s.Notify([]fleet.Alert{a})))
			}
			if got := len(s.Alerts()); got != tt.want {
				t.Errorf("%d alerts, want %d: %v", got, tt.want, s.Alerts())
			}
		})
	}
}

func TestAlertSeenInTheFutureIsDroppedOnceAlertmanagerNoLongerListsIt(t *testing.T) {
	src := &source{}
	s, now := newAlertFixture(t, src)
	must(t, onlyErr(s.Notify([]fleet.Alert{fires(rules.FleetCPUHigh, noon, noon.Add(2*time.Hour))}))) // the clock was ahead
	for range 2 {
		*now = now.Add(5 * time.Minute)
		must(t, s.Cycle(t.Context(), *now))
	}
	if got := s.Alerts(); len(got) != 0 {
		t.Errorf("%v fire, want none", got)
	}
}

func TestAnAlertThatIsNewInTheListIsLeftToItsNotification(t *testing.T) {
	src := &source{alerts: []fleet.Alert{fires(rules.FleetCPUHigh, noon.Add(-time.Second), noon)}}
	s, now := newAlertFixture(t, src)
	must(t, s.Cycle(t.Context(), *now))
	if got := s.Alerts(); len(got) != 0 {
		t.Errorf("alerts %v, want none: a time interval may be about to mute it", got)
	}
	*now = now.Add(fleet.Defaults().Deadlines.AlertResync)
	src.alerts[0].SeenAt = *now
	must(t, s.Cycle(t.Context(), *now))
	if got := s.Alerts(); len(got) != 1 {
		t.Errorf("alerts %v, want the one whose notification was lost", got)
	}
}

func TestALateCopyIsKnownAlsoAfterAReadOfAlertmanager(t *testing.T) {
	s, now := newAlertFixture(t, &source{})
	fired := fires(rules.FleetCPUHigh, noon.Add(-time.Hour), noon)
	must(t, onlyErr(s.Notify([]fleet.Alert{fired})))
	must(t, onlyErr(s.Notify([]fleet.Alert{over(fired)})))
	*now = now.Add(10 * time.Second)
	must(t, s.Cycle(t.Context(), *now))
	fired.SeenAt = now.Add(time.Second)
	must(t, onlyErr(s.Notify([]fleet.Alert{fired})))
	if got := s.Alerts(); len(got) != 0 {
		t.Errorf("alerts %v, want none: a peer sent a copy from before the end", got)
	}
}

func TestAlertsThatOnlyAlertmanagersListTellsOfAreToldToPeople(t *testing.T) {
	expiry := fleet.Defaults().Deadlines.AlertExpiry
	for _, tt := range []struct {
		name string
		// called before each cycle; a cycle runs every three minutes
		each func(at time.Duration, list []fleet.Alert, notify func(fleet.Alert))
		want int
	}{
		{"no notification arrives", func(time.Duration, []fleet.Alert, func(fleet.Alert)) {}, 1},
		{"one arrived", func(at time.Duration, list []fleet.Alert, notify func(fleet.Alert)) {
			if at == expiry/2 {
				notify(list[0])
			}
		}, 0},
		{"it is silenced", func(_ time.Duration, list []fleet.Alert, _ func(fleet.Alert)) { list[0].Suppressed = true }, 0},
		{"it was silenced until just now", func(at time.Duration, list []fleet.Alert, _ func(fleet.Alert)) {
			list[0].Suppressed = at < expiry
		}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := &source{alerts: []fleet.Alert{fires(rules.FleetCPUHigh, noon.Add(-time.Hour), noon)}}
			s, now := newAlertFixture(t, src)
			for at := time.Duration(0); at <= expiry+6*time.Minute; at += 3 * time.Minute {
				*now = noon.Add(at)
				src.alerts[0].SeenAt = *now
				tt.each(at, src.alerts, func(a fleet.Alert) { must(t, onlyErr(s.Notify([]fleet.Alert{a}))) })
				must(t, s.Cycle(t.Context(), *now))
				if at <= expiry && len(s.Status().Unheard) > 0 {
					t.Errorf("after %v already: %q", at, s.Status().Unheard)
				}
			}
			if got := s.Status().Unheard; len(got) != tt.want {
				t.Errorf("Status().Unheard = %q, want %d", got, tt.want)
			}
		})
	}
}
