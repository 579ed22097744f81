package actions_test

import (
	"testing"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"

	"github.com/bbb-scaler/bbb-scaler/actions"
)

func TestTheFloorIsTheGreatestOfNumberShareAndSchedule(t *testing.T) {
	always := actions.Schedule{{Name: "always", MinActive: 20, Intervals: []timeinterval.TimeInterval{{}}}}
	for _, tt := range []struct {
		name     string
		capacity actions.Capacity
		servers  int
		want     int
	}{
		{"a share is rounded up", actions.Capacity{MinActive: 2, MinActiveShare: 0.02}, 745, 15},
		{"a whole share is what it is", actions.Capacity{MinActive: 1, MinActiveShare: 0.07}, 100, 7},
		{"of a small fleet the number is more", actions.Capacity{MinActive: 2, MinActiveShare: 0.02}, 30, 2},
		{"no share", actions.Capacity{MinActive: 2}, 745, 2},
		{"the schedule is more", actions.Capacity{MinActive: 2, MinActiveShare: 0.02, Schedule: always}, 745, 20},
		{"the schedule is less", actions.Capacity{MinActive: 2, MinActiveShare: 0.1, Schedule: always}, 745, 75},
		{"a share asks for no more than the ceiling", actions.Capacity{MinActive: 2, MinActiveShare: 0.5, Ceiling: 10}, 100, 10},
	} {
		if got := tt.capacity.FloorAt(time.Now(), tt.servers); got != tt.want {
			t.Errorf("%s: %+v.FloorAt(now, %d) = %d, want %d", tt.name, tt.capacity, tt.servers, got, tt.want)
		}
	}
}
