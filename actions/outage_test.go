package actions_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestAnOutageIsLoggedOnceWhenItBeginsAndOnceWhenItEnds(t *testing.T) {
	for name, fault := range map[string]sim.Fault{
		"datacenter": {Kind: sim.CloudAnswers, Op: "servers", Status: 503},
		"balancer":   {Kind: sim.BalancerFail, Op: "servers"},
	} {
		t.Run(name, func(t *testing.T) {
			fx := newFixture(t, fixtureConfig(), sim.Config{Servers: 4, Running: 2})
			var log bytes.Buffer
			fx.log = slog.New(slog.NewTextHandler(&log, nil))
			fx.restart()
			fx.run(time.Minute)
			if !fx.s.Ready() || strings.Contains(log.String(), "read") {
				t.Fatalf("ready %v before the outage, log %q; want ready, and nothing about reads", fx.s.Ready(), log.String())
			}
			if fault.Kind == sim.CloudAnswers {
				fault.On = fx.w.Servers()[0].Datacenter
			}
			lift := fx.w.Inject(fault)
			fx.run(fx.cfg.Deadlines.Stale - time.Minute)
			if !fx.s.Ready() {
				t.Errorf("not ready although what was read last is younger than deadlines.stale")
			}
			fx.run(2 * time.Minute)
			if fx.s.Ready() || fx.s.Status().Ready {
				t.Errorf("ready although the fleet was not read for longer than deadlines.stale")
			}
			lift()
			fx.run(time.Minute)
			begins, ends := strings.Count(log.String(), "cannot be read"), strings.Count(log.String(), "is read again")
			if !fx.s.Ready() || begins != 1 || ends != 1 {
				t.Errorf("ready %v, %d lines that it begins, %d that it ends; want one of each\n%s", fx.s.Ready(), begins, ends, log.String())
			}
		})
	}
}

func TestAScalerWhoseCyclesStopIsNotReady(t *testing.T) {
	fx := newFixture(t, fixtureConfig(), sim.Config{Servers: 2, Running: 2})
	fx.run(time.Minute)
	fx.w.Run(fx.cfg.Deadlines.Stale + time.Second)
	if fx.s.Ready() || fx.s.Status().Ready {
		t.Errorf("ready although the last cycle was longer ago than deadlines.stale")
	}
}
