package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// checked returns what bbb-scaler check prints for a configuration.
func checked(t *testing.T, program, config string) string {
	t.Helper()
	path := writeFile(t, t.TempDir(), "bbb-scaler.yml", config)
	cmd := exec.CommandContext(t.Context(), program, "check", "--config.file="+path)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	if len(out) == 0 {
		t.Fatalf("bbb-scaler check: nothing, %v", err)
	}
	return string(out)
}

// tells checks that a line of check begins with a verdict and its subject, and
// holds a text.
func tells(t *testing.T, output, verdict, what, text string) {
	t.Helper()
	line := regexp.MustCompile(`(?m)^` + verdict + ` +` + what + ` .*` + regexp.QuoteMeta(text))
	if !line.MatchString(output) {
		t.Errorf("check tells no %s of %s with %q:\n%s", verdict, what, text, output)
	}
}

// ahead returns the URL of a Prometheus as one whose clock is ahead: what it is
// asked for its present, it answers for a later time.
func ahead(t *testing.T, prometheus string, by time.Duration) string {
	t.Helper()
	to, err := url.Parse(prometheus)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		if strings.HasSuffix(r.URL.Path, "/query") && r.Form.Get("time") == "" {
			r.Form.Set("time", fmt.Sprintf("%.3f", float64(time.Now().Add(by).UnixMilli())/1000))
		}
		r.Method, r.Body, r.ContentLength, r.URL.RawQuery = http.MethodGet, http.NoBody, 0, r.Form.Encode()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// webhook is the daemon's, as the configuration of these tests has it.
const webhook = "scaler.example.org:9745/webhook"

// observed is a fleet that real servers watch, for the check of a configuration.
type observed struct {
	stack
	fleet        *fakeFleet
	program      string
	alertmanager string // address
	prometheus   string // URL
}

// config is the configuration, with edits.
func (o *observed) config(t *testing.T, edits ...func(*config.File)) string {
	return shipped(t, o.fleet, o.alertmanager, strings.TrimSuffix(webhook, "/webhook"), func(c *config.File) {
		c.Prometheus.URL = o.prometheus
		for _, edit := range edits {
			edit(c)
		}
	})
}

func (o *observed) check(t *testing.T, edits ...func(*config.File)) string {
	t.Helper()
	return checked(t, o.program, o.config(t, edits...))
}

// stale is a change of the configuration after its rules were generated. The
// daemon that has it writes nothing.
func stale(c *config.File) { c.Actions.Thresholds.CPU.Max, c.Actions.DryRun = 0.7, true }

// run starts Alertmanager and Prometheus with what is generated, and a daemon whose
// configuration was changed since. Prometheus scrapes less often than the rules are
// generated for.
func (o *observed) run(t *testing.T, generator string) *monitoring {
	t.Helper()
	dir := t.TempDir()
	o.alertmanager = freeAddr(t)
	generate(t, generator, writeFile(t, dir, "bbb-scaler.yml", o.config(t)), dir)
	startAlertmanager(t, o.stack, o.alertmanager, filepath.Join(dir, "alertmanager.yml"))
	d := startDaemon(t, o.program, freeAddr(t), writeFile(t, t.TempDir(), "bbb-scaler.yml", o.config(t, stale)))
	exporters, _ := o.fleet.simulatedExporters(t)
	m := scraping{
		every: 3 * time.Second, nodes: exporters, daemon: d.addr,
		rules: filepath.Join(dir, "bbb-rules.yml"), alertmanagers: []string{o.alertmanager},
	}.start(t, o.stack)
	o.prometheus = m.url
	until(t, 2*time.Minute, "three scrapes of every target", func() bool {
		n, _ := m.query("min(count_over_time(up[1h]))")
		return n >= 3
	})
	return m
}

func TestCheckTellsWhatKeepsRealServersFromTheDaemon(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Prometheus and Alertmanager for seconds")
	}
	program, generator := build(t, "bbb-scaler"), build(t, "genrules")
	for name, s := range stacks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			net := map[string]int{"prometheus": 8, "debian/prometheus": 9}[s.prometheus]
			o := &observed{stack: s, fleet: newFleet(t, net, 3, 2), program: program}
			m := o.run(t, generator)
			o.tellsOfPrometheus(t)
			o.tellsOfRoutes(t)
			until(t, 2*time.Minute, "people to be told that the daemon's rules are others", func() bool { return slices.Contains(m.told(), rules.ScalerRulesStale) })
		})
	}
}

func (o *observed) tellsOfPrometheus(t *testing.T) {
	right := o.check(t)
	tells(t, right, "ok", "alertmanager", "are routed to receiver bbb-scaler-bbb")
	tells(t, right, "ok", "prometheus", "are loaded, and the rules are those of this configuration")
	tells(t, right, "note", "prometheus", "the scrape interval is 3s, not 1s: bbb-scaler, node exporter")
	if strings.Contains(right, "its clock is") {
		t.Errorf("check tells of clocks apart, and they are one:\n%s", right)
	}
	tells(t, o.check(t, stale), "WRONG", "prometheus", "the rules in Prometheus are not those of this configuration")
	later := *o
	later.prometheus = ahead(t, o.prometheus, 4*time.Minute)
	tells(t, later.check(t), "WRONG", "prometheus", "its clock is 4m0s ahead of this host's")
}

// Routes of Alertmanager: to the daemon, and one before that.
const (
	routed   = "{receiver: scaler, match: {scaler: bbb}}"
	capturer = `{receiver: people, matchers: ['severity=~"none|warning"']}, `
)

// routing starts an Alertmanager with routes and the URL of a webhook.
func (o *observed) routing(t *testing.T, routes, url string) *observed {
	t.Helper()
	other := *o
	other.alertmanager = freeAddr(t)
	startAlertmanager(t, o.stack, other.alertmanager, writeFile(t, t.TempDir(), "alertmanager.yml", fmt.Sprintf(`
route: {receiver: people, group_wait: 0s, group_interval: 1s, routes: [%s]}
receivers: [{name: people}, {name: scaler, webhook_configs: [{url: 'http://me:p4ss@%s'}]}]
`, routes, url)))
	return &other
}

func (o *observed) tellsOfRoutes(t *testing.T) {
	tells(t, o.routing(t, capturer+routed, webhook).check(t), "WRONG", "alertmanager", "are routed to receiver people, which has no webhook to this daemon")
	slash := o.routing(t, routed, webhook+"/").check(t)
	wrong := o.routing(t, routed, "elsewhere:9745/webhook").check(t)
	if o.stack.alertmanager == "alertmanager" { // it hides the URLs of webhooks
		tells(t, slash, "ok", "alertmanager", "does not show the URL of its webhook, which must be http://"+webhook)
		tells(t, wrong, "ok", "alertmanager", "does not show the URL of its webhook, which must be http://"+webhook)
	} else {
		tells(t, slash, "ok", "alertmanager", "which sends them to http://"+webhook)
		tells(t, wrong, "WRONG", "alertmanager", "whose webhook is http://me:xxxxx@elsewhere:9745/webhook, and not http://"+webhook)
	}
	deaf := o.routing(t, routed, o.fleet.hosts[0]+":1/webhook")
	post(t, "http://"+deaf.alertmanager+"/api/v2/alerts", []byte(`[{"labels": {"alertname": "BBBServerCPUHigh", "scaler": "bbb"}}]`))
	until(t, 2*time.Minute, "check to tell that all notifications fail", func() bool {
		return strings.Contains(deaf.check(t), "notifications to webhooks failed since it was started")
	})
	if strings.Contains(slash+wrong, "p4ss") {
		t.Error("check shows the password of a webhook")
	}
}
