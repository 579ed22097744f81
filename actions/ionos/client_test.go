package ionos

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

const contractBody = `{"items":[{"properties":{"contractNumber":31960512,"resourceLimits":{"coresPerServer":62,"coresPerContract":500,
 "coresProvisioned":420,"ramPerServer":245760,"ramPerContract":1024000,"ramProvisioned":1024001}}}]}`

func TestEachOperationSendsExactlyThis(t *testing.T) {
	w := &wire{answer: func(_ int, req *http.Request) (*http.Response, error) {
		switch {
		case strings.HasSuffix(req.URL.Path, "contracts"):
			return reply(200, contractBody), nil
		case strings.HasSuffix(req.URL.Path, "servers/s1") && req.Method == http.MethodGet:
			return reply(200, `{"id":"s1"}`), nil
		case req.Method == http.MethodGet:
			return reply(200, `{}`), nil
		}
		return reply(202, ``), nil
	}}
	c := client(t, w)
	want := map[string]string{
		"list":     "GET /cloudapi/v6/datacenters/d1/servers?depth=3&limit=1000&offset=0&pretty=false ",
		"server":   "GET /cloudapi/v6/datacenters/d1/servers/s1?depth=3&pretty=false ",
		"start":    "POST /cloudapi/v6/datacenters/d1/servers/s1/start?depth=0&pretty=false ",
		"stop":     "POST /cloudapi/v6/datacenters/d1/servers/s1/stop?depth=0&pretty=false ",
		"resize":   `PATCH /cloudapi/v6/datacenters/d1/servers/s1?depth=0&pretty=false {"cores":6,"ram":10240}`,
		"request":  "GET /cloudapi/v6/requests/r1/status?depth=0&pretty=false ",
		"contract": "GET /cloudapi/v6/contracts?depth=1&pretty=false ",
	}
	for name, run := range operations() {
		if err := run(t.Context(), c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		last := w.calls[len(w.calls)-1]
		if got := last.method + " " + last.uri + " " + strings.TrimSpace(last.body); got != want[name] {
			t.Errorf("%s sent %q, want %q", name, got, want[name])
		}
	}
	if got, want := len(w.calls), len(want); got != want {
		t.Errorf("%d operations made %d calls, want one each", want, got)
	}
}

func TestTheListTellsAllThatTheFleetNeeds(t *testing.T) {
	body, err := os.ReadFile("testdata/servers.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := client(t, always(200, string(body))).Servers(t.Context(), "d1")
	if err != nil {
		t.Fatal(err)
	}
	ref := func(id string) fleet.ServerRef { return fleet.ServerRef{Datacenter: "d1", ID: id} }
	want := []fleet.CloudServer{
		{ServerRef: ref("f7438b0c"), Name: "bbb-042", Size: fleet.Size{Cores: 4, RAM: 8192}, Power: fleet.PowerOn,
			Addrs:   []netip.Addr{netip.MustParseAddr("192.0.2.42"), netip.MustParseAddr("2001:db8::42"), netip.MustParseAddr("10.7.0.42")},
			HotPlug: fleet.HotPlug{CPU: true, RAM: true}},
		{ServerRef: ref("busy-off"), Name: "bbb-043", Size: fleet.Size{Cores: 2, RAM: 8192}, Power: fleet.PowerOff, Busy: true},
		{ServerRef: fleet.ServerRef{Datacenter: "d1", ID: "cube", Template: "CUBE"}, Name: "bbb-044", Size: fleet.Size{Cores: 2, RAM: 4096}, Power: fleet.PowerOff},
		{ServerRef: ref("crashed"), Name: "bbb-045", Power: fleet.PowerOther, HotPlug: fleet.HotPlug{RAM: true}},
		{ServerRef: ref("two-volumes"), Name: "bbb-046", Power: fleet.PowerOther},
		{ServerRef: ref("bare"), Power: fleet.PowerOther, Busy: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Servers() =\n%+v, want\n%+v", got, want)
	}
}

func TestTheTypeDecidesHowAServerIsSwitchedOnAndOff(t *testing.T) {
	for template, want := range map[string][2]string{"": {"start", "stop"}, "CUBE": {"resume", "suspend"}, "GPU": {"start", "stop"}} {
		w := always(202, ``, "Location", "https://h/requests/3f2a/status")
		c, ref := client(t, w), fleet.ServerRef{Datacenter: "d1", ID: "s1", Template: template}
		for i, change := range []func(context.Context, fleet.ServerRef) (string, error){c.Start, c.Stop} {
			id, err := change(t.Context(), ref)
			if uri := "/cloudapi/v6/datacenters/d1/servers/s1/" + want[i] + "?depth=0&pretty=false"; id != "3f2a" || err != nil || w.calls[i].uri != uri || w.calls[i].method != http.MethodPost {
				t.Errorf("type %q: %s %s, %q, %v, want POST %s", template, w.calls[i].method, w.calls[i].uri, id, err, uri)
			}
		}
	}
}

func TestAnAnswerAboutAnotherServerIsAnError(t *testing.T) {
	for _, body := range []string{`{}`, `{"id":"s2","properties":{"cores":8}}`, `{"id":"d1/servers","items":[]}`} {
		got, err := client(t, always(200, body)).Server(t.Context(), fleet.ServerRef{Datacenter: "d1", ID: "s1"})
		if err == nil || !strings.Contains(err.Error(), "reading server s1 in datacenter d1: the answer is about server") {
			t.Errorf("%s: Server() = %+v, %v, want an error", body, got, err)
		}
	}
}

// pages serves n servers in pages of at most limit, with or without links.
func pages(n, limit int, links bool) *wire {
	return &wire{answer: func(_ int, req *http.Request) (*http.Response, error) {
		var offset int
		fmt.Sscan(req.URL.Query().Get("offset"), &offset)
		var items []string
		for i := offset; i < min(n, offset+limit); i++ {
			items = append(items, fmt.Sprintf(`{"id":"s%d"}`, i))
		}
		link := ""
		if links && offset+limit < n {
			link = `,"_links":{"next":"https://elsewhere"}`
		}
		return reply(200, fmt.Sprintf(`{"limit":%d,"items":[%s]%s}`, limit, strings.Join(items, ","), link)), nil
	}}
}

func TestPagingListsEveryServerOnce(t *testing.T) {
	tests := []struct {
		name           string
		servers, calls int
		links          bool
	}{
		{"none", 0, 1, true},
		{"one page", 745, 1, true},
		{"a full page, and no link to another", 1000, 2, true},
		{"three pages by link", 2500, 3, true},
		{"three pages without links", 2500, 3, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := pages(tt.servers, 1000, tt.links)
			got, err := client(t, w).Servers(t.Context(), "d1")
			if err != nil || len(got) != tt.servers || len(w.calls) != tt.calls {
				t.Fatalf("Servers() = %d servers, %v in %d calls, want %d in %d", len(got), err, len(w.calls), tt.servers, tt.calls)
			}
		})
	}
}

func TestPagesThatDoNotAdvanceAreAnError(t *testing.T) {
	w := always(200, `{"items":[{"id":"s1"}],"_links":{"next":"https://h/next"}}`)
	_, err := client(t, w).Servers(t.Context(), "d1")
	if err == nil || len(w.calls) != 2 {
		t.Errorf("Servers() = %v in %d calls, want an error at the second", err, len(w.calls))
	}
}

func TestRequestsTellHowFarTheyAre(t *testing.T) {
	tests := []struct {
		name, id string
		w        *wire
		want     fleet.RequestStatus
	}{
		{"queued", "r", always(200, `{"metadata":{"status":"QUEUED"}}`), fleet.RequestStatus{Phase: fleet.RequestPending}},
		{"running", "r", always(200, `{"metadata":{"status":"RUNNING"}}`), fleet.RequestStatus{Phase: fleet.RequestPending}},
		{"done", "r", always(200, `{"metadata":{"status":"DONE"}}`), fleet.RequestStatus{Phase: fleet.RequestDone}},
		{"failed", "r", always(200, `{"metadata":{"status":"FAILED","message":"no capacity"}}`), fleet.RequestStatus{Phase: fleet.RequestFailed, Message: "no capacity"}},
		{"of an unknown status", "r", always(200, `{"metadata":{}}`), fleet.RequestStatus{Phase: fleet.RequestPending}},
		{"forgotten by the cloud", "r", always(404, ``), fleet.RequestStatus{Phase: fleet.RequestDone}},
		{"never named", "", always(500, ``), fleet.RequestStatus{Phase: fleet.RequestDone}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := client(t, tt.w).Request(t.Context(), tt.id); err != nil || got != tt.want {
				t.Errorf("Request(%q) = %+v, %v, want %+v", tt.id, got, err, tt.want)
			}
		})
	}
}

func TestAnAcceptedWriteNamesItsRequest(t *testing.T) {
	tests := []struct {
		name     string
		location string
		body     string
		want     string
	}{
		{"as documented", "https://api.ionos.com/cloudapi/v6/requests/3f2a/status", `{}`, "3f2a"},
		{"without a Location", "", `{}`, ""},
		{"with a Location that is no request", "https://h/servers/x", `{}`, ""},
		{"with a body that nobody can read", "https://h/requests/3f2a/status", `<html>`, "3f2a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := always(202, tt.body, "Location", tt.location)
			got, err := client(t, w).Resize(t.Context(), fleet.ServerRef{Datacenter: "d", ID: "s"}, fleet.Size{Cores: 2, RAM: 2048})
			if err != nil || got != tt.want || len(w.calls) != 1 {
				t.Errorf("Resize() = %q, %v in %d calls, want %q in 1", got, err, len(w.calls), tt.want)
			}
		})
	}
}

func TestTheContractTellsItsRoom(t *testing.T) {
	two := `{"items":[{"properties":{"contractNumber":1}},{"properties":{"contractNumber":2,"resourceLimits":{"coresPerServer":8}}}]}`
	tests := []struct {
		name, body string
		number     int64
		want       fleet.Contract
		wantErr    string
	}{
		{"the only contract, overdrawn in RAM", contractBody, 0,
			fleet.Contract{PerServer: fleet.Size{Cores: 62, RAM: 245760}, Free: fleet.Size{Cores: 80}}, ""},
		{"the named one of two, with limits untold", two, 2,
			fleet.Contract{PerServer: fleet.Size{Cores: 8, RAM: unlimited}, Free: fleet.Size{Cores: unlimited, RAM: unlimited}}, ""},
		{"two, and none named", two, 0, fleet.Contract{}, "the login has 2 contracts, [1 2]: set ionos.contract_number"},
		{"another one named", two, 3, fleet.Contract{}, "ionos.contract_number 3 is not a contract of the login, which has [1 2]"},
		{"none", `{}`, 0, fleet.Contract{}, "the login has 0 contracts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := client(t, always(200, tt.body), func(c *Config) { c.ContractNumber = tt.number }).Contract(t.Context())
			if got != tt.want || (err == nil) != (tt.wantErr == "") || err != nil && !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("Contract() = %+v, %v, want %+v, %q", got, err, tt.want, tt.wantErr)
			}
		})
	}
}
