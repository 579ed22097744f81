package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Two fleets in one Prometheus: their daemons are targets of one job, and so are
// their servers, which the daemons list. Only the first has a load above its
// threshold.
func TestTwoFleetsShareThePrometheusAndItsJobs(t *testing.T) {
	t.Parallel()
	dir, program, generator := t.TempDir(), build(t, "bbb-scaler"), build(t, "genrules")
	taken := takeMemory(t)
	north := settings{Name: "north", Fleet: newFleet(t, 13, 3, 2), MinActive: 2, MemoryMin: taken / 2, MemoryMax: taken * 0.9}
	south := settings{Name: "south", Fleet: newFleet(t, 14, 4, 3), MinActive: 3, MemoryMin: taken / 2, MemoryMax: 0.999}
	var addrs []string
	var daemons []*daemon
	for _, s := range []*settings{&north, &south} {
		addr, place := freeAddr(t), filepath.Join(dir, s.Name)
		s.NodePort, s.Webhook, s.Scrape = nodeExporter(t, s.Fleet.hosts), "http://"+addr+"/webhook", `{scheme: http, username: ""}`
		config := writeFile(t, dir, s.Name+".yml", s.text(t))
		generate(t, generator, config, place)
		daemons, addrs = append(daemons, startDaemon(t, program, addr, config)), append(addrs, addr)
	}
	m := runPrometheus(t, stacks()["current servers"], writeFile(t, dir, "prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [north/bbb-rules.yml, south/bbb-rules.yml]
scrape_configs:
  - job_name: bbb-node
    http_sd_configs: [{url: "http://%[1]s/sd/node-exporter", refresh_interval: 1s}, {url: "http://%[2]s/sd/node-exporter", refresh_interval: 1s}]
  - job_name: bbb-scaler
    static_configs: [{targets: ["%[1]s", "%[2]s"]}]
`, addrs[0], addrs[1])), 2*time.Second)

	for _, s := range []settings{north, south} {
		until(t, time.Minute, "the active servers of fleet "+s.Name, func() bool {
			n, _ := m.query(fmt.Sprintf(`fleet:bbb_servers_active:count{fleet=%q}`, s.Name))
			return int(n) == s.MinActive
		})
	}
	firing := func(alert string) (fleets []string) {
		for _, s := range m.samples(fmt.Sprintf(`count by (fleet, instance) (ALERTS{alertstate="firing",alertname=%q})`, alert)) {
			fleets = append(fleets, s.Metric["fleet"]+" "+strings.Split(s.Metric["instance"], ":")[0])
		}
		slices.Sort(fleets)
		return fleets
	}
	want := []string{"north " + north.Fleet.hosts[0], "north " + north.Fleet.hosts[1]}
	until(t, time.Minute, rules.ServerMemoryHigh+" of the servers of fleet north", func() bool { return len(firing(rules.ServerMemoryHigh)) >= len(want) })
	if got := firing(rules.ServerMemoryHigh); !slices.Equal(got, want) {
		t.Errorf("firing %s: %q, want %q", rules.ServerMemoryHigh, got, want)
	}
	for _, s := range m.samples(`{__name__=~"(instance|host|alias|fleet):.*",host!=""}`) {
		net := map[string]string{"north": "127.13.", "south": "127.14."}[s.Metric["fleet"]]
		if host := s.Metric["host"]; !strings.HasPrefix(host, net) {
			t.Errorf("the rules of fleet %s record server %s: %v", s.Metric["fleet"], host, s.Metric)
		}
	}

	daemons[1].end(syscall.SIGKILL)
	until(t, time.Minute, rules.ScalerDown+" to be pending for fleet south", func() bool {
		return len(m.samples(`ALERTS{alertname="`+rules.ScalerDown+`",fleet="south"}`)) > 0
	})
	if got := m.samples(`ALERTS{alertname="` + rules.ScalerDown + `",fleet="north"}`); len(got) > 0 {
		t.Errorf("the daemon of fleet north runs, and its alert is %v", got)
	}
}
