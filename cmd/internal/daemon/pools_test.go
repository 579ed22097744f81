package daemon

import (
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
)

// goldStatus is a fleet of which every server has the tag gold.
func goldStatus() fleet.Status {
	counts := map[fleet.State]int{fleet.StateActive: 1}
	return fleet.Status{
		Fleet: "bbb", Ready: true, Counts: counts, UnknownPools: []string{"brass"},
		Pools:   []fleet.PoolStatus{{Pool: "gold", Floor: 1, Need: 2, Counts: counts}},
		Servers: []fleet.ServerStatus{{ID: "id-1", Name: "bbb-1", Pool: "gold", State: fleet.StateActive}},
		Brakes: []fleet.Hold{{Kind: fleet.HoldDemand, Pool: "gold", Text: "pool gold: an alert asks"},
			{Kind: fleet.HoldDemand, Pool: "silver", Text: "pool silver: an alert asks"}},
	}
}

func TestCommandsTellOfPools(t *testing.T) {
	st := goldStatus()
	for name, print := range map[string]struct {
		print     func(*strings.Builder) error
		want, not []string
	}{
		"status": {func(out *strings.Builder) error {
			return printStatus(&printer{out: out}, api.Fleet{Status: st}, 0, time.Now())
		},
			[]string{"Pool gold: 1 active; floor 1, needed 2", "UNKNOWN POOL: the configuration names brass"}, nil},
		"explain": {func(out *strings.Builder) error {
			return printServer(&printer{out: out}, explanation{Server: st.Servers[0], Brakes: brakesOf(st, st.Servers[0])}, true, time.Now())
		},
			[]string{"Pool: gold", "pool gold: an alert asks"}, []string{"silver"}},
		"check": {func(out *strings.Builder) error {
			c := newPreflight(out)
			c.status = st
			c.joined()
			return c.err
		}, []string{"gold: 1 active; floor 1", "every server has a tag in Scalelite", "capacity names the pool brass"}, []string{"WRONG"}},
		"status without tags": {func(out *strings.Builder) error {
			return printStatus(&printer{out: out}, api.Fleet{Status: fleet.Status{Fleet: "bbb", Ready: true}}, 0, time.Now())
		},
			nil, []string{"ool"}},
	} {
		var out strings.Builder
		if err := print.print(&out); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, want := range print.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s lacks %q:\n%s", name, want, out.String())
			}
		}
		for _, not := range print.not {
			if strings.Contains(out.String(), not) {
				t.Errorf("%s has %q:\n%s", name, not, out.String())
			}
		}
	}
}
