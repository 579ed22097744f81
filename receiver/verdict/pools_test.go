package verdict

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

func TestAFleetWithoutAServerOfOnePoolIsBadThoughOthersAreIdle(t *testing.T) {
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	active := map[fleet.State]int{fleet.StateActive: 2}
	for want, pool := range map[string]fleet.PoolStatus{
		"no server without a tag takes new meetings; the floor is 2, 1 on the way":     {Floor: 2, Need: 1, Counts: map[fleet.State]int{fleet.StateStarting: 1}},
		"no server with the tag gold takes new meetings; the floor is 1, 0 on the way": {Pool: "gold", Floor: 1, Need: 1},
	} {
		v := Of(Situation{Now: at, Status: fleet.Status{At: at, Ready: true, Floor: 3, Counts: active,
			Pools: []fleet.PoolStatus{pool, {Pool: "silver", Floor: 1, Counts: active}}}})
		if v.Level != Bad || v.Text != want {
			t.Errorf("%s: %q, want %s: %q", v.Level, v.Text, Bad, want)
		}
	}
}
