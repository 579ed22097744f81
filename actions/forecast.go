package actions

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// remember commits the loads that alerts report now. A suppressed alert counts too: a
// silence does not change the load.
func (s *Scaler) remember(cfg fleet.Config) {
	var loads []fleet.Alert
	s.mu.Lock()
	for _, a := range s.memory.Alerts {
		if cfg.Asks[a.Name].Ask == rules.AskRemember && cfg.Concerns(a) && !a.Resolved {
			loads = append(loads, a)
		}
	}
	s.mu.Unlock()
	for _, a := range loads {
		s.change("load", func() fleet.Commit {
			return s.memory.Load.Raise(a.Pool(), a.SeenAt, fleet.Load{
				Cores: a.Annotation(rules.AnnotationCores), RAM: a.Annotation(rules.AnnotationRAM),
			})
		})
	}
}

// RememberedCores returns the busy cores that are remembered of a time, see
// fleet.LoadHistory.Cores.
func (s *Scaler) RememberedCores(from, until time.Time) []fleet.CoresAt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memory.Load.Cores(from, until)
}

// forecasts are the expected loads in one step of the remembered load.
type forecasts struct {
	at    time.Time
	cfg   fleet.ForecastConfig
	pools []fleet.PoolForecast
}

// forecast returns the expected load of each pool. It is computed once in a step of the
// remembered load, in which it does not change. The caller holds mu.
func (s *Scaler) forecast(cfg fleet.ForecastConfig, events fleet.Events, now time.Time) []fleet.PoolForecast {
	at := now.Truncate(fleet.LoadStep)
	switch {
	case !cfg.Enabled:
		return nil
	case s.expected.at.Equal(at) && s.expected.cfg == cfg:
		return s.expected.pools
	}
	s.expected = forecasts{at: at, cfg: cfg}
	for _, pool := range s.memory.Load.Pools() {
		f := fleet.PoolForecast{Pool: pool}
		f.Cores, f.RAM = plan.Forecast(cfg, s.memory.Load.Of(pool), events.DayOff, now)
		if f.Cores != nil || f.RAM != nil {
			s.expected.pools = append(s.expected.pools, f)
		}
	}
	return s.expected.pools
}
