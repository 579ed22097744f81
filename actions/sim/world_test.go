package sim_test

import (
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func class() sim.MeetingSpec {
	return sim.MeetingSpec{Duration: 45 * time.Minute, Participants: 25, Webcams: 8}
}

func mustRead(t *testing.T, w *sim.World, name string) sim.Reading {
	t.Helper()
	r, err := w.Server(name)
	if err != nil {
		t.Fatalf("Server(%q): %v", name, err)
	}
	return r
}

func TestAStartTakesThroughRunningToAnAnsweringServer(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 1})
	s := mustRead(t, w, "bbb-server2")
	request, err := w.Cloud().Start(t.Context(), fleet.ServerRef{Datacenter: s.Datacenter, ID: s.ID})
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	if r := mustRead(t, w, s.Name); !r.Busy || r.Power != fleet.PowerOff {
		t.Errorf("just after the start: busy %v, power %s; want busy and off", r.Busy, r.Power)
	}
	w.Run(90 * time.Second)
	if r := mustRead(t, w, s.Name); r.Busy || r.Power != fleet.PowerOn || r.BBBUp {
		t.Errorf("after 90 s: busy %v, power %s, BigBlueButton %v; want on and not yet answering", r.Busy, r.Power, r.BBBUp)
	}
	if status, err := w.Cloud().Request(t.Context(), request); err != nil || status.Phase != fleet.RequestDone {
		t.Errorf("Request(%s) = %v, %v; want done", request, status, err)
	}
	w.Run(2 * time.Minute)
	if r := mustRead(t, w, s.Name); !r.BBBUp || !r.NodeUp {
		t.Errorf("after 210 s: BigBlueButton %v, exporter %v; want both up", r.BBBUp, r.NodeUp)
	}
}

func TestAStopEndsWhatRunsThereAndPeopleComeBackElsewhere(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 2})
	if _, err := w.CreateMeeting(class()); err != nil {
		t.Fatalf("CreateMeeting: %v", err)
	}
	w.Run(10 * time.Minute)
	victim, other := mustRead(t, w, "bbb-server1"), mustRead(t, w, "bbb-server2")
	if victim.Meetings == 0 {
		victim, other = other, victim
	}
	if victim.Participants != 25 || victim.Webcams != 8 {
		t.Fatalf("after filling: %d people, %d webcams; want 25, 8", victim.Participants, victim.Webcams)
	}
	if err := w.Operator().Stop(victim.Name); err != nil {
		t.Fatal(err)
	}
	if f := w.Figures(); f.MeetingsEndedEarly != 1 || f.ParticipantsPresent != 0 {
		t.Errorf("after the stop: %d ended early, %d present; want 1, 0", f.MeetingsEndedEarly, f.ParticipantsPresent)
	}
	w.Run(10 * time.Minute) // after two failed polls, the balancer places it on another server
	if r := mustRead(t, w, other.Name); r.Participants != 25 {
		t.Errorf("people on the other server = %d; want 25", r.Participants)
	}
	w.Run(time.Hour)
	f := w.Figures()
	if f.ParticipantsIn != f.ParticipantsOut || f.ParticipantsPresent != 0 {
		t.Errorf("in the end in %d, out %d, present %d; want all out", f.ParticipantsIn, f.ParticipantsOut, f.ParticipantsPresent)
	}
	if f.JoinsRefused == 0 || f.MeetingsRefused != 0 || f.Meetings != 1 {
		t.Errorf("joins refused %d, meetings refused %d of %d; want some, 0 of 1", f.JoinsRefused, f.MeetingsRefused, f.Meetings)
	}
}

func TestNobodyJoinsADisabledServer(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	if _, err := w.CreateMeeting(class()); err != nil {
		t.Fatal(err)
	}
	w.Run(time.Minute)
	before := mustRead(t, w, "bbb-server1")
	if err := w.Balancer().SetState(t.Context(), before.BalancerID, fleet.Disabled); err != nil {
		t.Fatal(err)
	}
	w.Run(5 * time.Minute)
	after := mustRead(t, w, "bbb-server1")
	if after.Meetings != 1 || after.Participants != before.Participants {
		t.Errorf("after disabling: %d meetings, %d people; want 1, %d still", after.Meetings, after.Participants, before.Participants)
	}
	if got, want := w.Figures().JoinsRefused, 25-before.Participants; got != want {
		t.Errorf("joins refused = %d; want %d, each person once", got, want)
	}
	if err := w.Operator().SetState("bbb-server1", fleet.Enabled); err != nil {
		t.Fatal(err)
	}
	w.Run(5 * time.Minute)
	if got := mustRead(t, w, "bbb-server1").Participants; got != 25 {
		t.Errorf("enabled again: %d people; want 25", got)
	}
}

func TestWithNoServerAMeetingIsRefusedOnceAndHeldLater(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1})
	if _, err := w.CreateMeeting(class()); !errors.Is(err, sim.ErrNoServers) {
		t.Errorf("CreateMeeting = %v; want ErrNoServers", err)
	}
	w.Run(10 * time.Minute)
	if err := errors.Join(w.Operator().Start("bbb-server1"), w.Operator().SetState("bbb-server1", fleet.Enabled)); err != nil {
		t.Fatal(err)
	}
	w.Run(15 * time.Minute)
	if r, f := mustRead(t, w, "bbb-server1"), w.Figures(); r.Participants != 25 || f.MeetingsRefused != 1 {
		t.Errorf("people %d, refused %d; want 25, 1", r.Participants, f.MeetingsRefused)
	}
}

func TestTimeOnServersIsBilledExactly(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 1, Prices: sim.Prices{CoreHour: 1, GiBHour: 0.1}})
	w.Run(30 * time.Minute)
	if err := w.Operator().Start("bbb-server2"); err != nil {
		t.Fatal(err)
	}
	w.Run(15 * time.Minute)
	if err := w.Operator().Resize("bbb-server1", fleet.Size{Cores: 4, RAM: 16384}); err != nil {
		t.Fatal(err)
	}
	w.Run(15 * time.Minute)
	f := w.Figures()
	got := [4]float64{f.ServerHours, f.CoreHours, f.RAMGiBHours, f.Cost}
	want := [4]float64{1.5, 0.75*2 + 0.25*4 + 0.5*2, 0.75*8 + 0.25*16 + 0.5*8, 3.5 + 1.4}
	for i := range got {
		if d := got[i] - want[i]; d > 1e-9 || d < -1e-9 {
			t.Errorf("server, core, GiB hours and cost = %v; want %v", got, want)
			break
		}
	}
}

func TestOneSeedGivesOneCourseOfEvents(t *testing.T) {
	course := func(seed uint64) (sim.Figures, []sim.Reading) {
		w := sim.New(sim.Config{Seed: seed, Servers: 6, Running: 3, Balancer: sim.BalancerConfig{CordonRace: 0.5, EnableRace: 0.5}})
		for i := range 20 {
			w.At(w.Start().Add(time.Duration(i)*time.Minute), func() {
				_, _ = w.CreateMeeting(class())
				r := w.Servers()[i%6]
				_, _ = w.Cloud().Start(t.Context(), fleet.ServerRef{Datacenter: r.Datacenter, ID: r.ID})
				_ = w.Balancer().SetState(t.Context(), r.BalancerID, []fleet.BalancerState{fleet.Enabled, fleet.Cordoned}[i%2])
			})
		}
		w.Run(40 * time.Minute)
		return w.Figures(), w.Servers()
	}
	f1, s1 := course(7)
	f2, s2 := course(7)
	if !reflect.DeepEqual(f1, f2) || !reflect.DeepEqual(s1, s2) {
		t.Errorf("two runs with seed 7 differ:\n%+v\n%+v", f1, f2)
	}
	if f3, s3 := course(8); reflect.DeepEqual(f1, f3) && reflect.DeepEqual(s1, s3) {
		t.Error("seeds 7 and 8 give the same course; want the seed to matter")
	}
}

func TestEventsAtOneTimeKeepTheirOrder(t *testing.T) {
	w := sim.New(sim.Config{})
	var got []int
	for i := range 50 {
		w.At(w.Start().Add(time.Duration(i%2)*time.Second), func() { got = append(got, i%2*100+i/2) })
	}
	w.Run(time.Second)
	if !slices.IsSorted(got) || len(got) != 50 {
		t.Errorf("order = %v; want by time, then as scheduled", got)
	}
}

func TestARebootStartsTheBootAndTheCountersAnew(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Cloud: sim.CloudConfig{BBB: sim.Span{Min: time.Minute, Max: time.Minute}}})
	restart := func() {
		if err := errors.Join(w.Operator().Stop("bbb-server1"), w.Operator().Start("bbb-server1")); err != nil {
			t.Fatal(err)
		}
	}
	restart()
	w.Run(40 * time.Second)
	restart()
	w.Run(40 * time.Second)
	if r := mustRead(t, w, "bbb-server1"); r.BBBUp || r.CPUIdle[0]+r.CPUBusy[0] != 40 {
		t.Errorf("40 s after the second boot: BigBlueButton %v, CPU time %v s; want not yet, 40", r.BBBUp, r.CPUIdle[0]+r.CPUBusy[0])
	}
	w.Run(20 * time.Second)
	if !mustRead(t, w, "bbb-server1").BBBUp {
		t.Error("a minute after the second boot BigBlueButton does not answer")
	}
}

// endless is a source of one meeting per minute without an end.
type endless struct{ given int }

func (e *endless) Next() (sim.Arrival, bool) {
	e.given++
	return sim.Arrival{At: monday.Add(time.Duration(e.given) * time.Minute), MeetingSpec: sim.MeetingSpec{Duration: time.Minute, Participants: 2}}, true
}

func TestASourceIsAskedForOneArrivalAtATime(t *testing.T) {
	w, src := sim.New(sim.Config{Servers: 1, Running: 1, Start: monday}), &endless{}
	w.Follow(src)
	w.Run(10*time.Minute + 30*time.Second)
	if f := w.Figures(); f.Meetings != 10 || f.ParticipantsPresent != 2 || src.given != 11 {
		t.Errorf("meetings %d, present %d, asked for %d; want 10, 2, 11", f.Meetings, f.ParticipantsPresent, src.given)
	}
}

func TestManyMayUseAWorldWhileTimePasses(t *testing.T) {
	w := sim.New(sim.Config{Servers: 20, Running: 10, Start: monday})
	w.Follow(sim.SchoolWeek(1, monday, 20).Arrivals())
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 200 {
				r := w.Servers()[(7*i+n)%20]
				ref := fleet.ServerRef{Datacenter: r.Datacenter, ID: r.ID}
				_, _ = w.Cloud().Start(t.Context(), ref)
				_, _ = w.Cloud().Servers(t.Context(), r.Datacenter)
				_ = w.Balancer().SetState(t.Context(), r.BalancerID, fleet.Enabled)
				_, _ = w.Meetings().Meetings(t.Context(), fleet.BalancerServer{ID: r.BalancerID})
				w.Inject(sim.Fault{Kind: sim.BBBHangs, On: r.Name, For: time.Minute})()
				w.Run(time.Minute)
			}
		})
	}
	wg.Wait()
	if got, want := w.Now(), monday.Add(200*time.Minute); got.Before(want) {
		t.Errorf("time = %s; want %s at least", got, want)
	}
	if f := w.Figures(); f.CloudCalls != 2*4*200 || f.MeetingsCalls != 4*200 {
		t.Errorf("calls counted: %d of the cloud, %d of servers; want 1600, 800", f.CloudCalls, f.MeetingsCalls)
	}
}

func TestSwitchesAreTheStartsAndStopsThatTookEffect(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 1, Pools: []sim.Pool{{Tag: "gold", Servers: 1}}})
	servers := w.Servers()
	ref := func(i int) fleet.ServerRef {
		return fleet.ServerRef{Datacenter: servers[i].Datacenter, ID: servers[i].ID}
	}
	for i, op := range []string{"stop", "start"} {
		if _, err := w.Change(op, ref(i), fleet.Size{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Change("stop", ref(0), fleet.Size{}); err != nil { // has no effect
		t.Fatal(err)
	}
	w.Run(5 * time.Minute)
	got := w.Switches()
	if len(got) != 2 || got[0].On || got[0].Server != "bbb-server1" || got[0].Tag != "gold" || !got[1].On || got[1].Tag != "" || !got[1].At.After(got[0].At) {
		t.Errorf("switches = %+v; want a stop of the first, then a start of the second", got)
	}
}
