package week

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// packed is a schedule that knows the future and keeps under the thresholds: it puts
// each meeting on the first server that carries it to its end, moves none, changes sizes
// at once and without steps, and keeps each server on from boot before a meeting until
// the next one if that is cheaper than another boot.
type packed struct {
	capacity CapacityModel
	sizes    fleet.Sizes
	servers  [][]sim.Arrival
}

// at is the load of meetings at a time, which are full from their beginning on.
func (p *packed) at(meetings []sim.Arrival, t time.Time) (sum load, any bool) {
	for _, a := range meetings {
		if !t.Before(a.At) && t.Before(a.At.Add(a.Duration)) {
			people, cams := float64(a.Participants), float64(a.Webcams)
			cores, ram := p.capacity.Load.Caused(sim.Crowd{Participants: people, Webcams: cams, Streams: p.capacity.Load.Streams(people, cams)})
			sum, any = load{sum.cores + cores, sum.ram + ram}, true
		}
	}
	return sum, any
}

// put adds a meeting; arrivals come in the order of time.
func (p *packed) put(a sim.Arrival) {
	most := p.capacity.carries(p.sizes.Max)
	for i, on := range p.servers {
		with := append(append([]sim.Arrival(nil), on...), a)
		fits := true
		for _, b := range with { // loads are highest when a meeting begins
			l, _ := p.at(with, b.At)
			fits = fits && l.cores <= most.cores && l.ram <= most.ram
		}
		if fits {
			p.servers[i] = with
			return
		}
	}
	p.servers = append(p.servers, []sim.Arrival{a})
}

// cost returns the server-hours and the cost from start until end. At least floor
// servers are on.
func (p *packed) cost(start, end time.Time, floor int, boot time.Duration, prices sim.Prices) (hours, cost float64) {
	const step = 30 * time.Second
	each, perBoot := sizeOf(p.sizes.Default).cost(prices), boot.Hours()*sizeOf(p.sizes.Default).cost(prices)
	on := make([]int, int(end.Sub(start)/step))
	for _, meetings := range p.servers {
		idle, began := 0, false
		for i := range on {
			l, any := p.at(meetings, start.Add(time.Duration(i)*step))
			if !any {
				idle++
				continue
			}
			size := p.capacity.together(1, l, p.sizes.Default)
			cost, hours = cost+size.cost(prices)*step.Hours(), hours+step.Hours()
			on[i]++
			if bridge := float64(idle) * step.Hours() * each; idle > 0 || !began {
				if began && bridge < perBoot || !began && i == idle && bridge < perBoot {
					cost, hours = cost+bridge, hours+float64(idle)*step.Hours()
				} else {
					cost, hours = cost+perBoot, hours+boot.Hours()
				}
			}
			idle, began = 0, true
		}
	}
	for i := range on {
		more := float64(max(0, floor-on[i])) * step.Hours()
		cost, hours = cost+more*each, hours+more
	}
	return hours, cost
}

func TestTheBoundIsNeverAboveAScheduleThatKeepsUnderTheThresholds(t *testing.T) {
	closest := math.Inf(1)
	rapid.Check(t, func(rt *rapid.T) {
		cfg := fleet.Defaults()
		cfg.Capacity.MinActive, cfg.Capacity.MinActiveShare = rapid.IntRange(0, 3).Draw(rt, "floor"), 0
		m := sim.LoadModel{
			BaseCores: rapid.Float64Range(0, 1).Draw(rt, "idle cores"), BaseRAM: rapid.Float64Range(0, 5000).Draw(rt, "idle RAM"),
			BaseCoresPerCore: rapid.Float64Range(0, 0.2).Draw(rt, "idle cores per core"), BaseRAMPerGiB: rapid.Float64Range(0, 200).Draw(rt, "idle RAM per GiB"),
			ParticipantCores: rapid.Float64Range(0.005, 0.09).Draw(rt, "cores a person"), WebcamCores: rapid.Float64Range(0, 0.1).Draw(rt, "cores a webcam"),
			StreamCores: rapid.Float64Range(0, 0.005).Draw(rt, "cores a stream"), ParticipantRAM: rapid.Float64Range(0, 40).Draw(rt, "RAM a person"),
		}
		prices := sim.Prices{CoreHour: rapid.Float64Range(0, 0.1).Draw(rt, "core"), GiBHour: rapid.Float64Range(0.001, 0.1).Draw(rt, "GiB")}
		boot := time.Duration(rapid.IntRange(0, 10).Draw(rt, "boot")) * time.Minute
		end := monday.Add(4 * time.Hour)
		p := &packed{capacity: NewCapacityModel(m, cfg.Thresholds), sizes: cfg.Sizes}
		var arrivals []sim.Arrival
		at := monday
		for range rapid.IntRange(1, 25).Draw(rt, "meetings") {
			at = at.Add(time.Duration(rapid.IntRange(0, 1800).Draw(rt, "seconds later")) * time.Second)
			a := sim.Arrival{At: at, MeetingSpec: sim.MeetingSpec{
				Duration:     time.Duration(rapid.IntRange(1, 120).Draw(rt, "minutes")) * time.Minute,
				Participants: rapid.IntRange(1, 40).Draw(rt, "people"), Webcams: rapid.IntRange(0, 10).Draw(rt, "webcams"), Fill: time.Second,
			}}
			arrivals = append(arrivals, a)
			p.put(a)
		}
		d := LeastDemand(arrivals, m, monday, end, 30*time.Second)
		bound := Bound(d, p.capacity, cfg, 100, prices, boot)
		hours, cost := p.cost(monday, end, cfg.Capacity.MinActive, boot, prices)
		if bound.ServerHours > hours+1e-9 || bound.Cost > cost+1e-9 {
			rt.Errorf("the bound is %v server-hours and a cost of %v; a schedule needs %v and %v", bound.ServerHours, bound.Cost, hours, cost)
		}
		closest = min(closest, cost/bound.Cost)
	})
	if closest > 1.2 {
		t.Errorf("every schedule costs %.2f times the bound or more: it tells nothing", closest)
	}
}

func TestTheBoundOfOneMeetingIsWhatItsServerCosts(t *testing.T) {
	cfg := fleet.Defaults()
	cfg.Capacity.MinActive, cfg.Capacity.MinActiveShare = 0, 0
	m := sim.LoadModel{BaseCores: 0.25, BaseRAM: 1000, ParticipantCores: 0.1}
	a := sim.Arrival{At: monday.Add(time.Hour), MeetingSpec: sim.MeetingSpec{Duration: time.Hour, Participants: 40, Fill: time.Second}}
	d := LeastDemand([]sim.Arrival{a}, m, monday, monday.Add(3*time.Hour), time.Second)
	prices := sim.Prices{CoreHour: 1, GiBHour: 0.125}
	got := Bound(d, NewCapacityModel(m, cfg.Thresholds), cfg, 10, prices, 6*time.Minute)
	const cores = (0.25 + 4) / 0.85 // above the default size of 2 cores and 8 GiB
	want, hours := cores+1+0.1*(2+1), 1.1
	if math.Abs(got.Cost-want) > 0.01 || math.Abs(got.ServerHours-hours) > 0.001 {
		t.Errorf("bound = %v server-hours, cost %v; want %v and %v: an hour with people, and a boot", got.ServerHours, got.Cost, hours, want)
	}
}
