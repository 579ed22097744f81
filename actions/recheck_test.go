package actions

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// fakeServer is a balancer with one server and that server's BigBlueButton.
type fakeServer struct {
	Balancer
	state BalancerState
	count MeetingCount
	err   error // of BigBlueButton
}

func (w fakeServer) Server(context.Context, string) (BalancerServer, error) {
	return BalancerServer{State: w.state}, nil
}

func (w fakeServer) Meetings(context.Context, BalancerServer) (MeetingCount, error) {
	return w.count, w.err
}

func TestWhatCouldDoHarmIsCheckedAgainRightBefore(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	out := Step{Kind: Cordon, Aim: AimDrain, Alerts: []string{rules.FleetWorkloadLow}}
	silent := Step{Kind: Cordon, Aim: AimRepair}
	low := Alert{Fingerprint: "a", Name: rules.FleetWorkloadLow, SeenAt: now}
	for _, tt := range []struct {
		name   string
		step   Step
		server fakeServer
		alerts []Alert
		made   bool
	}{
		{"a disabled, empty server is stopped", Step{Kind: Stop}, fakeServer{state: Disabled}, nil, true},
		{"a server that was cordoned again is not stopped", Step{Kind: Stop}, fakeServer{state: Cordoned}, nil, false},
		{"a server with a meeting of nobody yet is not stopped", Step{Kind: Stop}, fakeServer{state: Disabled, count: MeetingCount{Meetings: 1}}, nil, false},
		{"a server that does not answer is not stopped", Step{Kind: Stop}, fakeServer{state: Disabled, err: errors.New("timeout")}, nil, false},
		{"a server with people whose meeting is not counted yet is not stopped", Step{Kind: Stop}, fakeServer{state: Disabled, count: MeetingCount{Participants: 1}}, nil, false},
		{"a cordoned, empty server is disabled", Step{Kind: Disable}, fakeServer{state: Cordoned}, nil, true},
		{"a server that a person enabled is not disabled", Step{Kind: Disable}, fakeServer{state: Enabled}, nil, false},
		{"a server with a meeting of nobody yet is not disabled", Step{Kind: Disable}, fakeServer{state: Cordoned, count: MeetingCount{Meetings: 1}}, nil, false},
		{"a disabled server shrinks", Step{Kind: Shrink}, fakeServer{state: Disabled}, nil, true},
		{"a server that a person enabled does not shrink", Step{Kind: Shrink}, fakeServer{state: Enabled}, nil, false},
		{"a server that still does not answer is taken out", silent, fakeServer{err: errors.New("timeout")}, nil, true},
		{"a server that answers by now is not taken out", silent, fakeServer{}, nil, false},
		{"a server is cordoned while its alert fires", out, fakeServer{}, []Alert{low}, true},
		{"a server is not cordoned once no alert asks for it", out, fakeServer{}, nil, false},
	} {
		memory := newMemory()
		memory.apply(Commit{Alerts: tt.alerts})
		s := &Scaler{deps: Deps{Balancer: tt.server, Meetings: tt.server, Now: func() time.Time { return now }}, memory: memory}
		no := s.recheck(t.Context(), Defaults(), tt.step, Server{Balancer: &BalancerServer{}})
		if (no == "") != tt.made {
			t.Errorf("%s: the check says %q", tt.name, no)
		}
	}
}

func TestMeetingOfNobodyYetIsNoEmptyServer(t *testing.T) {
	if p := (Probe{At: time.Now(), Count: MeetingCount{Meetings: 1}}); p.empty() {
		t.Error("a server with a meeting that nobody has joined counts as empty")
	}
}
