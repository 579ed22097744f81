package actions

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// fakeServer is a cloud and a balancer with one server, and the BigBlueButton of that
// server.
type fakeServer struct {
	fleet.Balancer
	state fleet.BalancerState
	count fleet.MeetingCount
	err   error // of BigBlueButton
	cloud fleet.CloudServer
	gone  error // of the cloud
}

// Server implements fleet.Balancer; cloudOf implements the method of fleet.Cloud.
func (w fakeServer) Server(context.Context, string) (fleet.BalancerServer, error) {
	return fleet.BalancerServer{State: w.state}, nil
}

type cloudOf struct {
	fleet.Cloud
	w fakeServer
}

func (c cloudOf) Server(context.Context, fleet.ServerRef) (fleet.CloudServer, error) {
	return c.w.cloud, c.w.gone
}

func (w fakeServer) Meetings(context.Context, fleet.BalancerServer) (fleet.MeetingCount, error) {
	return w.count, w.err
}

func TestWhatCouldDoHarmIsCheckedAgainRightBefore(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	planned := fleet.Server{Balancer: &fleet.BalancerServer{State: fleet.Enabled}}
	planned.ID, planned.Name, planned.Size, planned.Power = "id-1", "bbb-1", fleet.Size{Cores: 2, RAM: 8192}, fleet.PowerOn
	larger := fleet.Size{Cores: 5, RAM: 8192}
	out := fleet.Step{Kind: fleet.Cordon, Aim: fleet.AimDrain, Alerts: []string{rules.FleetWorkloadLow}}
	repair := fleet.Step{Kind: fleet.Cordon, Aim: fleet.AimRepair}
	stop, disable := fleet.Step{Kind: fleet.Stop}, fleet.Step{Kind: fleet.Disable}
	grow, shrink := fleet.Step{Kind: fleet.Grow, To: larger}, fleet.Step{Kind: fleet.Shrink, To: fleet.Size{Cores: 1, RAM: 4096}}
	low := fleet.Alert{Fingerprint: "a", Name: rules.FleetWorkloadLow, SeenAt: now}
	high := fleet.Alert{Fingerprint: "b", Name: rules.FleetCPUHigh, SeenAt: now}
	at := func(state fleet.BalancerState) fakeServer {
		return fakeServer{state: state, cloud: planned.CloudServer}
	}
	with := func(w fakeServer, change func(*fakeServer)) fakeServer { change(&w); return w }
	paused := func(p fleet.Pause) func(*Scaler) {
		p.ID, p.Reason, p.From, p.Until = "p", "exam", now, now.Add(time.Hour)
		return func(s *Scaler) { s.memory.Apply(fleet.Commit{Pauses: []fleet.Pause{p}}) }
	}
	fires := func(a fleet.Alert) func(*Scaler) {
		return func(s *Scaler) { s.memory.Apply(fleet.Commit{Alerts: []fleet.Alert{a}}) }
	}
	nothing := func(*Scaler) {}
	for _, tt := range []struct {
		name   string
		step   fleet.Step
		server fakeServer
		since  func(*Scaler) // changes the state after the plan was made
		made   bool
	}{
		{"a disabled, empty server is stopped", stop, at(fleet.Disabled), nothing, true},
		{"a server that was cordoned again is not stopped", stop, at(fleet.Cordoned), nothing, false},
		{"a server with a meeting of nobody yet is not stopped", stop, with(at(fleet.Disabled), func(w *fakeServer) { w.count.Meetings = 1 }), nothing, false},
		{"a server with people whose meeting is not counted yet is not stopped", stop, with(at(fleet.Disabled), func(w *fakeServer) { w.count.Participants = 1 }), nothing, false},
		{"a server that does not answer is not stopped", stop, with(at(fleet.Disabled), func(w *fakeServer) { w.err = errors.New("timeout") }), nothing, false},
		{"a server that the cloud does not show is not stopped", stop, with(at(fleet.Disabled), func(w *fakeServer) { w.gone = errors.New("timeout") }), nothing, false},
		{"a server with another change pending is not stopped", stop, with(at(fleet.Disabled), func(w *fakeServer) { w.cloud.Busy = true }), nothing, false},
		{"a paused server is not stopped", stop, at(fleet.Disabled), paused(fleet.Pause{Server: "bbb-1"}), false},
		{"a server of a paused fleet is not stopped", stop, at(fleet.Disabled), paused(fleet.Pause{}), false},
		{"a server of a fleet whose scale-in is paused is not stopped", stop, at(fleet.Disabled), paused(fleet.Pause{ScaleInOnly: true}), false},
		{"a pause of another server stops nothing", stop, at(fleet.Disabled), paused(fleet.Pause{Server: "bbb-2"}), true},
		{"a server that a reload excluded is not stopped", stop, at(fleet.Disabled), func(s *Scaler) { s.cfg.Fleet.Exclude = []string{"bbb-1"} }, false},
		{"a cordoned, empty server is disabled", disable, at(fleet.Cordoned), nothing, true},
		{"a server that a person enabled is not disabled", disable, at(fleet.Enabled), nothing, false},
		{"a server with a meeting of nobody yet is not disabled", disable, with(at(fleet.Cordoned), func(w *fakeServer) { w.count.Meetings = 1 }), nothing, false},
		{"a server grows from the size that was planned from", grow, at(fleet.Enabled), nothing, true},
		{"a server that a person has made larger does not grow to less", grow, with(at(fleet.Enabled), func(w *fakeServer) { w.cloud.Size = fleet.Size{Cores: 8, RAM: 16384} }), nothing, false},
		{"a server that a person has given more RAM alone does not grow", grow, with(at(fleet.Enabled), func(w *fakeServer) { w.cloud.Size.RAM = 16384 }), nothing, false},
		{"a server of unknown size does not grow", grow, with(at(fleet.Enabled), func(w *fakeServer) { w.gone = errors.New("timeout") }), nothing, false},
		{"a paused server does not grow", grow, at(fleet.Enabled), paused(fleet.Pause{}), false},
		{"a server whose scale-in alone is paused grows", grow, at(fleet.Enabled), paused(fleet.Pause{ScaleInOnly: true}), true},
		{"a disabled server shrinks", shrink, at(fleet.Disabled), nothing, true},
		{"a server that a person enabled does not shrink", shrink, at(fleet.Enabled), nothing, false},
		{"a server that a person switched on does not shrink", shrink, with(at(fleet.Disabled), func(w *fakeServer) { w.cloud.Power = fleet.PowerOff }), nothing, false},
		{"a server that still does not answer is taken out", repair, with(at(fleet.Enabled), func(w *fakeServer) { w.err = errors.New("timeout") }), nothing, true},
		{"a server that answers by now is not taken out", repair, at(fleet.Enabled), nothing, false},
		{"a server is cordoned while its alert fires", out, at(fleet.Enabled), fires(low), true},
		{"a server that a person disabled is not cordoned", out, at(fleet.Disabled), fires(low), false},
		{"a server is not cordoned while only another alert fires", out, at(fleet.Enabled), fires(high), false},
		{"a server is not cordoned once no alert asks for it", out, at(fleet.Enabled), nothing, false},
	} {
		s := &Scaler{
			deps: Deps{Cloud: cloudOf{w: tt.server}, Balancer: tt.server, Meetings: tt.server, Now: func() time.Time { return now }},
			cfg:  fleet.Defaults(), memory: fleet.NewMemory(),
		}
		tt.since(s)
		no := s.precheck(t.Context(), fleet.Defaults(), tt.step, planned)
		if (no == "") != tt.made {
			t.Errorf("%s: the check says %q", tt.name, no)
		}
	}
}

func TestMeetingOfNobodyYetIsNoEmptyServer(t *testing.T) {
	if p := (fleet.Probe{At: time.Now(), Count: fleet.MeetingCount{Meetings: 1}}); p.Empty() {
		t.Error("a server with a meeting that nobody has joined counts as empty")
	}
}
