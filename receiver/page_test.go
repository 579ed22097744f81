package receiver

import (
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

var update = flag.Bool("update", false, "write the golden files")

// morning is a fleet in which everything is going on.
func morning() *memory {
	size := fleet.Size{Cores: 4, RAM: 8192}
	step := fleet.Step{Kind: fleet.Start, Server: "bbb-4", Reason: "3 more servers are wanted: CPU at 0.71 of at most 0.70"}
	m := &memory{
		ready: true,
		status: fleet.Status{
			Fleet: "bbb", At: noon.Add(-4 * time.Second), Ready: true, DryRun: true, Floor: 3, Ceiling: 40, Need: 2,
			Counts: map[fleet.State]int{
				fleet.StateActive: 1, fleet.StateDraining: 1, fleet.StateStarting: 1, fleet.StateManual: 1, fleet.StateUnjoined: 1,
			},
			Brakes:  []fleet.Hold{{Kind: fleet.HoldDemand, Text: "a fleet alert asks for more: BBBFleetCPUHigh"}},
			Limits:  []fleet.Hold{{Kind: fleet.HoldContract, Text: "contract: no room for another 4 cores, 8192 MiB"}},
			Blocked: []fleet.Hold{{Kind: fleet.HoldShortList, Text: "frozen: the cloud lists 3 servers, 40 before"}},
			Unheard: []string{rules.FleetMemoryHigh},
			Sources: []fleet.SourceStatus{
				{Name: "datacenter dc-1", ReadAt: noon.Add(-5 * time.Second)},
				{Name: "balancer", ReadAt: noon.Add(-7 * time.Minute), Error: "listing servers: connection refused"},
				{Name: "alertmanager", ReadAt: noon.Add(-time.Hour)},
			},
			Servers: []fleet.ServerStatus{
				{ID: "id-1", Name: "bbb-1", Datacenter: "dc-1", Addr: "10.0.0.1", Host: "10.0.0.1", Aliases: []string{"id-1", "BBB-1", "bbb-1", "10.0.0.1", "2001:db8::1"}, Size: size, State: fleet.StateActive, Power: fleet.PowerOn,
					Balancer: fleet.Enabled, Load: 84, Reason: "in service", Alerts: []string{rules.ServerCPUHigh},
					Cooldowns: map[string]time.Time{"up": noon.Add(3 * time.Minute), "down": noon.Add(5 * time.Minute), "backoff": noon.Add(-time.Minute)}},
				{ID: "id-2", Name: "bbb-2", Datacenter: "dc-1", Addr: "10.0.0.2", Host: "10.0.0.2", Aliases: []string{"id-2", "10.0.0.2"}, Size: size, State: fleet.StateDraining, Since: noon.Add(-20 * time.Minute),
					Power: fleet.PowerOn, Balancer: fleet.Cordoned, Load: 12, Meetings: &fleet.MeetingCount{Meetings: 1, Participants: 12}, Reason: "1 meeting left"},
				{ID: "id-3", Name: "bbb-3", Datacenter: "dc-1", Host: "bbb-3", Size: size, State: fleet.StateManual, Reason: "disabled by hand"},
				{ID: "id-4", Name: "bbb-4", Datacenter: "dc-1", Host: "bbb-4", Size: size, State: fleet.StateStarting, Since: noon.Add(-time.Minute), InFlight: &step, Reason: step.Reason},
				{ID: "id-5", Name: "<script>alert(1)</script>", Host: "id-5", State: fleet.StateUnjoined, Reason: "not found in the balancer"},
			},
			Unjoined: []fleet.Hold{
				{Kind: fleet.HoldNoServer, Text: "balancer server bbb-9 (https://bbb-9) matches no cloud server"},
				{Kind: fleet.HoldNoTarget, Text: `alert BBBServerIdle of instance "x" matches no cloud server`},
			},
		},
		journal: []fleet.Entry{
			{Seq: 2, At: noon.Add(-time.Minute), Step: step, Outcome: fleet.Begun, Request: "r-1", DryRun: true},
			{Seq: 1, At: noon.Add(-26 * time.Hour), Step: fleet.Step{Kind: fleet.Stop, Server: "bbb-3", Reason: "empty"}, Outcome: fleet.Failed, Detail: "quota", Took: 93},
		},
		pauses: []fleet.Pause{{ID: "p1", Server: "bbb-2*", ScaleInOnly: true, Reason: "exam", By: "anna", From: noon, Until: noon.Add(time.Hour)}},
	}
	_, _ = m.Notify([]fleet.Alert{
		{Fingerprint: "1", Name: rules.ServerCPUHigh, Labels: map[string]string{"instance": "10.0.0.1:9100"},
			Annotations: map[string]string{"value": "0.91"}, StartsAt: noon.Add(-time.Hour)},
		{Fingerprint: "2", Name: rules.FleetCPUHigh, StartsAt: noon.Add(-time.Hour), Suppressed: true},
	})
	return m
}

func TestThePageShowsAtAGlanceWhatIsGoingOnAndWhy(t *testing.T) {
	_, page := ask(handler(t, morning()), "GET", "/", "")
	for _, want := range []string{
		"dry run: nothing is changed", "last cycle 4 s ago",
		"<b>Nothing is changed.</b> frozen: the cloud lists 3 servers",
		"Paused (scale-in only):</b> bbb-2* until ", "by anna: exam",
		"<b>Configuration:</b> scalelite.url is not set",
		"<b>More capacity is needed than a limit allows.</b> contract:", "<b>BBBFleetMemoryHigh fires, but its notifications do not arrive", "<b>No scale-in:</b> a fleet alert",
		`<div class="figure active"><b>1</b><span>active</span>`, `<div class="figure off"><b>0</b><span>off</span>`,
		"<b>3</b><span>floor</span>", "<b>+2</b><span>needed</span>", "<b>40</b><span>ceiling</span>",
		`<span class="tag bad">failing</span> balancer <span class="dim">7 min ago</span>`, "connection refused",
		"balancer server bbb-9", `<span class="tag warn">silenced</span> BBBFleetCPUHigh`,
		"10.0.0.1:9100</span> at 0.91", "4 cores, 8 GiB", "1 meeting, 12 in them", `<span class="tag">start</span> 3 more servers are wanted`,
		"down until ", "up until ", `<span class="outcome failed">failed</span> <span class="dim">after 93 s</span>`, "quota",
		"&lt;script&gt;alert(1)&lt;/script&gt;",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, not := range []string{"<script", "backoff until", "ZgotmplZ", "{{"} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %q", not)
		}
	}
}

func TestThePageWithoutAnythingReadSaysSo(t *testing.T) {
	_, page := ask(handler(t, &memory{closed: true}), "GET", "/", "")
	for _, want := range []string{"not ready: the fleet has not been read completely for deadlines.stale, or not yet", "last cycle never",
		">none</td>",
		">none</li>", "no steps yet", "database not open"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestThePageMayLoadNothingButItsStyle(t *testing.T) {
	w := httptest.NewRecorder()
	handler(t, morning()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; style-src 'self';") {
		t.Errorf("Content-Security-Policy: %s", got)
	}
	if got := w.Header().Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options: %s", got)
	}
}

func TestMetricsSayWhatThePageSays(t *testing.T) {
	d := deps(morning())
	New(Defaults(), d)
	golden := filepath.Join("testdata", "fleet.prom")
	names := []string{rules.MetricServerState, rules.MetricServerAlias, rules.MetricServers, rules.MetricFloor, rules.MetricCeiling, rules.MetricFleetRead,
		rules.MetricDraining, rules.MetricLimited, rules.MetricUnjoined, rules.MetricWritesBlocked,
		"bbb_scaler_need_servers", "bbb_scaler_brakes", "bbb_scaler_pauses", "bbb_scaler_dry_run"}
	got, err := testutil.CollectAndFormat(fleetCollector{d.Scaler, d.Now}, expfmt.TypeTextPlain, names...)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(golden, got, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("metrics:\n%s\nwant (go test -update writes it):\n%s", got, want)
	}
}

func TestAlertsWithoutNotificationsAreCountedWhileAlertmanagerIsRead(t *testing.T) {
	for _, tt := range []struct {
		name    string
		sources []fleet.SourceStatus
		want    string
	}{
		{"read", []fleet.SourceStatus{{Name: "alertmanager", ReadAt: noon}}, rules.MetricUnheard + " 2\n"},
		{"no longer read", []fleet.SourceStatus{{Name: "alertmanager", ReadAt: noon, Error: "connection refused"}}, ""},
		{"not configured", nil, ""},
	} {
		m := &memory{status: fleet.Status{Sources: tt.sources, Unheard: []string{rules.ServerCPUHigh, rules.FleetCPUHigh}}}
		got, err := testutil.CollectAndFormat(fleetCollector{m, time.Now}, expfmt.TypeTextPlain, rules.MetricUnheard)
		if err != nil || !strings.HasSuffix(string(got), tt.want) || (len(got) == 0) != (tt.want == "") {
			t.Errorf("%s: metrics %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

func TestBeforeTheFirstLookNoFloorAndNoReadAreClaimed(t *testing.T) {
	for _, name := range []string{rules.MetricFloor, rules.MetricCeiling, rules.MetricFleetRead, rules.MetricLimited} {
		if n := testutil.CollectAndCount(fleetCollector{&memory{}, time.Now}, name); n != 0 {
			t.Errorf("%s is exposed", name)
		}
	}
}

func TestEveryMetricIsLinted(t *testing.T) {
	d := deps(morning())
	post(New(Defaults(), d), many(1))
	problems, err := testutil.GatherAndLint(d.Metrics)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// TestForeignTextOnThePageIsTextOnly has markup in every field that somebody else
// fills in.
func TestForeignTextOnThePageIsTextOnly(t *testing.T) {
	const hostile = `"><img src=x onerror=alert(1)></script><script>alert(2)</script>`
	m := morning()
	m.pauses[0].Reason, m.pauses[0].By, m.pauses[0].Server = hostile, hostile, hostile
	m.status.Unjoined, m.status.Blocked, m.status.Limits = []fleet.Hold{{Text: hostile}}, []fleet.Hold{{Text: hostile}}, []fleet.Hold{{Text: hostile}}
	m.status.Sources[0].Error = hostile
	sv := &m.status.Servers[0]
	sv.Name, sv.Datacenter, sv.Reason, sv.Alerts = hostile, hostile, hostile, []string{hostile}
	m.journal[0].Step.Server, m.journal[0].Step.Reason, m.journal[0].Detail, m.journal[0].Request = hostile, hostile, hostile, hostile
	for f, a := range m.table {
		a.Name, a.Labels, a.Annotations = hostile, map[string]string{"instance": hostile}, map[string]string{"value": hostile}
		m.table[f] = a
	}
	_, page := ask(handler(t, m), "GET", "/", "")
	if n := strings.Count(page, "&lt;img src=x"); n < 12 {
		t.Errorf("%d fields show the text, want at least 12: the test shows little", n)
	}
	for _, not := range []string{"<img", "<script", "</script"} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %q", not)
		}
	}
}
