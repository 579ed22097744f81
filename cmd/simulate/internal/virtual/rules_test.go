package virtual_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/notifier"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/virtual"
)

const ruleFile = `
groups:
- name: records
  interval: 30s
  rules:
  - {record: "instance:busy:ratio", expr: "1 - avg by (instance) (rate(idle_seconds_total[2m]))"}
  - {record: "fleet:busy:avg", expr: "avg(instance:busy:ratio)"}
- name: alerts
  interval: 1m
  labels: {team: schools}
  rules:
  - alert: Busy
    expr: instance:busy:ratio > 0.5
    for: 2m
    labels: {severity: "{{ if gt $value 0.8 }}high{{ else }}low{{ end }}"}
    annotations: {value: "{{ $value }}", text: "{{ $labels.instance }} is at {{ $value | humanizePercentage }}", threshold: "0.5",
      own: "{{ range query ` + "`" + `instance:busy:ratio` + "`" + ` }}{{ if eq .Labels.instance $labels.instance }}{{ .Value | printf \"%.3f\" }}{{ end }}{{ end }}",
      fleet: "{{ range query ` + "`" + `fleet:busy:avg` + "`" + ` }}{{ if eq .Labels.pool $labels.pool }}{{ .Value | printf \"%.2f\" }}{{ end }}{{ end }}"}
  - alert: FleetBusier
    expr: fleet:busy:avg > 1.1 * (fleet:busy:avg offset 1h) and max_over_time(fleet:busy:avg[10m:1m]) > 0.2
    annotations: {value: "{{ $value | printf \"%.3f\" }}"}
  - alert: Odd
    expr: "-sum by (instance) (label_replace(instance:busy:ratio, \"host\", \"$1\", \"instance\", \"(.*):.*\")) + 1 < bool 0.3 or topk(2, avg_over_time(instance:busy:ratio[5m:1m] offset 2m)) or on () vector(1) > 2"
    annotations: {value: "{{ $value | printf \"%.3f\" }}"}
  - alert: StillBusy
    expr: "instance:busy:ratio >= 0.6 or (instance:busy:ratio >= 0.4 and on (instance) ALERTS{alertname=\"StillBusy\",alertstate=\"firing\"})"
    for: 1m
    annotations: {value: "{{ $value | printf \"%.3f\" }}"}
  - alert: Gone
    expr: sum without (cpu) (up == 0)
    annotations: {value: "{{ $value }}"}
`

// sample gives the fake servers a load that wanders, and lets them vanish.
func feed(seed uint64, minutes int, add func(l labels.Labels, at time.Time, v float64), eval func(at time.Time)) {
	random := rand.New(rand.NewPCG(seed, 0))
	begin := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	idle, busy := make([]float64, 6), make([]float64, 6)
	for step := range 2 * minutes {
		at := begin.Add(time.Duration(step) * 30 * time.Second)
		for i := range idle {
			busy[i] = min(1, max(0, busy[i]+random.Float64()/2-0.25))
			idle[i] += 30 * (1 - busy[i])
			instance := fmt.Sprintf("bbb-%d:9100", i)
			gone := random.IntN(20) == 0
			up := 1.0
			if gone {
				up = 0
			} else {
				add(labels.FromStrings("__name__", "idle_seconds_total", "instance", instance, "cpu", "0"), at, idle[i])
			}
			add(labels.FromStrings("__name__", "up", "instance", instance), at, up)
		}
		eval(at)
	}
}

// prometheus evaluates the rules as they are, over Prometheus's own storage.
func prometheus(t *testing.T, seed uint64, minutes int) []string {
	t.Helper()
	dir, logger := t.TempDir(), slog.New(slog.DiscardHandler)
	file := filepath.Join(dir, "rules.yml")
	if err := os.WriteFile(file, []byte(ruleFile), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := tsdb.Open(filepath.Join(dir, "data"), logger, nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	engine := promql.NewEngine(promql.EngineOpts{
		Logger: logger, MaxSamples: 1e6, Timeout: time.Minute, Parser: parser.NewParser(parser.Options{}),
		NoStepSubqueryIntervalFn: func(int64) int64 { return 60_000 },
	})
	var out sent
	manager := rules.NewManager(&rules.ManagerOptions{
		Context: t.Context(), ExternalURL: &url.URL{}, Appendable: db, Queryable: db, Registerer: prom.NewRegistry(), Logger: logger,
		QueryFunc: rules.EngineQueryFunc(engine, db), NotifyFunc: rules.SendAlerts(&out, ""), ResendDelay: time.Minute,
		DefaultRuleQueryOffset: func() time.Duration { return 0 },
	})
	groups, errs := manager.LoadGroups(time.Minute, labels.EmptyLabels(), "", nil, false, file)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var app storage.Appender
	begun := map[string]bool{}
	feed(seed, minutes, func(l labels.Labels, at time.Time, v float64) {
		if app == nil {
			app = db.Appender(t.Context())
		}
		if _, err := app.Append(0, l, at.UnixMilli(), v); err != nil {
			t.Fatal(err)
		}
	}, func(at time.Time) {
		if err := app.Commit(); err != nil {
			t.Fatal(err)
		}
		app, out.at = nil, at
		for _, name := range []string{"records", "alerts"} {
			if g := groups[rules.GroupKey(file, name)]; at.UnixMilli()%g.Interval().Milliseconds() == 0 {
				g.Eval(t.Context(), at)
				if !begun[name] {
					g.RestoreForState(at)
				}
				begun[name] = true
			}
		}
	})
	return out.lines()
}

type sent struct {
	at   time.Time
	list []string
}

func (s *sent) Send(alerts ...*notifier.Alert) {
	for _, a := range alerts {
		s.list = append(s.list, fmt.Sprintln(s.at.Format(time.TimeOnly), a.Labels.Map(), unless(!a.EndsAt.After(s.at), a.Annotations.Map()), a.StartsAt.Format(time.TimeOnly), a.EndsAt.Format(time.TimeOnly)))
	}
}

func (s *sent) lines() []string { slices.Sort(s.list); return s.list }

func inVirtualTime(t *testing.T, seed uint64, minutes int) []string {
	t.Helper()
	r, err := virtual.NewRules(ruleFile, virtual.Options{Interval: time.Minute, Annotations: []string{"value", "text", "threshold", "own", "fleet"}})
	if err != nil {
		t.Fatal(err)
	}
	var out sent
	feed(seed, minutes, func(l labels.Labels, at time.Time, v float64) {
		if err := r.Samples.Series(l).Append(at.UnixMilli(), v); err != nil {
			t.Fatal(err)
		}
	}, func(at time.Time) {
		for _, a := range r.Eval(context.Background(), at) {
			out.list = append(out.list, fmt.Sprintln(at.Format(time.TimeOnly), plain(a.Labels), unless(!a.EndsAt.After(at), plain(a.Annotations)), a.StartsAt.Format(time.TimeOnly), a.EndsAt.Format(time.TimeOnly)))
		}
		if err := r.Err(); err != nil {
			t.Fatal(err)
		}
		r.Samples.Sweep(at)
	})
	return out.lines()
}

// unless returns the annotations of an alert, without those that ask for other values if
// it is resolved: Rules then asks for the values at present, and Prometheus did before.
func unless(resolved bool, annotations map[string]string) map[string]string {
	if resolved {
		delete(annotations, "own")
		delete(annotations, "fleet")
	}
	return annotations
}

func plain(set model.LabelSet) map[string]string {
	out := map[string]string{}
	for k, v := range set {
		out[string(k)] = string(v)
	}
	return out
}

func TestRulesInVirtualTimeSendWhatPrometheusSends(t *testing.T) {
	for seed := range uint64(3) {
		want := prometheus(t, seed, 200)
		if len(want) < 100 {
			t.Errorf("seed %d: Prometheus sent %d alerts: the case shows little", seed, len(want))
		}
		if diff := cmp.Diff(want, inVirtualTime(t, seed, 200)); diff != "" {
			t.Errorf("seed %d: virtual time differs from Prometheus (-prometheus +virtual):\n%s", seed, diff)
		}
	}
}

func TestSamplesKeepWhatTheRulesCanAskForAndNoMore(t *testing.T) {
	s := virtual.NewSamples(map[string]time.Duration{"kept": 10 * time.Minute})
	if s.Series(labels.FromStrings("__name__", "other")) != nil {
		t.Error("a metric that no rule asks for is stored")
	}
	series := s.Series(labels.FromStrings("__name__", "kept"))
	begin := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	for i := range 10_000 {
		if err := series.Append(begin.Add(time.Duration(i)*time.Second).UnixMilli(), float64(i)); err != nil {
			t.Fatal(err)
		}
	}
	if got := series.Len(); got < 600 || got > 1300 {
		t.Errorf("after 10,000 s a series kept for 600 s has %d samples, want at least 600 and at most about twice that", got)
	}
	if err := series.Append(begin.UnixMilli(), 0); err == nil {
		t.Error("a sample older than the last was taken")
	}
	s.Sweep(begin.Add(24 * time.Hour))
	if s.Series(labels.FromStrings("__name__", "kept")).Len() != 0 {
		t.Error("a series that ended a day ago is still held")
	}
}

func TestBadRulesAreRefused(t *testing.T) {
	if _, err := virtual.NewRules("groups: [{name: a, rules: [{alert: A, expr: '('}]}]", virtual.Options{Interval: time.Minute}); err == nil {
		t.Error("NewRules took an expression that does not parse")
	}
}
