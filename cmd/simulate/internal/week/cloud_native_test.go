package week

import (
	"math"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

func TestAnAutoScalingGroupKnowsCPUAndNoMeetings(t *testing.T) {
	cfg := config.Defaults().Actions
	begin := monday.Add(8 * time.Hour)
	crowd := func(meetings, people int, length time.Duration) (all []sim.Arrival) {
		for range meetings {
			all = append(all, sim.Arrival{At: begin, MeetingSpec: sim.MeetingSpec{Duration: length, Participants: people, Fill: time.Minute}})
		}
		return all
	}
	run := func(length time.Duration, arrivals []sim.Arrival) Result {
		w := light()
		return mustSimulate(t, Setup{World: sim.Config{Seed: 1, Start: begin, Servers: 8, Load: w.Load}, Until: begin.Add(length), Arrivals: arrivals}, CloudNative{cfg})
	}
	if r := run(30*time.Minute, crowd(2, 170, time.Hour)); r.Figures.Steps[fleet.Start] != 1 {
		t.Errorf("two servers at 87 %%: %d starts; want one, half of their number: an empty third lowers the average to 58 %%", r.Figures.Steps[fleet.Start])
	}
	// The two servers of the floor, which are the oldest, have the meetings.
	r := run(time.Hour, append(crowd(2, 170, time.Hour), crowd(2, 100, 20*time.Minute)...))
	if f := r.Figures; f.Steps[fleet.Stop] != 0 || f.MeetingsEndedEarly != 0 {
		t.Errorf("full servers: steps %v, %d meetings ended early; want no stop", f.Steps, f.MeetingsEndedEarly)
	}
	r = run(2*time.Hour, append(crowd(2, 170, 20*time.Minute), crowd(2, 20, 2*time.Hour)...))
	if f := r.Figures; f.Steps[fleet.Stop] == 0 || f.MeetingsEndedEarly == 0 {
		t.Errorf("half of the load has left: steps %v, %d meetings ended early; want the oldest servers stopped, with their meetings", f.Steps, f.MeetingsEndedEarly)
	}
	if first := r.Switches[len(r.Switches)-1]; first.On {
		t.Errorf("the last change is %+v, want a stop", first)
	}
}

func TestAnAutoScalingGroupWithoutPeopleStaysAtTheFloor(t *testing.T) {
	cfg := config.Defaults().Actions
	r := mustSimulate(t, Setup{World: sim.Config{Seed: 1, Start: monday, Servers: 8, Load: light().Load}, Until: monday.Add(2 * time.Hour)}, CloudNative{cfg})
	if len(r.Switches) > 0 || math.Abs(r.Figures.ServerHours-4) > 1e-6 {
		t.Errorf("switches %v, %v server-hours; want none, and those of 2 servers", r.Switches, r.Figures.ServerHours)
	}
}
