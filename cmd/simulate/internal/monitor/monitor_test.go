package monitor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/api/v2/models"
	"github.com/prometheus/alertmanager/notify/webhook"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/monitor"
)

const ruleFile = `
groups:
- name: test
  rules:
  - {record: "instance:load:double", expr: "2 * load"}
  - alert: LoadHigh
    expr: instance:load:double > 10
    labels: {severity: warning}
    annotations: {value: "{{ $value }}"}
`

const prometheusFile = `
global: {scrape_interval: 100ms, scrape_timeout: 100ms, evaluation_interval: 100ms}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: [%q]}]}]}
scrape_configs: [{job_name: fake, static_configs: [{targets: [%q]}]}]
`

const alertmanagerFile = `
route: {receiver: hook, group_by: [alertname], group_wait: 50ms, group_interval: 100ms, repeat_interval: 1h}
receivers: [{name: hook, webhook_configs: [{url: %q}]}]
`

// stack is a Prometheus that scrapes one exporter, and an Alertmanager that
// notifies one webhook.
type stack struct {
	load          atomic.Int64
	notifications chan webhook.Message
	alertmanager  *httptest.Server
	prometheus    *httptest.Server
}

func startStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{notifications: make(chan webhook.Message, 100)}
	exporter := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "load %d\n", s.load.Load())
	}))
	hook := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m webhook.Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Errorf("decoding a notification: %v", err)
		}
		s.notifications <- m
	}))
	am, err := monitor.NewAlertmanager(monitor.AlertmanagerConfig{Config: fmt.Sprintf(alertmanagerFile, hook.URL)})
	if err != nil {
		t.Fatal(err)
	}
	run(t, am.Run)
	s.alertmanager = serve(t, am.Handler())
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rules.yml"), []byte(ruleFile), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := monitor.NewPrometheus(monitor.PrometheusConfig{
		Config: fmt.Sprintf(prometheusFile, host(s.alertmanager), host(exporter)), Dir: dir, ResendDelay: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, p.Run)
	s.prometheus = serve(t, p.Handler())
	return s
}

func serve(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func host(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }

func run(t *testing.T, f func(context.Context) error) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func (s *stack) next(t *testing.T) webhook.Message {
	t.Helper()
	select {
	case m := <-s.notifications:
		return m
	case <-time.After(20 * time.Second):
		t.Fatal("no notification within 20 s")
		return webhook.Message{}
	}
}

func TestAnAlertTravelsFromTheExporterToTheWebhookAndIsResolved(t *testing.T) {
	s := startStack(t)
	s.load.Store(6)
	m := s.next(t)
	if m.Status != "firing" || m.CommonLabels["alertname"] != "LoadHigh" || m.CommonAnnotations["value"] != "12" {
		t.Errorf("first notification = %s %v %v, want LoadHigh firing with value 12", m.Status, m.CommonLabels, m.CommonAnnotations)
	}
	if got := s.apiAlerts(t); len(got) != 1 || *got[0].Status.State != "active" {
		t.Errorf("Alertmanager's API lists %v, want one active alert", got)
	}
	s.load.Store(1)
	if m := s.next(t); m.Status != "resolved" {
		t.Errorf("notification after the load went = %s %v, want resolved", m.Status, m.Alerts)
	}
}

func (s *stack) apiAlerts(t *testing.T) models.GettableAlerts {
	t.Helper()
	var alerts models.GettableAlerts
	if err := json.Unmarshal(get(t, s.alertmanager.URL+"/api/v2/alerts"), &alerts); err != nil {
		t.Fatal(err)
	}
	return alerts
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestQueriesAnswerInPrometheusForm(t *testing.T) {
	s := startStack(t)
	s.load.Store(6)
	s.next(t)
	tests := []struct{ name, query, want string }{
		{"an instant query gives a vector", "query?query=max(instance:load:double)", `"resultType":"vector","result":[{"metric":{},"value":[`},
		{"a range query gives a matrix", "query_range?query=vector(1)&start=0&end=1&step=1", `"resultType":"matrix","result":[{"metric":{},"values":[[0,"1"],[1,"1"]]}]`},
		{"a bad expression is refused", "query?query=max(", `"status":"error","errorType":"bad_data"`},
		{"a step of 0 is refused", "query_range?query=load&start=0&end=1&step=0", `is not a duration above 0`},
		{"a range without a start is refused", "query_range?query=load&step=1", `parameter start is missing`},
		{"a time that is none is refused", "query?query=load&time=noon", `neither seconds since 1970 nor RFC 3339`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(get(t, s.prometheus.URL+"/api/v1/"+tt.query)); !strings.Contains(got, tt.want) {
				t.Errorf("GET %s = %s, want it to contain %s", tt.query, got, tt.want)
			}
		})
	}
}

func TestBadConfigurationsAreRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bad.yml"), []byte("groups: [{name: a, rules: [{alert: A, expr: '('}]}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"no_such_key: 1", "rule_files: [bad.yml]"} {
		if _, err := monitor.NewPrometheus(monitor.PrometheusConfig{Config: text, Dir: dir}); err == nil {
			t.Errorf("NewPrometheus(%q) succeeded", text)
		}
	}
	if _, err := monitor.NewAlertmanager(monitor.AlertmanagerConfig{Config: "receivers: []"}); err == nil {
		t.Error("NewAlertmanager without a route succeeded")
	}
}

func TestPrometheusAnswersFromThePastItIsGiven(t *testing.T) {
	now := time.Now()
	past := monitor.Past{Labels: labels.FromStrings("__name__", "load")}
	past.Add(now.Add(-7*24*time.Hour-time.Minute), 3)
	past.Add(now.Add(-7*24*time.Hour), 5)
	p, err := monitor.NewPrometheus(monitor.PrometheusConfig{Config: "global: {}", Dir: t.TempDir(), Past: []monitor.Past{past}})
	if err != nil {
		t.Fatal(err)
	}
	run(t, p.Run)
	resp, err := http.Get(serve(t, p.Handler()).URL + "/api/v1/query?query=max_over_time(load%5B5m%5D+offset+7d)&time=" + fmt.Sprint(now.Unix()+1))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(body), `"5"]`) {
		t.Errorf("a week ago: %s, %v; want a load of 5", body, err)
	}
}
