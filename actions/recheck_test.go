package actions

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// fakeServer is a balancer with one server and that server's BigBlueButton.
type fakeServer struct {
	fleet.Balancer
	state fleet.BalancerState
	count fleet.MeetingCount
	err   error // of BigBlueButton
}

func (w fakeServer) Server(context.Context, string) (fleet.BalancerServer, error) {
	return fleet.BalancerServer{State: w.state}, nil
}

func (w fakeServer) Meetings(context.Context, fleet.BalancerServer) (fleet.MeetingCount, error) {
	return w.count, w.err
}

func TestWhatCouldDoHarmIsCheckedAgainRightBefore(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	out := fleet.Step{Kind: fleet.Cordon, Aim: fleet.AimDrain, Alerts: []string{rules.FleetWorkloadLow}}
	silent := fleet.Step{Kind: fleet.Cordon, Aim: fleet.AimRepair}
	low := fleet.Alert{Fingerprint: "a", Name: rules.FleetWorkloadLow, SeenAt: now}
	for _, tt := range []struct {
		name   string
		step   fleet.Step
		server fakeServer
		alerts []fleet.Alert
		made   bool
	}{
		{"a disabled, empty server is stopped", fleet.Step{Kind: fleet.Stop}, fakeServer{state: fleet.Disabled}, nil, true},
		{"a server that was cordoned again is not stopped", fleet.Step{Kind: fleet.Stop}, fakeServer{state: fleet.Cordoned}, nil, false},
		{"a server with a meeting of nobody yet is not stopped", fleet.Step{Kind: fleet.Stop}, fakeServer{state: fleet.Disabled, count: fleet.MeetingCount{Meetings: 1}}, nil, false},
		{"a server that does not answer is not stopped", fleet.Step{Kind: fleet.Stop}, fakeServer{state: fleet.Disabled, err: errors.New("timeout")}, nil, false},
		{"a server with people whose meeting is not counted yet is not stopped", fleet.Step{Kind: fleet.Stop}, fakeServer{state: fleet.Disabled, count: fleet.MeetingCount{Participants: 1}}, nil, false},
		{"a cordoned, empty server is disabled", fleet.Step{Kind: fleet.Disable}, fakeServer{state: fleet.Cordoned}, nil, true},
		{"a server that a person enabled is not disabled", fleet.Step{Kind: fleet.Disable}, fakeServer{state: fleet.Enabled}, nil, false},
		{"a server with a meeting of nobody yet is not disabled", fleet.Step{Kind: fleet.Disable}, fakeServer{state: fleet.Cordoned, count: fleet.MeetingCount{Meetings: 1}}, nil, false},
		{"a disabled server shrinks", fleet.Step{Kind: fleet.Shrink}, fakeServer{state: fleet.Disabled}, nil, true},
		{"a server that a person enabled does not shrink", fleet.Step{Kind: fleet.Shrink}, fakeServer{state: fleet.Enabled}, nil, false},
		{"a server that still does not answer is taken out", silent, fakeServer{err: errors.New("timeout")}, nil, true},
		{"a server that answers by now is not taken out", silent, fakeServer{}, nil, false},
		{"a server is cordoned while its alert fires", out, fakeServer{}, []fleet.Alert{low}, true},
		{"a server is not cordoned once no alert asks for it", out, fakeServer{}, nil, false},
	} {
		memory := fleet.NewMemory()
		memory.Apply(fleet.Commit{Alerts: tt.alerts})
		s := &Scaler{deps: Deps{Balancer: tt.server, Meetings: tt.server, Now: func() time.Time { return now }}, memory: memory}
		no := s.recheck(t.Context(), fleet.Defaults(), tt.step, fleet.Server{Balancer: &fleet.BalancerServer{}})
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
