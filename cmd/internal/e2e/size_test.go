package e2e

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/store/postgrestest"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// BenchmarkDaemon measures what the daemon takes with so many servers and as many
// alerts: the program's size, and its resident memory, at present and at most, with its
// store in a file and in PostgreSQL. An iteration is one cycle. Only the daemon is
// measured: the servers run in the process of the test.
func BenchmarkDaemon(b *testing.B) {
	for i, servers := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("servers=%d/file", servers), func(b *testing.B) { measureDaemon(b, 4+i, servers, "--storage.path="+b.TempDir()) })
		b.Run(fmt.Sprintf("servers=%d/PostgreSQL", servers), func(b *testing.B) {
			measureDaemon(b, 47+i, servers, "--storage.url="+postgrestest.Start(b).Database("scaler", ""))
		})
	}
}

// measureDaemon measures a daemon with a store. net is that of newFleet.
func measureDaemon(b *testing.B, net, servers int, storage string) {
	f := newFleet(b, net, servers, servers)
	config := writeFile(b, b.TempDir(), "bbb-scaler.yml", settings{Fleet: f, MinActive: servers, MemoryMin: 0.3, MemoryMax: 0.7}.text(b))
	d := &daemon{path: build(b, "bbb-scaler"), config: config, storage: storage, addr: freeAddr(b)}
	d.start(b)
	d.cycle(b) // the limit of the number of alerts is that of the servers
	var labels []map[string]string
	for _, host := range f.hosts {
		labels = append(labels, map[string]string{rules.LabelAlert: rules.ServerCPUHigh, rules.LabelInstance: host + ":9100"})
	}
	d.notify(b, map[string]string{rules.AnnotationValue: "0.9999"}, labels...)

	for b.Loop() {
		d.cycle(b)
	}
	if stat, err := os.Stat(d.path); err == nil {
		b.ReportMetric(float64(stat.Size())/1e6, "binary_MB")
	}
	b.ReportMetric(d.memory(b, "VmRSS"), "resident_MiB")
	b.ReportMetric(d.memory(b, "VmHWM"), "peak_MiB")
}

// cycle waits for the end of a cycle.
func (d *daemon) cycle(b *testing.B) {
	b.Helper()
	looks := d.looks()
	until(b, 5*time.Minute, "a cycle", func() bool { return d.looks() > looks })
}

// looks counts the daemon's cycles.
func (d *daemon) looks() int {
	body, _ := fetch(d.url("/metrics"))
	m := regexp.MustCompile(`(?m)^bbb_scaler_cycle_duration_seconds_count(?:{.*})? (\d+)`).FindStringSubmatch(body)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// memory returns a figure of /proc/PID/status in MiB.
func (d *daemon) memory(b *testing.B, name string) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	m := regexp.MustCompile(name + `:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		b.Fatalf("/proc has no %s of the daemon", name)
	}
	kib, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}
