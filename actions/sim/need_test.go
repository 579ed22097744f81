package sim_test

import (
	"math"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestCostIsDividedIntoWhatPeopleNeedWhatIsKeptAndTheReserve(t *testing.T) {
	w := sim.New(sim.Config{
		Servers: 1, Running: 1, Load: sim.LoadModel{ParticipantCores: 0.1},
		Overload: sim.Workload{CPU: 0.8, Memory: 0.8}, Prices: sim.Prices{CoreHour: 1},
	})
	resize := func(cores fleet.Cores) {
		if err := w.Operator().Resize("bbb-server1", fleet.Size{Cores: cores, RAM: 8192}); err != nil {
			t.Fatal(err)
		}
	}
	resize(8)
	if _, err := w.CreateMeeting(sim.MeetingSpec{Duration: time.Hour, Participants: 32, Fill: time.Second}); err != nil { // needs 4 cores
		t.Fatal(err)
	}
	w.Run(2 * time.Hour)
	if err := w.Operator().Stop("bbb-server1"); err != nil {
		t.Fatal(err)
	}
	resize(5)
	if err := w.Operator().Start("bbb-server1"); err != nil {
		t.Fatal(err)
	}
	w.Run(time.Hour) // nobody; the size of before is forgotten
	f := w.Figures()
	const need, peak, cost = 4 + 2 + 2, 4 + 4 + 2, 8 + 8 + 5
	if math.Abs(f.CostAtNeed-need) > 0.1 || math.Abs(f.CostAtPeak-peak) > 0.1 || math.Abs(f.Cost-cost) > 0.1 {
		t.Errorf("cost %.2f at need, %.2f at peak, %.2f; want %v, %v, %v", f.CostAtNeed, f.CostAtPeak, f.Cost, need, peak, cost)
	}
}
