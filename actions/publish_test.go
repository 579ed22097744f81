package actions

import (
	"maps"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

func TestTheCooldownsOfTheFleetEndWhenTheNextStepMayBegin(t *testing.T) {
	now := time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC)
	cfg := fleet.Defaults()
	cfg.Capacity.MaxStep, cfg.Cooldowns.Out, cfg.Cooldowns.In = 2, 3*time.Minute, 10*time.Minute
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for name, tt := range map[string]struct {
		record fleet.FleetRecord
		want   map[string]time.Time
	}{
		"nothing happened":         {fleet.FleetRecord{}, nil},
		"one more may start":       {fleet.FleetRecord{Outs: []time.Time{ago(time.Minute), ago(4 * time.Minute)}}, nil},
		"the step is used up":      {fleet.FleetRecord{Outs: []time.Time{ago(time.Minute), ago(2 * time.Minute)}}, map[string]time.Time{fleet.CooldownOut: now.Add(time.Minute)}},
		"more than the step began": {fleet.FleetRecord{Outs: []time.Time{ago(time.Minute), ago(2 * time.Minute), ago(2 * time.Minute)}}, map[string]time.Time{fleet.CooldownOut: now.Add(time.Minute)}},
		"scale-in waits":           {fleet.FleetRecord{In: ago(4 * time.Minute)}, map[string]time.Time{fleet.CooldownIn: now.Add(6 * time.Minute)}},
		"scale-in no longer waits": {fleet.FleetRecord{In: ago(10 * time.Minute)}, nil},
	} {
		if got := fleetCooldowns(tt.record, cfg, now); !maps.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
