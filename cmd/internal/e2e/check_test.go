package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
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

func TestCheckTellsWhatKeepsRealServersFromTheDaemon(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Prometheus and Alertmanager for seconds")
	}
	daemon := build(t, "bbb-scaler")
	generator := build(t, "genrules")
	for name, s := range stacks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, map[string]int{"prometheus": 8, "debian/prometheus": 9}[s.prometheus], 3, 2)
			dir, alertmanager := t.TempDir(), freeAddr(t)
			prometheus := ""
			ours := func(alertmanager string, edits ...func(*config.File)) string {
				return shipped(t, f, alertmanager, "scaler.example.org:9745", func(c *config.File) {
					c.Prometheus.URL = prometheus
					for _, edit := range edits {
						edit(c)
					}
				})
			}
			generate(t, generator, writeFile(t, dir, "bbb-scaler.yml", ours(alertmanager)), dir)
			startAlertmanager(t, s, alertmanager, filepath.Join(dir, "alertmanager.yml"))
			exporters, _ := f.simulatedExporters(t)
			m := scraping{
				every: 3 * time.Second, nodes: exporters, daemon: freeAddr(t),
				rules: filepath.Join(dir, "bbb-rules.yml"), alertmanagers: []string{alertmanager},
			}.start(t, s)
			prometheus = m.url
			until(t, 2*time.Minute, "three scrapes of every target", func() bool {
				n, _ := m.query("min(count_over_time(up[1h]))")
				return n >= 3
			})

			right := checked(t, daemon, ours(alertmanager))
			tells(t, right, "ok", "alertmanager", "go to the receiver bbb-scaler-bbb")
			tells(t, right, "ok", "prometheus", "are loaded, as this configuration gives them")
			tells(t, right, "note", "prometheus", "scraped every 3s, and not every 1s: bbb-scaler, node exporter")
			if strings.Contains(right, "its clock is") {
				t.Errorf("check tells of clocks apart, and they are one:\n%s", right)
			}
			tells(t, checked(t, daemon, ours(alertmanager, func(c *config.File) { c.Actions.Thresholds.CPU.Max = 0.7 })),
				"WRONG", "prometheus", "the rules in Prometheus are not those of this configuration")

			routed := func(text string) string {
				addr := freeAddr(t)
				startAlertmanager(t, s, addr, writeFile(t, t.TempDir(), "alertmanager.yml", text))
				return checked(t, daemon, ours(addr))
			}
			const receivers = "receivers: [{name: people}, {name: scaler, webhook_configs: [{url: 'http://me:p4ss@URL'}]}]\n"
			const route = "route: {receiver: people, group_wait: 0s, group_interval: 1s, routes: [{receiver: scaler, match: {scaler: bbb}}]}\n"
			tells(t, routed("route: {receiver: people, routes: [{receiver: people, matchers: ['severity=~\"none|warning\"']}, {receiver: scaler, match: {scaler: bbb}}]}\n"+receivers),
				"WRONG", "alertmanager", "go to the receiver people, which has no webhook to this daemon")
			slash := routed(route + strings.Replace(receivers, "URL", "scaler.example.org:9745/webhook/", 1))
			wrong := routed(route + strings.Replace(receivers, "URL", "elsewhere:9745/webhook", 1))
			if s.alertmanager == "alertmanager" { // it shows no URL of a webhook
				tells(t, slash, "ok", "alertmanager", "does not show the URL of its webhook: it must be http://scaler.example.org:9745/webhook")
				tells(t, wrong, "ok", "alertmanager", "does not show the URL of its webhook: it must be http://scaler.example.org:9745/webhook")
			} else {
				tells(t, slash, "ok", "alertmanager", "which sends them to http://scaler.example.org:9745/webhook")
				tells(t, wrong, "WRONG", "alertmanager", "whose webhook is http://me:xxxxx@elsewhere:9745/webhook, and not http://scaler.example.org:9745/webhook")
			}
			deaf := freeAddr(t)
			startAlertmanager(t, s, deaf, writeFile(t, t.TempDir(), "alertmanager.yml", route+strings.Replace(receivers, "URL", f.hosts[0]+":1/webhook", 1)))
			post(t, "http://"+deaf+"/api/v2/alerts", []byte(`[{"labels": {"alertname": "BBBServerCPUHigh", "scaler": "bbb"}}]`))
			until(t, 2*time.Minute, "check to tell that all notifications fail", func() bool {
				return strings.Contains(checked(t, daemon, ours(deaf)), "notifications to webhooks failed since it was started")
			})
			if strings.Contains(slash+wrong, "p4ss") {
				t.Error("check shows the password of a webhook")
			}
		})
	}
}
