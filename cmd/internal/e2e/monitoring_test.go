package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
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
func nodeExporter(t *testing.T, hosts []string, flags ...string) (port string) {
	t.Helper()
	_, port, _ = strings.Cut(freeAddr(t), ":")
	args := []string{"--collector.disable-defaults", "--collector.cpu", "--collector.meminfo"}
	for _, host := range hosts {
		args = append(args, "--web.listen-address="+host+":"+port)
	}
	p := start(t, program(t, "node_exporter"), append(args, flags...)...)
	for _, host := range hosts {
		until(t, time.Minute, "node exporter on "+host, func() bool {
			if p.ended() {
				t.Fatal("node exporter ended by itself")
			}
			_, status := fetch("http://" + host + ":" + port + "/metrics")
			return status == http.StatusOK || status == http.StatusBadRequest // for plain HTTP, where it has TLS
		})
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
	return scraping{every: time.Second, nodes: nodes, daemon: daemon, rules: rules, alertmanagers: alertmanagers}.start(t, s)
}

// scraping is what a Prometheus is started for.
type scraping struct {
	every         time.Duration
	nodes         []string          // node exporters
	instances     map[string]string // their label instance, where it is not the address
	daemon        string
	rules         string // path
	alertmanagers []string
	resend        time.Duration // of alerts that fire; 0: 2 s
}

func (s scraping) start(t *testing.T, by stack) *monitoring {
	t.Helper()
	var nodes strings.Builder
	for _, addr := range s.nodes {
		fmt.Fprintf(&nodes, "{targets: [%q], labels: {", addr)
		if name := s.instances[addr]; name != "" {
			fmt.Fprintf(&nodes, "instance: %q", name)
		}
		nodes.WriteString("}}, ")
	}
	config := writeFile(t, t.TempDir(), "prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: %v, scrape_timeout: %v, evaluation_interval: 1s}
rule_files: [%q]
alerting: {alertmanagers: [{static_configs: [{targets: ["%s"]}]}]}
scrape_configs:
  - job_name: bbb-node
    static_configs: [%s]
  - job_name: bbb-scaler
    static_configs: [{targets: [%q]}]
`, s.every, s.every, s.rules, strings.Join(s.alertmanagers, `", "`), nodes.String(), s.daemon))
	return runPrometheus(t, by, config, cmp.Or(s.resend, 2*time.Second))
}

// runPrometheus runs a Prometheus with a configuration file.
func runPrometheus(t *testing.T, by stack, config string, resend time.Duration) *monitoring {
	t.Helper()
	addr := freeAddr(t)
	p := start(t, program(t, by.prometheus),
		"--config.file="+config, "--storage.tsdb.path="+t.TempDir(), "--web.listen-address="+addr,
		"--rules.alert.resend-delay="+resend.String())
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

// sample is one series of an answer.
type sample struct {
	Metric map[string]string
	Value  [2]any // time and value
}

// samples returns the series of an expression.
func (m *monitoring) samples(expr string) []sample {
	body, _ := fetch(m.url + "/api/v1/query?query=" + url.QueryEscape(expr))
	var answer struct{ Data struct{ Result []sample } }
	_ = json.Unmarshal([]byte(body), &answer)
	return answer.Data.Result
}

// query returns the value of an expression that has one series, and whether it
// has any.
func (m *monitoring) query(expr string) (value float64, ok bool) {
	all := m.samples(expr)
	if len(all) == 0 {
		return 0, false
	}
	_, err := fmt.Sscan(fmt.Sprint(all[0].Value[1]), &value)
	return value, err == nil
}

// firing counts the firing alerts of a name.
func (m *monitoring) firing(alert string) int {
	n, _ := m.query(fmt.Sprintf(`count(ALERTS{alertstate="firing",alertname=%q})`, alert))
	return int(n)
}

// told returns the alerts for people that have fired in the last hour.
func (m *monitoring) told() (names []string) {
	for _, s := range m.samples(`max by (alertname) (max_over_time(ALERTS{alertstate="firing",scaler!="bbb"}[1h]))`) {
		names = append(names, s.Metric["alertname"])
	}
	return names
}

// untilFiring waits until so many alerts of a name fire.
func (m *monitoring) untilFiring(t *testing.T, limit time.Duration, alert string, want int) {
	t.Helper()
	until(t, limit, fmt.Sprintf("%d firing %s", want, alert), func() bool { return m.firing(alert) == want })
}
