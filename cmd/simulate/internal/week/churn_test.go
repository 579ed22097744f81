package week

import (
	"context"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// exchanger is a sabotaged scaler: every ten minutes it starts a server, and stops the
// one that it started before. No server is started twice within two hours.
type exchanger struct{ config fleet.Config }

func (exchanger) Name() string { return "exchanger" }

func (s exchanger) Prepare(cfg *sim.Config) {
	cfg.Running, cfg.Size = 1, s.config.Sizes.Default
	allEnabled(cfg)
}

func (s exchanger) Begin(w *sim.World, _ Setup) (Run, error) {
	n := 0
	return &pollingRun{w: w, cfg: s.config, every: 10 * time.Minute, next: w.Now(), cycle: func(ctx context.Context, p *pollingRun, servers []sim.Reading) error {
		_, _ = w.Cloud().Stop(ctx, refOf(servers[n%len(servers)]))
		n++
		_, err := w.Cloud().Start(ctx, refOf(servers[n%len(servers)]))
		return err
	}}, nil
}

func TestAScalerThatExchangesServersForEverHasChurnAndNoFlaps(t *testing.T) {
	c := aDay(13, config.Defaults(), exchanger{config.Defaults().Actions})
	c.Trace = []sim.Arrival{{At: monday.Add(30 * time.Hour), MeetingSpec: sim.MeetingSpec{Duration: time.Hour, Participants: 2}}}
	o := mustRun(t, c)[0].Outcomes[0]
	if starts := o.Figures.Steps[fleet.Start]; starts < 140 || o.Churn != starts-1 || o.Figures.Flaps != 0 {
		t.Errorf("%d starts, churn %d, %d flaps; want about 144, all but the first, and 0", starts, o.Churn, o.Figures.Flaps)
	}
}

func TestChurnCountsStartsAfterAStopThatTheLoadDidNotAskFor(t *testing.T) {
	cfg := fleet.Defaults()
	cfg.Capacity.MinActive, cfg.Capacity.MinActiveShare = 1, 0
	cfg.Capacity.Schedule = fleet.Schedule{}
	target := targetOf(light().Load, cfg)
	each := target.carries(cfg.Sizes.Default).cores / target.Load.ParticipantCores // people on one server
	const step = time.Minute
	// demand has the people of so many servers from a minute on.
	demand := func(servers map[int]float64) Demand {
		d := Demand{Start: monday, Step: step, Crowds: make([]sim.Crowd, 300)}
		people := 0.0
		for i := range d.Crowds {
			if n, ok := servers[i]; ok {
				people = n * each
			}
			d.Crowds[i].Participants = people
		}
		return d
	}
	asked := func(before, minute int) sim.Switch {
		return sim.Switch{At: monday.Add(time.Duration(minute) * step), Asked: monday.Add(time.Duration(before) * step), On: true}
	}
	on := func(minute int) sim.Switch { return asked(minute, minute) }
	off := func(minute int) sim.Switch { return sim.Switch{At: monday.Add(time.Duration(minute) * step)} }
	tests := []struct {
		name     string
		switches []sim.Switch
		demand   map[int]float64
		want     int
	}{
		{"starts without a stop before", []sim.Switch{on(10), on(20)}, nil, 0},
		{"a start after a stop", []sim.Switch{off(10), on(20)}, nil, 1},
		{"a start 30 min after a stop", []sim.Switch{off(10), on(40)}, nil, 1},
		{"a start 31 min after a stop", []sim.Switch{off(10), on(41)}, nil, 0},
		{"a start before a stop", []sim.Switch{on(10), off(20)}, nil, 0},
		{"a start that was asked for before a stop", []sim.Switch{off(18), asked(17, 19)}, nil, 0},
		{"a start that was asked for before the last of two stops", []sim.Switch{off(10), off(18), asked(17, 19)}, nil, 1},
		{"one stop and two starts", []sim.Switch{off(10), on(20), on(21)}, nil, 1},
		{"an exchange for ever", []sim.Switch{on(0), off(5), on(10), off(15), on(20), off(25), on(30)}, nil, 3},
		{"the load has risen by a server since the stop", []sim.Switch{off(10), on(20)}, map[int]float64{15: 1.01}, 0},
		{"the load has risen by less than a server", []sim.Switch{off(10), on(20)}, map[int]float64{15: 0.9}, 1},
		{"the load rises soon after the start", []sim.Switch{off(10), on(20)}, map[int]float64{49: 1.01}, 0},
		{"the load rises long after the start", []sim.Switch{off(10), on(20)}, map[int]float64{52: 1.01}, 1},
		{"the load rose before the stop only", []sim.Switch{off(10), on(20)}, map[int]float64{9: 5}, 1},
		{"the load rises by one server for two starts", []sim.Switch{off(10), off(11), on(20), on(21)}, map[int]float64{15: 1.01}, 1},
		{"the load rises by two servers for two starts", []sim.Switch{off(10), off(11), on(20), on(21)}, map[int]float64{15: 2.02}, 0},
	}
	for _, tt := range tests {
		if got := Churn(tt.switches, demand(tt.demand), target, cfg, "", 10); got != tt.want {
			t.Errorf("%s: churn %d, want %d", tt.name, got, tt.want)
		}
	}
}
