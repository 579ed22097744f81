package sim_test

import (
	"math"
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

func TestALeakGrowsUntilTheNextBoot(t *testing.T) {
	load := sim.DefaultLoad()
	load.LeakRAM = 512
	w := sim.New(sim.Config{Servers: 1, Running: 1, Size: fleet.Size{Cores: 2, RAM: 8192}, Load: load})
	held := func() float64 { return mustRead(t, w, "bbb-server1").Memory * 8192 }
	fresh := held()
	w.Run(4 * time.Hour)
	if got := held() - fresh; got != 4*512 {
		t.Errorf("after 4 h the server holds %v MiB more, want 2048", got)
	}
	for _, do := range []func(string) error{w.Operator().Stop, w.Operator().Start} {
		if err := do("bbb-server1"); err != nil {
			t.Fatal(err)
		}
		w.Run(5 * time.Minute)
	}
	if got := held() - fresh; got < 0 || got > 512.0*5/60+1e-6 {
		t.Errorf("after a boot it holds %v MiB more, want what it leaks in minutes", got)
	}
}

func TestStreamsCostByWebcamsTimesThoseWhoSeeThem(t *testing.T) {
	caused := func(each int) float64 {
		load := sim.LoadModel{StreamCores: 0.01, StreamsEach: each, RecordingTime: time.Minute}
		w := sim.New(sim.Config{Servers: 1, Running: 1, Size: fleet.Size{Cores: 20, RAM: 8192}, Load: load})
		for range 2 {
			if _, err := w.CreateMeeting(sim.MeetingSpec{Duration: time.Hour, Participants: 20, Webcams: 20}); err != nil {
				t.Fatal(err)
			}
		}
		w.Run(10 * time.Minute)
		during := mustRead(t, w, "bbb-server1").CPU
		w.Run(time.Hour)
		if after := mustRead(t, w, "bbb-server1").CPU; after != 0 {
			t.Errorf("CPU %v with nobody on, want 0", after)
		}
		return during * 20
	}
	if got := caused(0); math.Abs(got-8) > 1e-9 {
		t.Errorf("two meetings of 400 streams use %v cores, want 8", got)
	}
	if got := caused(5); math.Abs(got-2) > 1e-9 {
		t.Errorf("with at most 5 webcams a person they use %v cores, want 2", got)
	}
}

func TestAnIdleServerHoldsMoreTheLargerItIs(t *testing.T) {
	load := sim.LoadModel{BaseCores: 0.1, BaseCoresPerCore: 0.05, BaseRAM: 2000, BaseRAMPerGiB: 100, RecordingTime: time.Minute}
	w := sim.New(sim.Config{Servers: 1, Running: 1, Size: fleet.Size{Cores: 4, RAM: 16384}, Load: load})
	r := mustRead(t, w, "bbb-server1")
	if cores, ram := r.CPU*4, r.Memory*16384; math.Abs(cores-0.3) > 1e-9 || math.Abs(ram-3600) > 1e-6 {
		t.Errorf("4 cores, 16 GiB idle use %v cores, %v MiB; want 0.3, 3600", cores, ram)
	}
}
