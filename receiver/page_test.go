package receiver

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
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
					Balancer: fleet.Enabled, Load: 84, LoadKnown: true, Reason: "in service", Alerts: []string{rules.ServerCPUHigh},
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
		"<title>Problem – bbb – bbb-scaler</title>", `<div class="verdict bad">`, "<b>Problem</b> <span>", "dry run: nothing is changed",
		`last cycle <time datetime="2027-03-01T11:59:56Z">`, "nothing is changed: frozen: the cloud lists 3 servers",
		`CPU is exhausted on 1 server, of 1 that take new meetings: <a href="#s1">bbb-1</a> (91 %)`,
		`href="https://example.org/runbooks#bbbservercpuhigh">runbook</a>`,
		`<h2>What happens next</h2>`, "1 server takes meetings: bbb-4", "no server starts, although 2 more are needed", "1 server stops after its last meeting: bbb-2", "not measured yet",
		`data-resume="p1"`, "Paused (scale-in only):</b> bbb-2* until ", "by anna: exam",
		"<b>Configuration:</b> scalelite.url is not set",
		"a limit is reached: contract:", "no notification arrives of BBBFleetMemoryHigh", "<b>No scale-in:</b> a fleet alert",
		`<a class="figure active" href="#servers" data-state="active"><b>1</b><span>active</span>`, `data-state="off"><b>0</b><span>off</span>`,
		"<b>3</b><span>floor</span>", "<b>+2</b><span>needed</span>", "<b>40</b><span>ceiling</span>",
		`<span class="tag bad">failing</span> balancer <span class="dim"><time datetime="2027-03-01T11:53:00Z">`, "connection refused",
		"balancer server bbb-9", `<span class="tag warn">silenced</span> <b>BBBFleetCPUHigh</b>`,
		"\">bbb-1</a> at 91\u00a0%", "4 cores, 8 GiB", `<td>12<td>1<td>12<td>`, `<a href="servers/bbb-1">bbb-1</a>`, `<a href="servers/id-5">&lt;script&gt;`, `<b>start</b> 3 more servers are wanted`,
		"down until ", "up until ", `<b class="failed">failed</b> <span class="dim">after 93 s</span>`, "quota",
		"&lt;script&gt;alert(1)&lt;/script&gt;",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, not := range []string{"<script>", "backoff until", "ZgotmplZ", "{{"} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %q", not)
		}
	}
}

func TestThePageWithoutAnythingReadSaysSo(t *testing.T) {
	_, page := ask(handler(t, &memory{closed: true}), "GET", "/", "")
	for _, want := range []string{`<div class="verdict bad">`, "nothing has been read yet", "last cycle never", `<section id="busy" hidden`,
		"none is firing", "no steps yet", "database not open"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestThePageMayLoadNothingButItsStyleAndScript(t *testing.T) {
	w := httptest.NewRecorder()
	handler(t, morning()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'") || strings.Contains(got, "unsafe") {
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
	names := []string{rules.MetricServerState, rules.MetricServerAlias, rules.MetricServerLoad, rules.MetricServers, rules.MetricFloor, rules.MetricCeiling, rules.MetricFleetRead,
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
	for _, not := range []string{"<img", "<script>", "alert(2)</script"} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %q", not)
		}
	}
}

// TestThePageIsAsBefore compares the whole page, so that a change of the templates
// is seen as people will see it.
func TestThePageIsAsBefore(t *testing.T) {
	zone := time.Local
	time.Local = time.UTC
	defer func() { time.Local = zone }()
	_, page := ask(handler(t, morning()), "GET", "/", "")
	page = regexp.MustCompile(`data-version="[^"]*"`).ReplaceAllString(page, `data-version="…"`)
	golden := filepath.Join("testdata", "page.html")
	if *update {
		if err := os.WriteFile(golden, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(page, "\n")); diff != "" {
		t.Errorf("the page changed (go test -update writes it), -want +got:\n%s", diff)
	}
}

// TestTheScriptAgreesWithTheDaemon compares what both sides must know: the order of
// a row's fields, the number of servers in the short list, and the regions.
func TestTheScriptAgreesWithTheDaemon(t *testing.T) {
	const names = "name addr dc state since size load meetings people step why alerts cooldowns busy page"
	r := row{"", "", "name", "addr", "dc", "state", "since", "size", "load", "meetings", "people", "step", "why", "alerts", "cooldowns", "page", "busy"}
	fields := r.fields()
	if got := strings.Join(fields[:], " "); got != names {
		t.Errorf("fields %s, want %s", got, names)
	}
	for file, want := range map[string]string{
		"rows.js":  "const numbered = ['" + strings.ReplaceAll(names, " ", "', '") + "'];",
		"live.js":  `'` + strings.TrimPrefix(api.PathEvents, "/") + "?" + api.QuerySince + "='",
		"chart.js": `'` + strings.TrimPrefix(api.PathTrend, "/") + `'`,
	} {
		if !strings.Contains(webText(t, file), want) {
			t.Errorf("%s lacks %s", file, want)
		}
	}
	if want := fmt.Sprintf("const busyShown = %d;", busyShown); !strings.Contains(webText(t, "rows.js"), want) {
		t.Errorf("rows.js lacks %s", want)
	}
	for _, name := range regions {
		if !strings.Contains(webText(t, "page.html"), `id="r-`+name+`"`) {
			t.Errorf("page.html has no place for the region %s", name)
		}
	}
}

func webText(t *testing.T, file string) string {
	t.Helper()
	text, err := web.ReadFile("web/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheListOfServersInTroubleIsLeftOutWhenItIsNearlyAllOfThem(t *testing.T) {
	for n, want := range map[int]int{0: 0, busySent: busySent, busySent + 1: busySent, busyShown: busySent, busyShown + 1: 0} {
		busy, all := busyRows(slices.Repeat([]row{{Busy: "1"}}, n))
		if len(busy) != want || all != n {
			t.Errorf("of %d servers, %d are sent and %d counted, want %d and %[1]d", n, len(busy), all, want)
		}
	}
}

func TestDatacentersHaveShortLabelsThatTellThemApart(t *testing.T) {
	const a, b, c = "8feda53f-15f0-447f-badf-ebe32dad2fc0", "8feda53f-0000-447f-badf-ebe32dad2fc0", "11111111-2222-3333-4444-555555555555"
	got := datacenterLabels([]fleet.ServerStatus{{Datacenter: a}, {Datacenter: a}, {Datacenter: c}, {Datacenter: "dc-1"}, {Datacenter: b}})
	if want := map[string]string{a: a, b: b, c: "11111111", "dc-1": "dc-1"}; !maps.Equal(got, want) {
		t.Errorf("labels %v, want %v", got, want)
	}
}

func TestAlertsAreGroupedWhatAsksForCapacityFirst(t *testing.T) {
	p := &pageData{keys: &keys{of: map[string]string{}}}
	p.Now, p.Asks = noon, rules.Meanings()
	add := func(n int, name string, suppressed bool) {
		for i := range n {
			p.Alerts = append(p.Alerts, fleet.Alert{Name: name, Suppressed: suppressed, StartsAt: noon, Labels: map[string]string{"instance": fmt.Sprintf("bbb-%d:9100", i)},
				Annotations: map[string]string{"value": fmt.Sprintf("%.2f", float64(i)/100)}})
		}
	}
	add(2, rules.ServerIdle, false)
	add(alertsAll+3, rules.ServerCPUHigh, false)
	add(1, rules.ServerCPUHigh, true)
	add(alertsFirst, rules.FleetCPUHigh, false)
	var got []string
	for _, g := range p.Groups() {
		got = append(got, fmt.Sprintf("%s: %d = %d + %d + %d", g.ID(), g.Number, len(g.First), len(g.Rest), g.Beyond))
	}
	want := []string{"BBBFleetCPUHigh: 12 = 12 + 0 + 0", "BBBServerCPUHigh: 27 = 12 + 12 + 3", "BBBServerIdle: 2 = 2 + 0 + 0", "BBBServerCPUHigh-silenced: 1 = 1 + 0 + 0"}
	if !slices.Equal(got, want) {
		t.Errorf("groups\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if first := p.Groups()[1].First[0]; first.Who != "bbb-26:9100" || first.Value != "26\u00a0%" {
		t.Errorf("the first alert is %s at %s, want that of the greatest value", first.Who, first.Value)
	}
}
