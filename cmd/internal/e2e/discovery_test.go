package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// A real Prometheus runs the generated scrape jobs as they are, with the daemon as its
// only list of servers: it scrapes the servers that are on, and one that starts.
func TestPrometheusScrapesTheServersThatTheDaemonLists(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 12, 3, 2)
	dir, addr := t.TempDir(), freeAddr(t)
	given := settings{
		Fleet: f, MinActive: 2, MemoryMin: 0.001, MemoryMax: 0.999, NodePort: nodeExporter(t, f.hosts), Webhook: "http://" + addr + "/webhook",
		Scrape: `{targets: http, scheme: http, username: "", scaler: "` + addr + `"}`,
	}
	config := writeFile(t, dir, "bbb-scaler.yml", given.text(t))
	generate(t, build(t, "genrules"), config, dir)
	d := startDaemon(t, build(t, "bbb-scaler"), addr, config)
	m := runPrometheus(t, stacks()["current servers"], filepath.Join(dir, "prometheus.yml"), 2*time.Second)

	scraped := func() (all []string) {
		for _, s := range m.samples(`up{job="bbb-node"} == 1`) {
			all = append(all, s.Metric["instance"]+" "+s.Metric["server"]+" "+s.Metric["server_id"]+" "+s.Metric["datacenter"]+" "+s.Metric["fleet"])
		}
		slices.Sort(all)
		return all
	}
	line := func(i int) string {
		s := f.server(t, i)
		return fmt.Sprintf("%s:%s %s %s %s bbb", f.hosts[i-1], given.NodePort, s.Name, s.ID, s.Datacenter)
	}
	want := line(1) + "\n" + line(2)
	until(t, 30*time.Second, "Prometheus to scrape two servers:\n"+want, func() bool { return strings.Join(scraped(), "\n") == want })
	if off := m.samples(`up{job="bbb-node"} == 0`); len(off) > 0 {
		t.Errorf("targets that are down: %v; want none, since the third server is off", off)
	}

	given.MinActive = 3
	writeFile(t, dir, "bbb-scaler.yml", given.text(t))
	if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	until(t, time.Minute, "server 3 to start", func() bool { return f.is(t, 3, fleet.PowerOn, fleet.Enabled) })
	want += "\n" + line(3)
	until(t, 30*time.Second, "Prometheus to scrape three servers:\n"+want, func() bool { return strings.Join(scraped(), "\n") == want })
}
