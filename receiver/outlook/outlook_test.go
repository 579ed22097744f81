package outlook

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"
	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

var early = time.Date(2027, 3, 1, 6, 0, 0, 0, time.UTC) // a Monday

func settings(t testing.TB) fleet.Config {
	t.Helper()
	var in []timeinterval.TimeInterval
	if err := yaml.Unmarshal([]byte(`[{weekdays: ["monday:friday"], times: [{start_time: "07:45", end_time: "13:00"}]}]`), &in); err != nil {
		t.Fatal(err)
	}
	c := fleet.Defaults()
	c.Capacity.MinActive, c.Capacity.MinActiveShare, c.Capacity.StartTime = 2, 0, 10*time.Minute
	c.Capacity.Schedule = fleet.Schedule{{Name: "lessons", MinActive: 12, Intervals: in}}
	return c
}

func server(name string, state fleet.State) fleet.ServerStatus {
	return fleet.ServerStatus{ID: "id-" + name, Name: name, State: state, Since: early.Add(-2 * time.Minute), Reason: "why " + name}
}

func TestWhatHappensNext(t *testing.T) {
	cooling := server("bbb-1", fleet.StateActive)
	cooling.Cooldowns = map[string]time.Time{fleet.CooldownDown: early.Add(3 * time.Minute)}
	failing := server("bbb-2", fleet.StateOff)
	failing.Cooldowns = map[string]time.Time{fleet.CooldownBackoff: early.Add(time.Minute)}
	draining := server("bbb-3", fleet.StateDraining)
	draining.Meetings = &fleet.MeetingCount{Meetings: 2, Participants: 31}
	limit := []fleet.Hold{{Kind: fleet.HoldContract, Text: "contract: no room"}}
	for name, tt := range map[string]struct {
		status fleet.Status
		want   []string
	}{
		"at rest": {fleet.Status{Floor: 2}, nil},
		"a server starts": {fleet.Status{Servers: []fleet.ServerStatus{server("bbb-1", fleet.StateStarting)}},
			[]string{"06:08 1 server takes meetings: bbb-1 | why bbb-1"}},
		"many start": {fleet.Status{Servers: slices.Repeat([]fleet.ServerStatus{server("bbb", fleet.StateWarming)}, 5)},
			[]string{"--:-- 5 servers take meetings once BigBlueButton answers and Scalelite reaches it: bbb, bbb, bbb and 2 more | why bbb"}},
		"more is needed": {fleet.Status{Need: 2}, []string{"--:-- 2 more servers start in the next cycle | "}},
		"more is needed, and the step is used up": {fleet.Status{Need: 2, Cooldowns: map[string]time.Time{fleet.CooldownOut: early.Add(time.Minute)}},
			[]string{"06:01 2 more servers start | capacity.max_step servers have started within cooldowns.scale_out"}},
		"more is needed, and a limit is reached": {fleet.Status{Need: 1, Limits: limit}, []string{"--:-- 1 more server starts | not before this changes: contract: no room"}},
		"more is needed, and nothing is written": {fleet.Status{Need: 1, Limits: limit, Blocked: []fleet.Hold{{Text: "frozen"}}}, []string{"--:-- no server starts, although 1 more is needed | frozen"}},
		"scale-in waits":                         {fleet.Status{Cooldowns: map[string]time.Time{fleet.CooldownIn: early.Add(time.Minute)}}, []string{"06:01 servers may be drained again, if the load is low then | cooldowns.scale_in ends"}},
		"scale-in waits, and is braked":          {fleet.Status{Brakes: limit, Cooldowns: map[string]time.Time{fleet.CooldownIn: early.Add(time.Minute)}}, nil},
		"drains and cooldowns, in the order of time": {fleet.Status{Servers: []fleet.ServerStatus{cooling, failing, draining, server("bbb-4", fleet.StateEmpty)}},
			[]string{"06:01 the scaler tries bbb-2 again | why bbb-2", "06:03 1 server may be drained again: bbb-1 | cooldowns.server_down of the first one ends",
				"--:-- 1 server stops after its last meeting: bbb-3 | 2 meetings with 31 people left", "--:-- 1 empty server stops: bbb-4 | why bbb-4"}},
		"a pause": {fleet.Status{Pauses: []fleet.Pause{{Until: early.Add(time.Hour), Reason: "exam"}}}, []string{"07:00 the pause of the whole fleet ends | exam"}},
	} {
		c := settings(t)
		c.Capacity.Schedule = nil
		var got []string
		for _, it := range Next(tt.status, c, early) {
			got = append(got, line(it))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

func line(it Item) string {
	at := "--:--"
	if !it.At.IsZero() {
		at = it.At.Format("15:04")
	}
	return fmt.Sprintf("%s %s | %s", at, it.What, it.Why)
}

func TestTheFloorIsKnownAheadByTheSchedule(t *testing.T) {
	st := fleet.Status{Floor: 2, Servers: slices.Repeat([]fleet.ServerStatus{server("bbb", fleet.StateOff)}, 20)}
	floor, changes := Floors(st, settings(t).Capacity, early, early.Add(24*time.Hour))
	if floor != 2 || len(changes) != 2 || changes[0] != (FloorChange{early.Add(105 * time.Minute), 12, "lessons"}) || changes[1] != (FloorChange{early.Add(7 * time.Hour), 2, "lessons"}) {
		t.Errorf("floor %d, then %v; want 2, then 12 from 07:45 and 2 from 13:00", floor, changes)
	}
	got := Next(st, settings(t), early)
	if len(got) != 2 || line(got[0]) != "07:45 the floor rises from 2 to 12; servers for it start at least 10 min before | schedule: lessons" ||
		line(got[1]) != "13:00 the floor falls from 12 to 2 | schedule: lessons" {
		t.Errorf("next: %v", got)
	}
}

func TestWhatBlocksAServer(t *testing.T) {
	active := server("bbb-1", fleet.StateActive)
	active.Pool = "exams"
	active.Cooldowns = map[string]time.Time{fleet.CooldownDown: early.Add(time.Minute), fleet.CooldownUp: early.Add(-time.Minute)}
	flying := server("bbb-2", fleet.StateOff)
	flying.InFlight = &fleet.Step{Kind: fleet.Start}
	holds := []fleet.Hold{{Text: "of all"}, {Text: "of its pool", Pool: "exams"}, {Text: "of another", Pool: "other"}}
	for name, tt := range map[string]struct {
		st   fleet.Status
		s    fleet.ServerStatus
		want []string
	}{
		"nothing":        {fleet.Status{}, server("bbb-1", fleet.StateActive), nil},
		"a brake":        {fleet.Status{Brakes: holds}, active, []string{"not drained and not stopped: of all", "not drained and not stopped: of its pool", "not cordoned and not shrunk before 06:01:00 UTC"}},
		"a limit":        {fleet.Status{Need: 1, Limits: holds[:1], Brakes: holds}, flying, []string{"start is in progress, and a server has one change at a time", "not started: of all"}},
		"no need":        {fleet.Status{Limits: holds}, server("bbb-3", fleet.StateOff), nil},
		"a pause":        {fleet.Status{Pauses: []fleet.Pause{{Server: "bbb-*", Reason: "exam", Until: early.Add(time.Hour)}, {Server: "x", Until: early.Add(time.Hour)}}}, server("bbb-3", fleet.StateOff), []string{"paused until 07:00:00 UTC: exam"}},
		"nothing writes": {fleet.Status{Blocked: holds[:1]}, server("bbb-3", fleet.StateManual), []string{"nothing is changed: of all"}},
	} {
		if got := Blocks(tt.st, tt.s, early); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// BenchmarkNext looks ahead for a day with ten floors in the schedule.
func BenchmarkNext(b *testing.B) {
	c := settings(b)
	c.Capacity.Schedule = slices.Repeat(c.Capacity.Schedule, 10)
	st := fleet.Status{Servers: slices.Repeat([]fleet.ServerStatus{server("bbb", fleet.StateStarting)}, 745)}
	b.ReportAllocs()
	for b.Loop() {
		Next(st, c, early)
	}
}
