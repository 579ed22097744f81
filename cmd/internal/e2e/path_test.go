package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// The whole path: the memory that this test takes, as a real node exporter shows
// it, is more than the threshold; a real Prometheus with the generated rules, and a
// real Alertmanager with the generated route, notify the daemon, which grows
// the servers and starts another. Then the threshold is raised: the alerts
// resolve, and nothing grows any more, though there is room.
func TestAlertsOfARealPrometheusChangeTheFleet(t *testing.T) {
	for name, s := range stacks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changesTheFleet(t, s, map[string]int{"prometheus": 1, "debian/prometheus": 10}[s.prometheus])
		})
	}
}

// changesTheFleet does so with a fleet in the network 127.net.
func changesTheFleet(t *testing.T, s stack, net int) {
	f := newFleet(t, net, 3, 2)
	f.meet(t, 1, "maths") // what a server that nobody is on holds is no load
	f.meet(t, 2, "music")
	dir, daemonAddr, alertmanager := t.TempDir(), freeAddr(t), freeAddr(t)
	taken := takeMemory(t)
	given := settings{
		Fleet: f, Alertmanager: "http://" + alertmanager, Webhook: "http://" + daemonAddr + "/webhook",
		MinActive: 2, MemoryMin: taken / 2, MemoryMax: taken * 0.9,
	}
	config := writeFile(t, dir, "bbb-scaler.yml", given.text(t))
	generator := build(t, "genrules")
	generate(t, generator, config, dir)

	startAlertmanager(t, s, alertmanager, filepath.Join(dir, "alertmanager.yml"))
	d := startDaemon(t, build(t, "bbb-scaler"), daemonAddr, config)
	m := startPrometheus(t, s, nodes(t, f), daemonAddr, filepath.Join(dir, "bbb-rules.yml"), alertmanager)

	// Two grow; the fleet's average has the third start, which then grows too.
	grown := func(i int) bool {
		return len(f.writes.matching(f.resize(f.server(t, i)))) > 0 && f.server(t, i).Size.RAM > 8192
	}
	until(t, 90*time.Second, "a PATCH to servers 1 and 2", func() bool { return grown(1) && grown(2) })
	until(t, 90*time.Second, "server 3 to start and take meetings", func() bool { return f.is(t, 3, fleet.PowerOn, fleet.Enabled) })

	given.MemoryMax = 0.95
	writeFile(t, dir, "bbb-scaler.yml", given.text(t))
	generate(t, generator, config, dir)
	m.reload(t)
	if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	m.untilFiring(t, time.Minute, rules.ServerMemoryHigh, 0)
	until(t, time.Minute, "the daemon to hear that the alerts are resolved", func() bool {
		return !d.knows(rules.ServerMemoryHigh) && !d.knows(rules.FleetMemoryHigh)
	})
	until(t, time.Minute, "the changes under way to end", func() bool { return !f.busy() })

	before := f.writes.matching("")
	time.Sleep(2 * cooldown)
	if after := f.writes.matching(""); len(after) != len(before) {
		t.Errorf("writes after the alerts were resolved: %q", after[len(before):])
	}
	d.hides(t, cloudToken, balancerSecret, "bbb-secret-")
	for _, server := range f.world.Servers() {
		if server.Size.RAM >= greatest {
			t.Errorf("server %s had no room left to grow (%v), so that its stop proves nothing", server.Name, server.Size)
		}
	}
}

// A pair of Prometheus, an old one and a current one, tells a pair of
// Alertmanager of each alert twice, with two start times.
func TestAlertsOfAPairOfPrometheusAndAPairOfAlertmanagerChangeTheFleet(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 6, 3, 2)
	dir, daemonAddr, p := t.TempDir(), freeAddr(t), newPair(t)
	taken := takeMemory(t)
	given := settings{
		Fleet: f, Alertmanager: strings.Join(p.urls, ", "), Webhook: "http://" + daemonAddr + "/webhook",
		MinActive: 2, MemoryMin: taken / 2, MemoryMax: taken * 0.9,
	}
	config := writeFile(t, dir, "bbb-scaler.yml", given.text(t))
	generator, all := build(t, "genrules"), stacks()
	generate(t, generator, config, dir)
	p.start(t, all["current servers"], filepath.Join(dir, "alertmanager.yml"))
	d := startDaemon(t, build(t, "bbb-scaler"), daemonAddr, config)
	targets := nodes(t, f)
	var prometheus []*monitoring
	for _, s := range all {
		m := startPrometheus(t, s, targets, daemonAddr, filepath.Join(dir, "bbb-rules.yml"), p.hosts()...)
		prometheus = append(prometheus, m)
	}
	until(t, 90*time.Second, "a PATCH to a server", func() bool { return len(f.writes.matching("^PATCH ")) > 0 })

	given.MemoryMax = 0.95
	writeFile(t, dir, "bbb-scaler.yml", given.text(t))
	generate(t, generator, config, dir)
	for _, m := range prometheus {
		m.reload(t)
	}
	for _, m := range prometheus {
		m.untilFiring(t, time.Minute, rules.ServerMemoryHigh, 0)
	}
	until(t, time.Minute, "the daemon to hear that the alerts are resolved", func() bool {
		return !d.knows(rules.ServerMemoryHigh) && !d.knows(rules.FleetMemoryHigh)
	})
}

// nodes runs node exporters on the fleet's hosts and returns their targets.
func nodes(t *testing.T, f *fakeFleet) (targets []string) {
	t.Helper()
	port := nodeExporter(t, f.hosts)
	for _, host := range f.hosts {
		targets = append(targets, host+":"+port)
	}
	return targets
}

// generate writes the rules, the route and the rest for a configuration.
func generate(t *testing.T, generator, config, dir string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), generator, "--config.file="+config, "--output="+dir+"/").CombinedOutput()
	if err != nil {
		t.Fatalf("genrules: %v\n%s", err, out)
	}
}

// busy reports whether the cloud has a change of any server pending.
func (f *fakeFleet) busy() bool {
	for _, s := range f.world.Servers() {
		if s.Busy {
			return true
		}
	}
	return false
}

// takeMemory takes a twentieth of this machine's memory until the test ends, and
// returns that as a ratio: the least workload that a node exporter can show.
func takeMemory(t *testing.T) float64 {
	t.Helper()
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`MemTotal:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		t.Fatal("/proc/meminfo has no MemTotal")
	}
	total, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	const share = 20
	held := make([]byte, total*1024/share)
	for i := 0; i < len(held); i += os.Getpagesize() {
		held[i] = 1
	}
	t.Cleanup(func() { runtime.KeepAlive(held) })
	return 1.0 / share
}
