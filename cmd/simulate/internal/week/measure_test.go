package week

import (
	"math"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

var (
	small = fleet.Size{Cores: 2, RAM: 8192}
	large = fleet.Size{Cores: 4, RAM: 16384}
)

func testCapacity() CapacityModel {
	band := rules.Band{Min: 0.1, Max: 0.5}
	return NewCapacityModel(sim.DefaultLoad(), rules.Thresholds{CPU: band, Memory: band})
}

func TestDemandCountsPeopleAsTheyComeAndGo(t *testing.T) {
	a := sim.Arrival{At: monday.Add(time.Minute), MeetingSpec: sim.MeetingSpec{Duration: 10 * time.Minute, Participants: 30, Webcams: 6, Fill: 2 * time.Minute}}
	d := NewDemand([]sim.Arrival{a}, sim.DefaultLoad(), monday, monday.Add(15*time.Minute), time.Minute)
	want := []float64{0, 0, 15, 30, 30, 30, 30, 30, 30, 30, 30, 0, 0, 0, 0}
	for i := range want {
		if d.Crowds[i].Participants != want[i] || d.Crowds[i].Webcams != want[i]/5 {
			t.Errorf("after %d min: %v people, %v webcams; want %v, %v", i, d.Crowds[i].Participants, d.Crowds[i].Webcams, want[i], want[i]/5)
		}
	}
}

func TestTheBoundIsTheLoadOverWhatTheLargestServersCarry(t *testing.T) {
	capacity := testCapacity()
	cfg := fleet.Defaults()
	cfg.Capacity.MinActive, cfg.Sizes.Default, cfg.Sizes.Max = 1, small, large
	m := sim.DefaultLoad()
	most := (0.5*4 - m.BaseCores) / m.ParticipantCores // people without webcams on one large server, at the threshold
	d := Demand{Start: monday, Step: time.Hour, Crowds: []sim.Crowd{{}, {Participants: math.Floor(most)}, {Participants: math.Floor(most) + 1}}}
	if got, want := Bound(d, capacity, cfg, 10, sim.Prices{}, 0).ServerHours, 1+1+2.0; got != want {
		t.Errorf("bound = %v server-hours, want %v: the floor, one full server, and one person more", got, want)
	}
}

func TestTheBoundBootsOrBridgesEachGap(t *testing.T) {
	const step, boot = 30 * time.Second, 90 * time.Second
	for _, tt := range []struct {
		name string
		need []int
		want time.Duration // beyond the need
	}{
		{"what is needed all the time boots never", []int{2, 2, 2}, 0},
		{"a short gap is bridged", []int{2, 1, 1, 2}, 2 * step},
		{"a long gap is worth a boot", []int{2, 1, 1, 1, 1, 1, 2}, boot},
		{"each level has its own gaps", []int{3, 1, 2, 1, 3}, 2*step + boot},
		{"what was on when the week began may have stayed on", []int{0, 1}, step},
	} {
		before := make([]float64, len(tt.need)+1)
		for i := range tt.need {
			before[i+1] = before[i] + step.Hours()
		}
		if got := gaps(tt.need, before, boot.Hours()); math.Abs(got-tt.want.Hours()) > 1e-9 {
			t.Errorf("%s: need %v: %v h beyond it, want %v", tt.name, tt.need, got, tt.want.Hours())
		}
	}
}

func TestDelaysAreTimedFromTheNeedToTheCapacity(t *testing.T) {
	capacity := testCapacity()
	perServer := capacity.carries(small).cores / sim.DefaultLoad().ParticipantCores
	day := monday.Add(8 * time.Hour)
	d := Demand{Start: monday, Step: 30 * time.Second, Crowds: make([]sim.Crowd, 2880)}
	for i := 960; i < 1200; i++ { // from 8:00 on, people for three servers
		d.Crowds[i].Participants = 2.5 * perServer
	}
	counts := func(smalls, larges int) []SizeCount {
		return []SizeCount{{small, smalls, smalls}, {large, larges, larges}}
	}
	var samples []Sample
	for i := range 240 { // from 7:30 on
		at := day.Add(-30*time.Minute + time.Duration(i)*30*time.Second)
		s := Sample{at, counts(1, 0)}
		switch {
		case at.After(day.Add(5 * time.Minute)):
			s.Counts = counts(1, 1) // worth more than three small ones
		case at.After(day.Add(2 * time.Minute)):
			s.Counts = counts(2, 0)
		}
		samples = append(samples, s)
	}
	got := Delays(d, samples, capacity, small, 1)
	if len(got) != 2 || Percentile(got, 50) != 150*time.Second || Percentile(got, 95) != 330*time.Second {
		t.Errorf("delays = %v; want 2m30s for the second server and 5m30s for the third", got)
	}
	if got := Delays(d, samples, capacity, small, 3); len(got) != 0 {
		t.Errorf("with a floor of three servers delays = %v; want none", got)
	}
}

func TestMoreCoresCarryALoadThatNeedsCores(t *testing.T) {
	capacity, grown := testCapacity(), fleet.Size{Cores: 4, RAM: 8192}
	three := load{3 * capacity.carries(small).cores, capacity.carries(small).ram} // three small servers' worth of cores, one's of memory
	if on, _ := capacity.inServers([]SizeCount{{grown, 1, 1}}, small, three); on < 2 || on > 2.1 {
		t.Errorf("a server of %v carries %.2f small servers' worth, want a little more than 2: its memory is enough", grown, on)
	}
}

func TestPercentiles(t *testing.T) {
	list := []time.Duration{4, 1, 3, 2}
	for p, want := range map[float64]time.Duration{0: 1, 25: 1, 50: 2, 75: 3, 95: 4, 100: 4} {
		if got := Percentile(list, p); got != want {
			t.Errorf("Percentile(%v, %v) = %d, want %d", list, p, got, want)
		}
	}
	if got := Percentile(nil, 95); got != 0 {
		t.Errorf("Percentile of nothing = %d, want 0", got)
	}
}
