package e2e

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// moment is a point of a step at which the daemon is killed.
type moment struct {
	name string
	came func() bool
}

// crashAt kills the daemon at each moment, in order, and starts it again.
func (d *daemon) crashAt(t testing.TB, moments []moment) {
	t.Helper()
	for _, m := range moments {
		until(t, time.Minute, m.name, m.came)
		d.crash(t)
	}
}

func TestADrainGoesOnAfterKill9AndNothingIsDoneTwice(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2, 3, 3)
	for i, id := range []string{"maths", "music", "physics"} {
		f.meet(t, i+1, id)
	}
	config := writeFile(t, t.TempDir(), "bbb-scaler.yml", settings{Fleet: f, MinActive: 2, MemoryMin: 0.3, MemoryMax: 0.7}.text(t))
	d := startDaemon(t, build(t, "bbb-scaler"), freeAddr(t), config)
	low := map[string]string{rules.AnnotationValue: "0.01", rules.AnnotationCPU: "0.01", rules.AnnotationMemory: "0.01",
		rules.AnnotationCores: "0.060", rules.AnnotationRAM: "123"}
	d.notify(t, low, map[string]string{rules.LabelAlert: rules.FleetWorkloadLow, rules.LabelFleet: "bbb"})

	leaving := 0 // the server that drains; which one is the scaler's choice
	drains := func() bool {
		leaving = f.cordoned(t)
		return leaving > 0
	}
	d.crashAt(t, []moment{{"a server to drain", drains}})
	s := f.server(t, leaving)
	if s.Meetings != 1 || s.Power != fleet.PowerOn {
		t.Fatalf("server %s drains with %d meetings, %s; want its meeting to go on", s.Name, s.Meetings, s.Power)
	}
	meeting := []string{"maths", "music", "physics"}[leaving-1]
	if err := f.world.EndMeeting(f.hosts[leaving-1], meeting); err != nil {
		t.Fatal(err)
	}
	d.crashAt(t, []moment{
		{"the stop to be asked for", func() bool { return len(f.writes.matching(f.power(s, "stop"))) > 0 }},
		{"the server to be off", func() bool { return f.is(t, leaving, fleet.PowerOff, fleet.Disabled) }},
	})
	until(t, time.Minute, "the stop in the journal", func() bool { return d.journaled(fleet.Stop, fleet.Done) == 1 })

	f.expect(t, map[string]int{
		f.state(s, "cordon"): 1, f.power(s, "stop"): 1, f.power(s, "start"): 0, f.state(s, "enable"): 0,
		"/stop ": 1, "PATCH": 0, "cordon": 1, // of any server
	})
	if figures := f.world.Figures(); figures.MeetingsEndedEarly != 0 || figures.MeetingsRefused != 0 {
		t.Errorf("%d meetings ended early, %d refused; want none", figures.MeetingsEndedEarly, figures.MeetingsRefused)
	}
}

func TestAStartGoesOnAfterKill9AndNothingIsDoneTwice(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3, 3, 2)
	config := writeFile(t, t.TempDir(), "bbb-scaler.yml", settings{Fleet: f, MinActive: 3, MemoryMin: 0.3, MemoryMax: 0.7}.text(t))
	d := startDaemon(t, build(t, "bbb-scaler"), freeAddr(t), config)

	s := f.server(t, 3)
	d.crashAt(t, []moment{
		{"the start to be asked for", func() bool { return len(f.writes.matching(f.power(s, "start"))) > 0 }},
		{"the server to run", func() bool { return f.server(t, 3).Power == fleet.PowerOn }},
		{"the server to be enabled", func() bool { return f.is(t, 3, fleet.PowerOn, fleet.Enabled) }},
	})
	until(t, time.Minute, "the start in the journal", func() bool { return d.journaled(fleet.Start, fleet.Done) == 1 })
	until(t, time.Minute, "meetings to go to the server", func() bool { return f.server(t, 3).Takes })

	f.expect(t, map[string]int{
		f.power(s, "start"): 1, f.state(s, "enable"): 1,
		"/start ": 1, "/stop ": 0, "PATCH": 0, "cordon|disable": 0, // of any server
	})
}
