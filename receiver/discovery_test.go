package receiver

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// inventory has one server of each kind that service discovery tells apart.
func inventory() fleet.Status {
	return fleet.Status{
		At: noon, Sources: []fleet.SourceStatus{{Name: "datacenter d", ReadAt: noon}, {Name: "balancer", ReadAt: noon}, {Name: "alertmanager"}},
		Servers: []fleet.ServerStatus{
			{ID: "id-1", Name: "bbb-1", Datacenter: "d", Power: fleet.PowerOn, State: fleet.StateActive, Addr: "10.0.0.1", BalancerURL: "https://bbb-1.example.org:8443/bigbluebutton/api"},
			{ID: "id-1", Name: "bbb-1", Datacenter: "d", Power: fleet.PowerOn, State: fleet.StateActive, Addr: "10.0.0.1", BalancerURL: "https://bbb-1.example.org:8443/bigbluebutton/api"},
			{ID: "id-2", Name: "bbb-2", Datacenter: "d", Power: fleet.PowerOff, State: fleet.StateOff, Addr: "10.0.0.2"},
			{ID: "id-3", Name: "bbb-3", Datacenter: "d", Power: fleet.PowerOff, State: fleet.StateStarting, Addr: "2001:db8::3"},
			{ID: "id-4", Name: "bbb-4", Datacenter: "d", Power: fleet.PowerOther, State: fleet.StateUncertain, Addr: "10.0.0.4"},
			{ID: "id-5", Name: "bbb-5", Datacenter: "d", Power: fleet.PowerOn, State: fleet.StateUnjoined},
		},
	}
}

func discovering(st fleet.Status, d rules.Discovery) http.Handler {
	all := deps(&memory{status: st})
	all.Discovery = func() rules.Discovery { return d }
	return New(Defaults(), all)
}

func TestServiceDiscoveryListsTheServersThatAreOn(t *testing.T) {
	own := rules.Discovery{Fleet: "north", Node: rules.Exporter{Scheme: "https", Port: 9100, Path: "/metrics"}}
	shared := rules.Discovery{
		Fleet: "north", LabelServerID: "uuid", LabelFleet: "site",
		Node: rules.Exporter{Scheme: "https", Path: "/mon/node"}, BBB: &rules.Exporter{Scheme: "https", Path: "/mon/bbb"},
	}
	target := func(address, id, labels string) string {
		return `{"targets":["` + address + `"],"labels":{` + strings.ReplaceAll(labels, "ID", id) + `}}`
	}
	const first, second = `"__metrics_path__":"/metrics","__scheme__":"https","datacenter":"d","fleet":"north","server":"bbb-ID","server_id":"id-ID"`,
		`"__metrics_path__":"/mon/bbb","__scheme__":"https","datacenter":"d","server":"bbb-ID","site":"north","uuid":"id-ID"`
	for name, tt := range map[string]struct {
		discovery  rules.Discovery
		path, want string
	}{
		"node exporters, by the balancer's host or by address": {own, "/sd/node-exporter",
			target("bbb-1.example.org:9100", "1", first) + "," + target("[2001:db8::3]:9100", "3", first) + "," + target("10.0.0.4:9100", "4", first)},
		"also the servers that are off": {own, "/sd/node-exporter?off=true",
			target("bbb-1.example.org:9100", "1", first) + "," + target("10.0.0.2:9100", "2", first) + "," + target("[2001:db8::3]:9100", "3", first) + "," + target("10.0.0.4:9100", "4", first)},
		"no bbb-exporters where there are none": {own, "/sd/bbb-exporter", ""},
		"bbb-exporters by path, under the labels of the configuration": {shared, "/sd/bbb-exporter",
			target("bbb-1.example.org", "1", second) + "," + target("[2001:db8::3]", "3", second) + "," + target("10.0.0.4", "4", second)},
	} {
		t.Run(name, func(t *testing.T) {
			code, body := ask(discovering(inventory(), tt.discovery), "GET", tt.path, "")
			if want := "[" + tt.want + "]"; code != http.StatusOK || strings.TrimSpace(body) != want {
				t.Errorf("GET %s = %d\n%s\nwant 200\n%s", tt.path, code, body, want)
			}
		})
	}
}

func TestServiceDiscoveryAnswersAnErrorRatherThanAnIncompleteList(t *testing.T) {
	for name, tt := range map[string]struct {
		path string
		read func(*fleet.Status)
		want int
	}{
		"no cycle yet":                              {"/sd/node-exporter", func(st *fleet.Status) { *st = fleet.Status{} }, http.StatusServiceUnavailable},
		"a datacenter that was never read":          {"/sd/node-exporter", func(st *fleet.Status) { st.Sources[0] = fleet.SourceStatus{Name: "datacenter d"} }, http.StatusServiceUnavailable},
		"a balancer that was never read":            {"/sd/bbb-exporter", func(st *fleet.Status) { st.Sources[1] = fleet.SourceStatus{Name: "balancer"} }, http.StatusServiceUnavailable},
		"a balancer whose last read failed":         {"/sd/node-exporter", func(st *fleet.Status) { st.Sources[1].Error = "timeout" }, http.StatusOK},
		"a parameter that is neither true or false": {"/sd/node-exporter?off=maybe", func(*fleet.Status) {}, http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			st := inventory()
			tt.read(&st)
			if code, body := ask(discovering(st, rules.Discovery{}), "GET", tt.path, ""); code != tt.want {
				t.Errorf("GET %s = %d %s, want %d", tt.path, code, body, tt.want)
			}
		})
	}
}
