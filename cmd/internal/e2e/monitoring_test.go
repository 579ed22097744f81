package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stack is one generation of servers, by the names of their programs.
type stack struct{ prometheus, alertmanager string }

// monitoring is a Prometheus that runs.
type monitoring struct {
	prometheus *process
	url        string // of Prometheus
}

// nodeExporter runs a node exporter that listens on the same port of every
// host, and returns that port.
func nodeExporter(t *testing.T, hosts []string) (port string) {
	t.Helper()
	_, port, _ = strings.Cut(freeAddr(t), ":")
	args := []string{"--collector.disable-defaults", "--collector.cpu", "--collector.meminfo"}
	for _, host := range hosts {
		args = append(args, "--web.listen-address="+host+":"+port)
	}
	p := start(t, program(t, "node_exporter"), args...)
	for _, host := range hosts {
		p.ready(t, "http://"+host+":"+port+"/metrics")
	}
	return port
}

// startAlertmanager runs an Alertmanager with a configuration file on addr, which
// it returns. Without flags about a cluster it is alone.
func startAlertmanager(t *testing.T, s stack, addr, config string, cluster ...string) string {
	t.Helper()
	if len(cluster) == 0 {
		cluster = []string{"--cluster.listen-address="}
	}
	p := start(t, program(t, s.alertmanager), append(cluster,
		"--config.file="+config, "--storage.path="+t.TempDir(), "--web.listen-address="+addr)...)
	p.ready(t, "http://"+addr+"/-/ready")
	return addr
}

// startPrometheus runs a Prometheus that scrapes every second: the node
// exporters of the hosts and the daemon, under the job names that the generator
// expects.
func startPrometheus(t *testing.T, s stack, nodes []string, daemon, rules string, alertmanagers ...string) *monitoring {
	t.Helper()
	addr := freeAddr(t)
	config := writeFile(t, t.TempDir(), "prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [%q]
alerting: {alertmanagers: [{static_configs: [{targets: ["%s"]}]}]}
scrape_configs:
  - job_name: bbb-node
    static_configs: [{targets: ["%s"]}]
  - job_name: bbb-scaler
    static_configs: [{targets: [%q]}]
`, rules, strings.Join(alertmanagers, `", "`), strings.Join(nodes, `", "`), daemon))
	p := start(t, program(t, s.prometheus),
		"--config.file="+config, "--storage.tsdb.path="+t.TempDir(), "--web.listen-address="+addr,
		"--rules.alert.resend-delay=2s")
	m := &monitoring{prometheus: p, url: "http://" + addr}
	p.ready(t, m.url+"/-/ready")
	return m
}

// reload has Prometheus read its rule file again.
func (m *monitoring) reload(t *testing.T) {
	t.Helper()
	if err := m.prometheus.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// query returns the value of an expression that has one series, and whether it
// has any.
func (m *monitoring) query(expr string) (value float64, ok bool) {
	body, _ := fetch(m.url + "/api/v1/query?query=" + url.QueryEscape(expr))
	var answer struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	if json.Unmarshal([]byte(body), &answer) != nil || len(answer.Data.Result) == 0 {
		return 0, false
	}
	_, err := fmt.Sscan(fmt.Sprint(answer.Data.Result[0].Value[1]), &value)
	return value, err == nil
}

// firing counts the firing alerts of a name.
func (m *monitoring) firing(alert string) int {
	n, _ := m.query(fmt.Sprintf(`count(ALERTS{alertstate="firing",alertname=%q})`, alert))
	return int(n)
}

// untilFiring waits until so many alerts of a name fire.
func (m *monitoring) untilFiring(t *testing.T, limit time.Duration, alert string, want int) {
	t.Helper()
	until(t, limit, fmt.Sprintf("%d firing %s", want, alert), func() bool { return m.firing(alert) == want })
}
