package receiver

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// pooledMorning has one server with the tag gold.
func pooledMorning() *memory {
	m := morning()
	m.status.Servers[0].Pool = "gold"
	m.status.Pools = []fleet.PoolStatus{
		{Floor: 2, Need: 2, Counts: map[fleet.State]int{fleet.StateDraining: 1}},
		{Pool: "gold", Floor: 1, Counts: map[fleet.State]int{fleet.StateActive: 1}},
	}
	m.status.Limits = []fleet.Hold{{Kind: fleet.HoldFleet, Pool: "gold", Text: "pool gold: fleet: none is left"}}
	m.status.UnknownPools = []string{"brass"}
	return m
}

func TestMetricsOfServersWithATagHaveTheLabelPool(t *testing.T) {
	names := []string{rules.MetricServerState, rules.MetricServers, rules.MetricFloor, rules.MetricLimited, "bbb_scaler_need_servers"}
	text, err := testutil.CollectAndFormat(fleetCollector{pooledMorning(), func() time.Time { return noon }}, expfmt.TypeTextPlain, names...)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`bbb_scaler_server_state{host="10.0.0.1",pool="gold",server="bbb-1",server_id="id-1",state="active"} 1`,
		`bbb_scaler_server_state{host="10.0.0.2",server="bbb-2",server_id="id-2",state="draining"} 1`,
		"bbb_scaler_floor_servers 2\n", `bbb_scaler_floor_servers{pool="gold"} 1`,
		"bbb_scaler_need_servers 2\n", `bbb_scaler_need_servers{pool="gold"} 0`,
		`bbb_scaler_servers{state="active"} 0`, `bbb_scaler_servers{pool="gold",state="active"} 1`,
		`bbb_scaler_capacity_limited{limit="fleet"} 0`, `bbb_scaler_capacity_limited{limit="fleet",pool="gold"} 1`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the metrics lack %s:\n%s", want, text)
		}
	}
}

func TestThePageShowsPoolsOnlyWhereServersHaveTags(t *testing.T) {
	_, page := ask(handler(t, pooledMorning()), "GET", "/", "")
	for _, want := range []string{"<b>0</b><span>active in pool untagged; floor 2, +2 needed</span>", "<b>1</b><span>active in pool gold; floor 1</span>", "No server has the tag brass"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if _, page := ask(handler(t, morning()), "GET", "/", ""); strings.Contains(page, "pool") {
		t.Error("the page of a fleet without tags tells of pools")
	}
}
