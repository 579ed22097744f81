package ruletest

import (
	"fmt"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/teststorage"
)

// BenchmarkEvaluation evaluates all rules once for a fleet whose servers have four
// cores, with the eight modes of each that node exporter exports. Half of the servers
// are active, and one in twenty has alerts.
func BenchmarkEvaluation(b *testing.B) {
	evaluate(b, []int{10, 100, 1_000, 10_000}, func(i int) float64 { return []float64{0.8, 0.2}[min(1, i%20)] })
}

// BenchmarkStorm is the same with two or more alerts for every server: most of the
// time is spent on their annotations.
func BenchmarkStorm(b *testing.B) {
	evaluate(b, []int{10, 100, 1_000}, func(i int) float64 { return float64(i % 2) })
}

// warmUp is the number of evaluations before the measured ones: 6 minutes, longer than
// the ranges and the durations of the rules about one server, so that all of them have
// their usual number of samples and the alerts fire.
const warmUp = 12

func evaluate(b *testing.B, sizes []int, workload func(server int) float64) {
	for _, servers := range sizes {
		b.Run(fmt.Sprintf("servers=%d", servers), func(b *testing.B) {
			cfg, in := generate.Defaults(), defaultInput()
			groups, err := generate.Build(cfg, in)
			if err != nil {
				b.Fatal(err)
			}
			store := teststorage.New(b)
			e := NewEngine()
			defer e.Close()
			group, err := e.Group(b.Context(), groups[0], store)
			if err != nil {
				b.Fatal(err)
			}
			series := fleet(servers, workload)
			step := 0
			scrape := func() time.Time {
				now := time.Unix(0, 0).Add(time.Duration(step) * 30 * time.Second)
				step++
				ingest(b, store, series, now)
				return now
			}
			for range warmUp {
				group.Eval(b.Context(), scrape())
			}
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				now := scrape()
				b.StartTimer()
				group.Eval(b.Context(), now)
			}
		})
	}
}

// sampled is a series and its value by time.
type sampled struct {
	labels labels.Labels
	value  func(seconds float64) float64
	ref    storage.SeriesRef
}

func fleet(servers int, workload func(int) float64) []*sampled {
	always := func(v float64) func(float64) float64 { return func(float64) float64 { return v } }
	now := func(s float64) float64 { return s }
	all := []*sampled{
		{labels: labels.FromStrings("__name__", rules.MetricFleetRead, "job", "bbb-scaler"), value: now},
		{labels: labels.FromStrings("__name__", rules.MetricClock, "job", "bbb-scaler"), value: now},
	}
	for i := range servers {
		host := fmt.Sprintf("10.0.%d.%d", i/250, i%250)
		add := func(name, job, port string, value func(float64) float64, more ...string) {
			text := append([]string{"__name__", name, "job", job, "instance", host + port}, more...)
			all = append(all, &sampled{labels: labels.FromStrings(text...), value: value})
		}
		for core := range 4 {
			for _, mode := range []string{"idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"} {
				share := map[string]float64{"idle": 1 - workload(i), "system": 0.25 * workload(i), "user": 0.75 * workload(i)}[mode]
				add("node_cpu_seconds_total", "bbb-node", ":9100", func(s float64) float64 { return s * share },
					"mode", mode, "cpu", fmt.Sprint(core))
			}
		}
		// With this total, idle memory alone is not a high workload.
		const total = 32 << 30
		room := float64(total - defaultInput().IdleRAM<<20) // memory for people
		add("node_memory_MemTotal_bytes", "bbb-node", ":9100", always(total))
		add("node_memory_MemAvailable_bytes", "bbb-node", ":9100", always((1-workload(i))*room))
		add("up", "bbb-node", ":9100", always(1))
		add("bbb_api_up", "bbb-exporter", ":9688", always(1))
		add("bbb_meetings_participants", "bbb-exporter", ":9688", always(float64(1+i%3)))
		add("bbb_recordings_unprocessed", "bbb-exporter", ":9688", always(0))
		add("bbb_recordings_processing", "bbb-exporter", ":9688", always(0))
		state := []string{"active", "off"}[i%2]
		id, name := fmt.Sprintf("00000000-0000-4000-8000-%012d", i), fmt.Sprintf("bbb-server%d", i)
		who := []string{"server", name, "server_id", id, "host", host}
		add(rules.MetricServerState, "bbb-scaler", "", always(1), append(who, "state", state)...)
		for _, alias := range []string{host, id, name, name + ".example.org"} {
			add(rules.MetricServerAlias, "bbb-scaler", "", always(1), append(who, "alias", alias)...)
		}
	}
	return all
}

func ingest(b *testing.B, store storage.Storage, series []*sampled, now time.Time) {
	b.Helper()
	app := store.Appender(b.Context())
	for _, s := range series {
		ref, err := app.Append(s.ref, s.labels, now.UnixMilli(), s.value(float64(now.Unix())))
		if err != nil {
			b.Fatal(err)
		}
		s.ref = ref
	}
	if err := app.Commit(); err != nil {
		b.Fatal(err)
	}
}
