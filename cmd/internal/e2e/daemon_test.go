package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// settings are what the tests set in the daemon's configuration.
type settings struct {
	Fleet        *fakeFleet
	Name         string // of the fleet; "" for the default
	Alertmanager string // base URL; "" for none
	Webhook      string // for the generated route
	Login        string // of that route: further keys of rules.alertmanager, in YAML; "" for none
	Scrape       string // the section rules.scrape; "" for the defaults
	NodePort     string // of the node exporters; "" for the default
	MinActive    int
	MemoryMin    float64
	MemoryMax    float64
}

const (
	cooldown = 8 * time.Second // of a server's growth
	// greatest is more RAM than any server reaches during a test, in MiB.
	greatest = 1 << 26
)

// Greatest is for the template.
func (settings) Greatest() int { return greatest }

// configuration is a fleet's at a hundredth of the usual pace. Only RAM grows,
// so that what else the machine computes meanwhile changes nothing.
var configuration = template.Must(template.New("").Parse(`
fleet:
  {{with .Name}}name: {{.}}{{end}}
  evaluation_interval: 1s
  busy_interval: 200ms
  debounce_quiet: 100ms
  debounce_max: 500ms
  datacenters: [{{range $i, $id := .Fleet.Datacenters}}{{if $i}}, {{end}}{{$id}}{{end}}]
  name_pattern: bbb-server[0-9]+
thresholds:
  cpu: {min: 0.001, max: 0.999}
  memory: {min: {{printf "%.4f" .MemoryMin}}, max: {{printf "%.4f" .MemoryMax}}}
sizes:
  default: {cores: 2, ram_mib: 8192}
  fleet: {cores: 2, ram_mib: 8192}
  max: {cores: 2, ram_mib: {{.Greatest}}}
  idle_ram_mib: 0 # the memory that the machine of the tests uses is the load
capacity: {min_active: {{.MinActive}}, max_step: 1, headroom: 0.0001}
scale_in: {recordings_deadline: 1s}
cooldowns: {server_up: ` + cooldown.String() + `, server_down: 1s, scale_out: 3s, scale_in: 1s, backoff: 1s}
ionos:
  url: {{.Fleet.Cloud}}
  token: ` + cloudToken + `
scalelite: {url: {{.Fleet.Balancer}}, secret: ` + balancerSecret + `, poll_interval: ` + pollInterval.String() + `}
{{with .Alertmanager}}alertmanager: {urls: [{{.}}]}{{end}}
rules:
  evaluation_interval: 1s
  scrape_interval: 1s
  rate_window: 4s
  hysteresis: 0.001
  exporters: {with_bbb: false, recordings: false{{with .NodePort}}, ports: {node: {{.}}}{{end}}}
  {{with .Scrape}}scrape: {{.}}{{end}}
  trend: {window: 0s}
  forecast: {enabled: false}
  for: {BBBServerMemoryHigh: 2s, BBBFleetMemoryHigh: 2s, BBBFleetBelowMinimum: 2s, BBBServerMemoryLow: 1h,
        BBBServerCPUHigh: 1h, BBBFleetCPUHigh: 1h, BBBServerCPULow: 1h, BBBFleetWorkloadLow: 1h}
  alertmanager: {group_wait: 1s, group_interval: 1s{{with .Webhook}}, url: {{.}}{{end}}{{with .Login}}, {{.}}{{end}}}
`))

// Cloud, Balancer and Datacenters are for the template.
func (f *fakeFleet) Cloud() string         { return f.cloud }
func (f *fakeFleet) Balancer() string      { return f.balancer }
func (f *fakeFleet) Datacenters() []string { return f.world.Datacenters() }

func (s settings) text(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	if err := configuration.Execute(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// daemon is the scaler as a process, that can be killed and started again over
// the same store.
type daemon struct {
	*process
	path, config, addr string
	storage            string // the flag of its store
}

func startDaemon(t testing.TB, path, addr, config string) *daemon {
	t.Helper()
	d := &daemon{path: path, config: config, storage: "--storage.path=" + t.TempDir(), addr: addr}
	d.start(t)
	return d
}

func (d *daemon) start(t testing.TB) {
	t.Helper()
	d.process = start(t, d.path, "--config.file="+d.config, d.storage,
		"--web.listen-address="+d.addr, "--log.level=debug")
	d.ready(t, d.url("/-/ready"))
}

// crash kills the daemon as the kernel does when memory runs out, and starts it
// again.
func (d *daemon) crash(t testing.TB) {
	t.Helper()
	d.end(syscall.SIGKILL)
	d.start(t)
}

func (d *daemon) url(path string) string { return "http://" + d.addr + path }

// notify posts one notification of an alert for each set of labels, as
// Alertmanager does.
func (d *daemon) notify(t testing.TB, annotations map[string]string, labels ...map[string]string) {
	t.Helper()
	alerts := make([]map[string]any, len(labels))
	for i, l := range labels {
		alerts[i] = map[string]any{
			"status": "firing", "labels": l, "annotations": annotations,
			"startsAt": time.Now().UTC(), "endsAt": time.Time{}, "generatorURL": "", "fingerprint": fmt.Sprintf("%016x", i+1),
		}
	}
	body, err := json.Marshal(map[string]any{
		"version": "4", "groupKey": "{}:{}", "status": "firing", "receiver": "bbb-scaler", "truncatedAlerts": 0,
		"groupLabels": map[string]string{}, "commonLabels": map[string]string{}, "commonAnnotations": annotations,
		"externalURL": "http://alertmanager.example.org", "alerts": alerts,
	})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(d.url("/webhook"), "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("POST /webhook: status %s", resp.Status)
	}
}

// hides checks that nothing the daemon printed or serves shows a secret.
func (d *daemon) hides(t *testing.T, secrets ...string) {
	t.Helper()
	shown := map[string]string{"log": d.log.String()}
	for _, path := range []string{"/", "/metrics", "/api/v1/alerts", "/api/v1/fleet", "/api/v1/journal"} {
		shown[path], _ = fetch(d.url(path))
		if shown[path] == "" {
			t.Errorf("GET %s: nothing", path)
		}
	}
	for place, text := range shown {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows the secret %s", place, secret)
			}
		}
	}
}

// knows reports whether the daemon's table of active alerts has one of a name.
func (d *daemon) knows(alert string) bool {
	body, _ := fetch(d.url("/api/v1/alerts"))
	return strings.Contains(body, alert)
}

// journaled counts the journal's lines of a kind of step and its outcome.
func (d *daemon) journaled(kind fleet.Kind, outcome fleet.Outcome) (n int) {
	body, _ := fetch(d.url("/api/v1/journal"))
	var entries []fleet.Entry
	_ = json.Unmarshal([]byte(body), &entries)
	for _, e := range entries {
		if e.Step.Kind == kind && e.Outcome == outcome {
			n++
		}
	}
	return n
}
