package actions_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// answering is the BigBlueButton of all servers, with the same answer for each.
type answering struct {
	count fleet.MeetingCount
	err   error
}

func (a answering) Meetings(context.Context, fleet.BalancerServer) (fleet.MeetingCount, error) {
	return a.count, a.err
}

func TestServerDrainsUntilBigBlueButtonItselfSaysThatNobodyIsOnIt(t *testing.T) {
	draining := map[fleet.State]int{fleet.StateDraining: 1, fleet.StateOff: 2}
	for _, tt := range []struct {
		name   string
		answer answering
		counts map[fleet.State]int
	}{
		{"no meeting and nobody", answering{}, map[fleet.State]int{fleet.StateOff: 3}},
		{"a meeting that nobody has joined yet", answering{count: fleet.MeetingCount{Meetings: 1}}, draining},
		{"people whose meeting is not counted yet", answering{count: fleet.MeetingCount{Participants: 3}}, draining},
		{"no answer", answering{err: errors.New("timeout")}, draining},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fx := lowFixture(t, func(c *fleet.Config, _ *sim.Config) {
				c.Capacity.MinActive, c.ScaleIn.RecordingsDeadline = 3, time.Minute
			})
			fx.bbb = func(fleet.Meetings) fleet.Meetings { return tt.answer }
			fx.restart()
			fx.run(30 * time.Minute)
			for state, want := range tt.counts {
				if got := fx.count(state); got != want {
					t.Errorf("%d servers %s, want %d\n%s", got, state, want, fx.describe())
				}
			}
		})
	}
}

// hangs is a BigBlueButton that no longer answers once hung is set.
type hangs struct {
	asked fleet.Meetings
	hung  *atomic.Bool
}

func (h hangs) Meetings(ctx context.Context, s fleet.BalancerServer) (fleet.MeetingCount, error) {
	if h.hung.Load() {
		<-ctx.Done()
		return fleet.MeetingCount{}, ctx.Err()
	}
	return h.asked.Meetings(ctx, s)
}

func TestProofThatAServerIsEmptyGrowsOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := sideBySideConfig(dcA)
		cfg.Capacity.MinActive, cfg.Deadlines.Read = 1, 10*time.Minute
		w, hung := newBubbleSim(sim.Config{Servers: 2, Running: 2, Datacenters: []string{dcA}}), &atomic.Bool{}
		s := runWith(t, cfg, w, actions.Deps{Cloud: w.Cloud(), Meetings: hangs{w.Meetings(), hung}})
		time.Sleep(2 * time.Minute)
		must(t, onlyErr(s.Notify([]fleet.Alert{firing(rules.FleetWorkloadLow, nil, idle)})))
		time.Sleep(2 * time.Minute)
		if n := s.Status().Counts[fleet.StateEmpty]; n != 1 {
			t.Fatalf("%d servers empty, want 1: %v", n, s.Status().Counts)
		}
		hung.Store(true)
		time.Sleep(4 * cfg.Fleet.BusyInterval)
		if n := s.Status().Counts[fleet.StateEmpty]; n != 0 {
			t.Errorf("a server counts as empty although its last answer is %s old", 4*cfg.Fleet.BusyInterval)
		}
	})
}
