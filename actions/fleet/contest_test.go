package fleet_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

func TestReversalIsTheOppositeOfAFreshChangeThatThePollerCannotHaveMade(t *testing.T) {
	made := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name     string
		kind     fleet.Kind
		power    fleet.Power
		balancer fleet.BalancerState
		after    time.Duration
		flight   bool
		want     bool
	}{
		{"a cordon, and it is enabled", fleet.Cordon, fleet.PowerOn, fleet.Enabled, time.Minute, false, true},
		{"a cordon, and the poller disabled it", fleet.Cordon, fleet.PowerOn, fleet.Disabled, time.Minute, false, false},
		{"a cordon that holds", fleet.Cordon, fleet.PowerOn, fleet.Cordoned, time.Minute, false, false},
		{"a disable, and it is enabled", fleet.Disable, fleet.PowerOn, fleet.Enabled, time.Minute, false, true},
		{"an enable, and it is cordoned", fleet.Enable, fleet.PowerOn, fleet.Cordoned, time.Minute, false, true},
		{"a reclaim, and it is cordoned", fleet.Reclaim, fleet.PowerOn, fleet.Cordoned, time.Minute, false, true},
		{"an enable that a poll may have overwritten", fleet.Enable, fleet.PowerOn, fleet.Disabled, 90 * time.Second, false, false},
		{"an enable, and it is disabled polls later", fleet.Enable, fleet.PowerOn, fleet.Disabled, 3 * time.Minute, false, true},
		{"an enable, and it is off", fleet.Enable, fleet.PowerOff, fleet.Enabled, time.Minute, false, true},
		{"a start, and it is off again", fleet.Start, fleet.PowerOff, fleet.Disabled, time.Minute, false, true},
		{"a start that is under way", fleet.Start, fleet.PowerOff, fleet.Disabled, time.Minute, true, false},
		{"a stop, and it is on again", fleet.Stop, fleet.PowerOn, fleet.Disabled, time.Minute, false, true},
		{"a growth", fleet.Grow, fleet.PowerOn, fleet.Enabled, time.Minute, false, false},
		{"a cordon of long ago", fleet.Cordon, fleet.PowerOn, fleet.Enabled, time.Hour, false, false},
		{"lists that are older than the change", fleet.Cordon, fleet.PowerOff, fleet.Enabled, -time.Second, false, false},
	} {
		now := made.Add(tt.after)
		s := fleet.Server{CloudServer: fleet.CloudServer{Power: tt.power}, Balancer: &fleet.BalancerServer{State: tt.balancer}}
		s.Record = fleet.Record{Made: tt.kind, MadeAt: made}
		if tt.flight {
			s.Record.Flight = &fleet.Flight{}
		}
		if got := s.NoteReversal(fleet.Defaults(), now, now, now); got != tt.want {
			t.Errorf("%s: reversed %v, want %v", tt.name, got, tt.want)
		}
		if again := s.NoteReversal(fleet.Defaults(), now, now, now); again {
			t.Errorf("%s: counted twice", tt.name)
		}
	}
}

func TestContest(t *testing.T) {
	begin := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	type seen struct {
		server string
		after  time.Duration
	}
	for _, tt := range []struct {
		name          string
		seen          []seen
		held          time.Duration // a server is taken out; 0: none
		at            time.Duration
		lasts, proven bool
	}{
		{"three servers: a person who changes his mind", []seen{{"1", 0}, {"2", 60}, {"3", 120}}, 0, 5 * time.Minute, false, false},
		{"four servers", []seen{{"1", 0}, {"2", 60}, {"3", 120}, {"4", 180}}, 0, 5 * time.Minute, true, false},
		{"four, with an hour between them", []seen{{"1", 0}, {"2", 3600}, {"3", 7200}, {"4", 10800}}, 0, 4 * time.Hour, false, false},
		{"one server three times, another once", []seen{{"1", 0}, {"1", 60}, {"1", 120}, {"2", 180}}, 0, 5 * time.Minute, true, true},
		{"eight servers", []seen{{"1", 0}, {"2", 0}, {"3", 0}, {"4", 0}, {"5", 0}, {"6", 0}, {"7", 0}, {"8", 0}}, 0, 5 * time.Minute, true, true},
		{"four, half an hour ago", []seen{{"1", 0}, {"2", 60}, {"3", 120}, {"4", 180}}, 0, 34 * time.Minute, false, false},
		{"four half an hour ago, and a server taken out since", []seen{{"1", 0}, {"2", 60}, {"3", 120}, {"4", 180}}, 20 * time.Minute, 34 * time.Minute, true, false},
	} {
		var c fleet.Contest
		for step := time.Duration(0); step <= tt.at; step += 15 * time.Second {
			var reversed []fleet.Reversal
			for _, s := range tt.seen {
				if s.after*time.Second == step {
					reversed = append(reversed, fleet.Reversal{ServerID: s.server, At: begin.Add(step)})
				}
			}
			c = c.Note(reversed, tt.held > 0 && tt.held == step, begin.Add(step))
		}
		if c.Lasts() != tt.lasts || (c.Lasts() && c.Proven != tt.proven) {
			t.Errorf("%s: lasts %v, proven %v; want %v, %v", tt.name, c.Lasts(), c.Proven, tt.lasts, tt.proven)
		}
	}
}

func TestContestsInARowAreNoticedSoonerAndLastLonger(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	undo := func(c fleet.Contest, times int) fleet.Contest {
		for range times {
			c = c.Note([]fleet.Reversal{{ServerID: "1", At: at}}, false, at)
		}
		return c
	}
	c := undo(fleet.Contest{}, 4)
	for _, want := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 4 * time.Hour} {
		if !c.Lasts() || c.Quiet() != want {
			t.Fatalf("lasts %v, until nothing is changed for %s; want %s", c.Lasts(), c.Quiet(), want)
		}
		at = at.Add(c.Quiet())
		if c = c.Note(nil, false, at); c.Lasts() {
			t.Fatalf("still lasts after %s", want)
		}
		at = at.Add(time.Minute)
		c = undo(c, 1)
	}
	at = c.Until()
	c = c.Note(nil, false, at)
	at = at.Add(5 * time.Hour)
	if c = undo(c, 1); c.Lasts() {
		t.Errorf("one reversal is a contest five hours after the last")
	}
	if c = undo(c, 3); !c.Lasts() || c.Quiet() != 30*time.Minute {
		t.Errorf("lasts %v, for %s; want a first contest", c.Lasts(), c.Quiet())
	}
}
