package sim_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// TestNobodyIsLost makes random changes to random simulations, and counts people,
// meetings, server-hours and calls in two ways each.
func TestNobodyIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := sim.New(sim.Config{
			Seed: rapid.Uint64().Draw(t, "seed"), Servers: 5, Running: rapid.IntRange(0, 5).Draw(t, "running"),
			Cloud:    sim.CloudConfig{Serial: rapid.Bool().Draw(t, "serial")},
			Balancer: sim.BalancerConfig{CordonRace: 0.3, EnableRace: 0.3},
		})
		var lifts []func()
		name := func() string { return fmt.Sprintf("bbb-server%d", rapid.IntRange(1, 5).Draw(t, "server")) }
		read := func() sim.Reading { r, _ := w.Server(name()); return r }
		calls := 0
		t.Repeat(map[string]func(*rapid.T){
			"create": func(t *rapid.T) {
				people := rapid.IntRange(0, 40).Draw(t, "people")
				_, _ = w.CreateMeeting(sim.MeetingSpec{
					Duration:     time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute,
					Participants: people, Webcams: people / 3, Recorded: people%2 == 0,
				})
			},
			"pass time": func(t *rapid.T) { w.Run(time.Duration(rapid.IntRange(1, 1800).Draw(t, "seconds")) * time.Second) },
			"cloud": func(t *rapid.T) {
				r, cloud := read(), w.Cloud()
				ref := fleet.ServerRef{Datacenter: r.Datacenter, ID: r.ID}
				calls++
				switch rapid.IntRange(0, 2).Draw(t, "op") {
				case 0:
					_, _ = cloud.Start(t.Context(), ref)
				case 1:
					_, _ = cloud.Stop(t.Context(), ref)
				case 2:
					n := rapid.IntRange(1, 4).Draw(t, "cores")
					_, _ = cloud.Resize(t.Context(), ref, fleet.Size{Cores: fleet.Cores(n), RAM: fleet.MiB(n * 4096)})
				}
			},
			"balancer": func(t *rapid.T) {
				states := []fleet.BalancerState{fleet.Enabled, fleet.Cordoned, fleet.Disabled}
				_ = w.Balancer().SetState(t.Context(), read().BalancerID, rapid.SampledFrom(states).Draw(t, "state"))
			},
			"fault": func(t *rapid.T) {
				kinds := []sim.FaultKind{sim.BBBHangs, sim.BBBCrashed, sim.BBBFails, sim.StartHangs, sim.RequestFails, sim.BusyForever, sim.BalancerDown}
				lifts = append(lifts, w.Inject(sim.Fault{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), On: name(), For: time.Hour}))
			},
			"lift": func(t *rapid.T) {
				if len(lifts) > 0 {
					lifts[0]()
					lifts = lifts[1:]
				}
			},
			"": func(t *rapid.T) { consistent(t, w, calls) },
		})
		for _, lift := range lifts {
			lift()
		}
		w.Run(3 * time.Hour)
		if f := w.Figures(); f.ParticipantsPresent != 0 || f.ParticipantsIn != f.ParticipantsOut {
			t.Errorf("long after the last meeting: in %d, out %d, present %d", f.ParticipantsIn, f.ParticipantsOut, f.ParticipantsPresent)
		}
	})
}

// consistent checks the invariants that apply at any time.
func consistent(t *rapid.T, w *sim.World, calls int) {
	f := w.Figures()
	present := 0
	for _, r := range w.Servers() {
		present += r.Participants
		listed := 0
		if meetings, err := w.MeetingsOn(r.ID); err == nil {
			for _, m := range meetings {
				listed += m.Participants
			}
			if listed != r.Participants || len(meetings) != r.Meetings {
				t.Fatalf("%s lists %d people in %d meetings, and has %d in %d", r.Name, listed, len(meetings), r.Participants, r.Meetings)
			}
		}
		if r.Power != fleet.PowerOn && (r.Meetings > 0 || r.Participants > 0) {
			t.Fatalf("%s is %s with %d meetings", r.Name, r.Power, r.Meetings)
		}
		if r.CPU < 0 || r.CPU > 1 || r.Memory < 0 || r.Memory > 1 || len(r.CPUIdle) > int(r.Size.Cores) {
			t.Fatalf("%s: CPU %v, memory %v, %d counters of %d cores", r.Name, r.CPU, r.Memory, len(r.CPUIdle), r.Size.Cores)
		}
	}
	if present != f.ParticipantsPresent {
		t.Fatalf("in %d − out %d = %d; on the servers %d", f.ParticipantsIn, f.ParticipantsOut, f.ParticipantsPresent, present)
	}
	if most := 5 * w.Now().Sub(w.Start()).Hours(); f.ServerHours > most+1e-9 || f.CoreHours > 4*f.ServerHours+1e-9 {
		t.Fatalf("%v server-hours, %v core-hours in at most %v", f.ServerHours, f.CoreHours, most)
	}
	if f.OverloadParticipantMinutes > f.ParticipantMinutes || f.CloudCalls != calls {
		t.Fatalf("overload %v of %v participant-minutes; %d cloud calls of %d", f.OverloadParticipantMinutes, f.ParticipantMinutes, f.CloudCalls, calls)
	}
}

func TestParticipantMinutesAreCountedBetweenEvents(t *testing.T) {
	load := sim.DefaultLoad()
	load.ParticipantCores = 0.1
	w := sim.New(sim.Config{Servers: 1, Running: 1, Load: load})
	hold(t, w, 10) // 1.04 of 2 cores
	w.Run(30 * time.Minute)
	hold(t, w, 10) // 2.04: overloaded
	w.Run(15 * time.Minute)
	if err := w.Operator().Resize("bbb-server1", fleet.Size{Cores: 4, RAM: 8192}); err != nil {
		t.Fatal(err)
	}
	w.Run(15 * time.Minute)
	f := w.Figures()
	if f.ParticipantMinutes != 30*10+30*20 || f.OverloadParticipantMinutes != 15*20 {
		t.Errorf("%v participant-minutes, %v overloaded; want 900, 300", f.ParticipantMinutes, f.OverloadParticipantMinutes)
	}
}
