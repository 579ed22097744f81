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

// BenchmarkDaemon measures what the daemon takes with 1,000 servers and as many
// alerts: the program's size, and its resident memory, at present and at most, with its
// store in a file and in PostgreSQL. An iteration is one cycle.
func BenchmarkDaemon(b *testing.B) {
	b.Run("file", func(b *testing.B) { measureDaemon(b, 4, "--storage.path="+b.TempDir()) })
	b.Run("PostgreSQL", func(b *testing.B) {
		measureDaemon(b, 47, "--storage.url="+postgrestest.Start(b).Database("scaler", ""))
	})
}

// measureDaemon measures a daemon with a store. net is that of newFleet.
func measureDaemon(b *testing.B, net int, storage string) {
	const servers = 1000
	f := newFleet(b, net, servers, servers)
	config := writeFile(b, b.TempDir(), "bbb-scaler.yml", settings{Fleet: f, MinActive: servers, MemoryMin: 0.3, MemoryMax: 0.7}.text(b))
	d := &daemon{path: build(b, "bbb-scaler"), config: config, storage: storage, addr: freeAddr(b)}
	d.start(b)
	var labels []map[string]string
	for _, host := range f.hosts {
		labels = append(labels, map[string]string{rules.LabelAlert: rules.ServerCPUHigh, rules.LabelInstance: host + ":9100"})
	}
	d.notify(b, map[string]string{rules.AnnotationValue: "0.9999"}, labels...)

	for b.Loop() {
		looks := d.looks()
		until(b, time.Minute, "a cycle", func() bool { return d.looks() > looks })
	}
	if stat, err := os.Stat(d.path); err == nil {
		b.ReportMetric(float64(stat.Size())/1e6, "binary_MB")
	}
	b.ReportMetric(d.memory(b, "VmRSS"), "resident_MiB")
	b.ReportMetric(d.memory(b, "VmHWM"), "peak_MiB")
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
