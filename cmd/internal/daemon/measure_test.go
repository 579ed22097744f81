package daemon

import (
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

const vector = `{"status":"success","data":{"resultType":"vector","result":[
{"metric":{"__name__":"fleet:bbb_cpu_busy_cores:avg","pool":""},"value":[1,"12.5"]},
{"metric":{"__name__":"fleet:bbb_cpu_busy_cores:avg","pool":"exam"},"value":[1,"2"]},
{"metric":{"__name__":"fleet:bbb_cpu_busy_cores:forecast"},"value":[1,"NaN"]},
{"metric":{"__name__":"instance:bbb_cpu_workload:ratio","instance":"BBB-1.example.org:9100"},"value":[1,"0.61"]},
{"metric":{"__name__":"instance:bbb_memory_workload:ratio","instance":"[2001:db8::1]:9100"},"value":[1,"0.4"]}]}}`

func TestThePageShowsWhatPrometheusMeasures(t *testing.T) {
	answer := vector
	prometheus := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if q := r.FormValue("query"); !strings.Contains(q, `fleet="school"`) || answer == "" {
			w.WriteHeader(http.StatusBadGateway)
		}
		fmt.Fprint(w, answer)
	}))
	defer prometheus.Close()
	f := config.Defaults()
	f.Actions.Fleet.Name, f.Prometheus.URL = "school", prometheus.URL
	m := newMeasures(func() *config.File { return &f }, slog.New(slog.DiscardHandler))
	if l := m.load(fleet.Status{}, nil); !math.IsNaN(l.Cores) || !math.IsNaN(l.Forecast) {
		t.Errorf("before the first read: %+v, want nothing known", l)
	}
	m.read(t.Context())
	if l := m.load(fleet.Status{}, nil); l.Cores != 14.5 || !math.IsNaN(l.Forecast) || l.Within != f.Actions.Capacity.StartTime+time.Duration(f.Rules.Forecast.Margin) {
		t.Errorf("load %+v, want that of both pools, and no forecast", l)
	}
	if cpu, memory := m.workload(fleet.ServerStatus{Host: "10.0.0.1", Aliases: []string{"bbb-1.example.org", "2001:db8::1"}}); cpu != 0.61 || memory != 0.4 {
		t.Errorf("workload %v and %v, want 0.61 and 0.4", cpu, memory)
	}
	if cpu, memory := m.workload(fleet.ServerStatus{Host: "other"}); !math.IsNaN(cpu) || !math.IsNaN(memory) {
		t.Errorf("workload of a server that is not scraped: %v and %v", cpu, memory)
	}
	answer = ""
	m.read(t.Context())
	if l := m.load(fleet.Status{}, nil); l.Cores != 14.5 {
		t.Errorf("after a failure: %+v, want the last result for a while", l)
	}
	m.last.Load().at = time.Now().Add(-2 * measuredFor)
	if l := m.load(fleet.Status{}, nil); !math.IsNaN(l.Cores) {
		t.Errorf("long after: %+v, want nothing known", l)
	}
}

func TestWithoutPrometheusTheLoadIsThatOfTheAlertsAndTheForecastIsTheScalers(t *testing.T) {
	f := config.Defaults()
	m := newMeasures(func() *config.File { return &f }, slog.New(slog.DiscardHandler))
	alert := func(name, cores string) fleet.Alert {
		return fleet.Alert{Name: name, Annotations: map[string]string{rules.AnnotationCores: cores}}
	}
	st := fleet.Status{Forecasts: []fleet.PoolForecast{{Cores: &fleet.Forecast{Soon: 20}}, {Pool: "exam", Cores: &fleet.Forecast{Soon: 2.5}}, {RAM: &fleet.Forecast{Soon: 900}}}}
	l := m.load(st, []fleet.Alert{alert(rules.FleetLoad, "12"), alert(rules.FleetLoad, "3"), alert(rules.FleetLoad, "x"), alert(rules.FleetCPUHigh, "99")})
	if l.Cores != 15 || l.Forecast != 22.5 || l.Within != f.Actions.Forecast.Ahead {
		t.Errorf("load %+v, want 15 cores now and 22.5 within %v", l, f.Actions.Forecast.Ahead)
	}
}

func TestTheRulesRecordWhatThePageShows(t *testing.T) {
	text, err := os.ReadFile("../../../deploy/rules/bbb-rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, series := range []string{seriesLoad, seriesForecast, seriesCPU, seriesMemory} {
		if !strings.Contains(string(text), "record: "+series+"\n") {
			t.Errorf("no rule records %s", series)
		}
	}
}
