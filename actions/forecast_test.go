package actions_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// loadAlert is the alert that reports the load, as of the present time.
func loadAlert(fx *fixture, pool, cores, ram string) fleet.Alert {
	return fleet.Alert{
		Fingerprint: "load " + pool, Name: rules.FleetLoad, Labels: map[string]string{rules.LabelPool: pool}, StartsAt: fx.w.Now(), SeenAt: fx.w.Now(),
		Annotations: map[string]string{rules.AnnotationCores: cores, rules.AnnotationRAM: ram},
	}
}

func forecastFixture(t *testing.T) *fixture {
	cfg := fixtureConfig()
	cfg.Forecast = fleet.ForecastConfig{Enabled: true, Ahead: 15 * time.Minute, Hold: time.Hour, LevelWindow: time.Hour, LevelPrior: 0.1, LevelMax: 2, Location: time.UTC}
	return newFixture(t, cfg, sim.Config{Servers: 4, Running: 2})
}

// remembers returns what the store holds of a pool's load at a time.
func remembers(t *testing.T, fx *fixture, pool string, at time.Time) fleet.Load {
	t.Helper()
	m, err := fx.store.Load(context.Background())
	must(t, err)
	return m.Load.Of(pool).At(at)
}

func TestTheLoadInAlertsIsRememberedAndForecast(t *testing.T) {
	fx := forecastFixture(t)
	for day := range 3 {
		for step := range 24 {
			cores := "2"
			if step >= 12 { // from 08:00 on
				cores = "40"
			}
			must(t, onlyErr(fx.s.Notify([]fleet.Alert{loadAlert(fx, "", cores, "4096"), loadAlert(fx, "gold", "3.5", "1024")})))
			must(t, fx.s.Cycle(context.Background(), fx.w.Now()))
			if f := fx.s.Status().Forecasts; day == 2 && step == 9 { // 07:45, like the day before
				if len(f) != 2 || f[0].Pool != "" || f[1].Pool != "gold" {
					t.Fatalf("forecasts = %+v, want those of two pools", f)
				}
				if c := f[0].Cores; math.Abs(c.Soon-40) > 4 || c.Weekly || math.Abs(f[1].Cores.Soon-3.5) > 0.1 || math.Abs(f[0].RAM.Soon-4096) > 50 {
					t.Errorf("forecasts = %+v, %+v, %+v; want 40 and 3.5 cores and 4096 MiB, of another day", c, f[0].RAM, f[1].Cores)
				}
			}
			fx.w.Advance(fx.w.Now().Add(fleet.LoadStep))
		}
		fx.w.Advance(fx.w.Now().Add(22 * time.Hour))
	}
	at := fx.w.Now().Add(-23 * time.Hour)
	before := remembers(t, fx, "", at)
	fx.restart()
	if after := remembers(t, fx, "", at); before != after || before.Cores < 39 {
		t.Errorf("after a restart the load of %v is %v, want %v", at, after, before)
	}
}

func TestOnlyALoadThatIsOneIsRemembered(t *testing.T) {
	for name, change := range map[string]func(*fleet.Alert){
		"no number":       func(a *fleet.Alert) { a.Annotations[rules.AnnotationCores] = "many" },
		"not a number":    func(a *fleet.Alert) { a.Annotations[rules.AnnotationCores] = "NaN" },
		"below zero":      func(a *fleet.Alert) { a.Annotations[rules.AnnotationCores] = "-1" },
		"no annotations":  func(a *fleet.Alert) { a.Annotations = nil },
		"another fleet's": func(a *fleet.Alert) { a.Labels[rules.LabelFleet] = "other" },
		"another alert":   func(a *fleet.Alert) { a.Name = rules.FleetForecastHigh },
		"resolved":        func(a *fleet.Alert) { a.Resolved = true },
	} {
		fx := forecastFixture(t)
		a := loadAlert(fx, "", "12", "4096")
		change(&a)
		must(t, onlyErr(fx.s.Notify([]fleet.Alert{a})))
		must(t, fx.s.Cycle(context.Background(), fx.w.Now()))
		if got := remembers(t, fx, "", fx.w.Now()); !math.IsNaN(got.Cores) {
			t.Errorf("%s: %v is remembered, want nothing", name, got)
		}
	}
}

func TestASilenceHidesNoLoad(t *testing.T) {
	fx := forecastFixture(t)
	a := loadAlert(fx, "", "12", "4096")
	a.Suppressed = true
	must(t, onlyErr(fx.s.Notify([]fleet.Alert{a})))
	must(t, fx.s.Cycle(context.Background(), fx.w.Now()))
	if got := remembers(t, fx, "", fx.w.Now()); got != (fleet.Load{Cores: 12, RAM: 4096}) {
		t.Errorf("of a silenced alert %v is remembered, want 12 cores", got)
	}
}

// countingStore counts the commits that write load, and its days.
type countingStore struct {
	fleet.Store
	commits, days int
}

func (s *countingStore) Commit(ctx context.Context, c fleet.Commit) error {
	if len(c.Load) > 0 {
		s.commits++
		s.days += len(c.Load)
	}
	return s.Store.Commit(ctx, c)
}

func TestALoadRewritesOneDayOnly(t *testing.T) {
	fx := forecastFixture(t)
	counted := &countingStore{Store: fx.store}
	fx.store = counted
	fx.restart()
	for i := range 60 {
		must(t, onlyErr(fx.s.Notify([]fleet.Alert{loadAlert(fx, "", fmt.Sprint(10+i%3), "4096")})))
		for range 4 {
			must(t, fx.s.Cycle(context.Background(), fx.w.Now()))
		}
		fx.w.Advance(fx.w.Now().Add(2 * time.Minute))
	}
	if counted.days != counted.commits || counted.commits < 24 || counted.commits > 60 {
		t.Errorf("%d days were written in %d commits for 60 notifications, want one a commit and at most one a notification", counted.days, counted.commits)
	}
}
