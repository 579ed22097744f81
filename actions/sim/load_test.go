package sim_test

import (
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestAnEmptyServerLiesBelowTheDefaultThresholds(t *testing.T) {
	defaults := fleet.Defaults()
	w := sim.New(sim.Config{Servers: 1, Running: 1, Size: defaults.Sizes.Default})
	r := mustRead(t, w, "bbb-server1")
	if r.CPU >= 0.05 || r.Memory >= 0.15 || r.CPU == 0 || r.Memory == 0 {
		t.Errorf("idle: CPU %v, memory %v; want some, below the predecessor's 0.05 and 0.15", r.CPU, r.Memory)
	}
}

func TestLoadGrowsWithPeopleAndShrinksWithSize(t *testing.T) {
	reading := func(size fleet.Size, people, webcams int) sim.Reading {
		w := sim.New(sim.Config{Servers: 1, Running: 1, Size: size})
		if _, err := w.CreateMeeting(sim.MeetingSpec{Duration: time.Hour, Participants: people, Webcams: webcams}); err != nil {
			t.Fatal(err)
		}
		w.Run(10 * time.Minute)
		return mustRead(t, w, "bbb-server1")
	}
	documented := reading(fleet.Size{Cores: 8, RAM: 16384}, 200, 60)
	if c, m := int(100*documented.CPU), int(100*documented.Memory); c != 48 || m != 36 {
		t.Errorf("200 people with 60 webcams on 8 cores, 16 GiB: CPU %d %%, memory %d %%; want 48, 36 as documented", c, m)
	}
	less, more := reading(fleet.Size{Cores: 2, RAM: 8192}, 20, 0), reading(fleet.Size{Cores: 2, RAM: 8192}, 20, 10)
	if less.CPU >= more.CPU || less.Memory >= more.Memory {
		t.Errorf("with webcams CPU %v, memory %v; want more than %v, %v", more.CPU, more.Memory, less.CPU, less.Memory)
	}
	if full := reading(fleet.Size{Cores: 1, RAM: 2048}, 500, 100); full.CPU != 1 || full.Memory != 0.98 {
		t.Errorf("overfull: CPU %v, memory %v; want 1, 0.98", full.CPU, full.Memory)
	}
}

func TestABootingServerIsBusy(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1})
	if err := w.Operator().Start("bbb-server1"); err != nil {
		t.Fatal(err)
	}
	w.Run(30 * time.Second)
	if r := mustRead(t, w, "bbb-server1"); r.CPU != 0.4 || !r.NodeUp || r.BBBUp {
		t.Errorf("booting: CPU %v, exporter %v, BigBlueButton %v; want 0.4, up, not up", r.CPU, r.NodeUp, r.BBBUp)
	}
}
