package actions_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestDryRunJournalsAndWritesNothing(t *testing.T) {
	cfg := schoolConfig()
	cfg.DryRun, cfg.Capacity.MinActive = true, 3
	sc := newSchool(t, cfg, sim.Config{Servers: 4, Running: 1})
	sc.run(30 * time.Minute)
	if n := sc.steps(); n != 0 {
		t.Errorf("%d changes were made, want none", n)
	}
	lines, _ := sc.store.Journal(10, "")
	if len(lines) != 2 || !lines[0].DryRun || lines[0].Step.Kind != actions.Start {
		t.Errorf("journal %+v, want two starts, once each", lines)
	}
}
