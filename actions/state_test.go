package actions_test

import (
	"context"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// listedAs is a balancer that applies change to one server in its list.
type listedAs struct {
	fleet.Balancer
	url    string
	change func(*fleet.BalancerServer)
}

func (b listedAs) Servers(ctx context.Context) ([]fleet.BalancerServer, error) {
	list, err := b.Balancer.Servers(ctx)
	for i := range list {
		if list[i].URL == b.url {
			b.change(&list[i])
		}
	}
	return list, err
}

// cloudListsAs is a cloud that applies change to one server in its lists.
type cloudListsAs struct {
	fleet.Cloud
	id     string
	change func(*fleet.CloudServer)
}

func (c cloudListsAs) Servers(ctx context.Context, dc string) ([]fleet.CloudServer, error) {
	list, err := c.Cloud.Servers(ctx, dc)
	for i := range list {
		if list[i].ID == c.id {
			c.change(&list[i])
		}
	}
	return list, err
}

// cycleWith runs one cycle of a new Scaler with the given record of a server. The two
// functions change what the cloud and the balancer list for it; nil: no change.
func (fx *fixture) cycleWith(name string, record fleet.Record, cloud func(*fleet.CloudServer), balancer func(*fleet.BalancerServer)) {
	fx.t.Helper()
	r, err := fx.w.Server(name)
	must(fx.t, err)
	record.ID = r.ID
	must(fx.t, fx.store.Commit(fx.t.Context(), fleet.Commit{Records: []fleet.Record{record}}))
	fx.watch = func(c fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
		if cloud != nil {
			c = cloudListsAs{c, r.ID, cloud}
		}
		if balancer != nil {
			b = listedAs{b, r.URL, balancer}
		}
		return c, b
	}
	fx.restart()
	must(fx.t, fx.s.Cycle(context.Background(), fx.w.Now()))
}

func TestStateFollowsFromTheRecordAndWhatIsRead(t *testing.T) {
	const on, off = "bbb-server1", "bbb-server6"
	listed := func(state fleet.BalancerState, online, known bool) func(*fleet.BalancerServer) {
		return func(b *fleet.BalancerServer) { b.State, b.Online, b.LoadKnown = state, online, known }
	}
	flies := func(k fleet.Kind) fleet.Record {
		step := fleet.Step{Kind: k, To: fleet.Size{Cores: 1, RAM: 1024}}
		return fleet.Record{Aim: fleet.AimDrain, Flight: &fleet.Flight{Step: step}}
	}
	serve, drain := fleet.Record{Aim: fleet.AimServe}, fleet.Record{Aim: fleet.AimDrain}
	for _, tt := range []struct {
		name   string
		server string
		record fleet.Record
		listed func(*fleet.BalancerServer)
		want   fleet.State
	}{
		{"nothing begun, in service", on, fleet.Record{}, listed(fleet.Enabled, true, true), fleet.StateActive},
		{"nothing begun, cordoned", on, fleet.Record{}, listed(fleet.Cordoned, true, true), fleet.StateManual},
		{"nothing begun, disabled", on, fleet.Record{}, listed(fleet.Disabled, true, true), fleet.StateManual},
		{"nothing begun, enabled and offline", on, fleet.Record{}, listed(fleet.Enabled, false, true), fleet.StateDown},
		{"to serve, enabled, online, its load known", on, serve, listed(fleet.Enabled, true, true), fleet.StateActive},
		{"to serve, not online yet", on, serve, listed(fleet.Enabled, false, true), fleet.StateWarming},
		{"to serve, its load not known yet", on, serve, listed(fleet.Enabled, true, false), fleet.StateWarming},
		{"to serve, not enabled yet", on, serve, listed(fleet.Disabled, true, true), fleet.StateWarming},
		{"drained, cordoned and empty", on, drain, listed(fleet.Cordoned, true, true), fleet.StateEmpty},
		{"drained, disabled and empty", on, drain, listed(fleet.Disabled, true, true), fleet.StateEmpty},
		{"drained, but enabled: the next meeting may come at once", on, drain, listed(fleet.Enabled, true, true), fleet.StateDraining},
		{"taken out for its silence", on, fleet.Record{Aim: fleet.AimRepair}, listed(fleet.Cordoned, true, true), fleet.StateDown},
		{"its stop in flight", on, flies(fleet.Stop), listed(fleet.Disabled, true, true), fleet.StateStopping},
		{"off", off, fleet.Record{Aim: fleet.AimOff}, listed(fleet.Disabled, false, false), fleet.StateOff},
		{"off, by a person", off, fleet.Record{Manual: "stopped"}, listed(fleet.Disabled, false, false), fleet.StateManual},
		{"its start in flight", off, flies(fleet.Start), listed(fleet.Disabled, false, false), fleet.StateStarting},
		{"its change of size in flight", off, flies(fleet.Shrink), listed(fleet.Disabled, false, false), fleet.StateResizing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fx := lowFixture(t, nil)
			tt.record.At = fx.w.Now()
			if f := tt.record.Flight; f != nil {
				f.At, f.Deadline = fx.w.Now(), fx.w.Now().Add(time.Hour)
			}
			fx.cycleWith(tt.server, tt.record, nil, tt.listed)
			if got := fx.state(tt.server); got != tt.want {
				t.Errorf("%s is %s: %q, want %s", tt.server, got, fx.reason(tt.server), tt.want)
			}
		})
	}
}
