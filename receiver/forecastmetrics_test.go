package receiver

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func foreseen() *memory {
	m := morning()
	m.status.Forecasts = []fleet.PoolForecast{
		{Cores: &fleet.Forecast{Soon: 12.5, Later: 40, Weekly: true, Error: &fleet.ForecastError{Under: 0.02, Over: 0.1}}, RAM: &fleet.Forecast{Soon: 1024, Later: 2048}},
		{Pool: "gold", Cores: &fleet.Forecast{Soon: 3, Later: 4}},
	}
	return m
}

func TestForecastsAreMetricsWithTheirHorizonAndHistory(t *testing.T) {
	text, err := testutil.CollectAndFormat(fleetCollector{foreseen(), func() time.Time { return noon }}, expfmt.TypeTextPlain,
		rules.MetricForecastCores, rules.MetricForecastMemory, "bbb_scaler_forecast_error_ratio")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`bbb_scaler_forecast_cores{history="week",horizon="start"} 12.5`, `bbb_scaler_forecast_cores{history="week",horizon="hold"} 40`,
		`bbb_scaler_forecast_memory_bytes{history="day",horizon="start"} 1.073741824e+09`,
		`bbb_scaler_forecast_cores{history="day",horizon="start",pool="gold"} 3`,
		`bbb_scaler_forecast_error_ratio{direction="under",measure="cpu"} 0.02`, `bbb_scaler_forecast_error_ratio{direction="over",measure="cpu"} 0.1`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the metrics lack %s:\n%s", want, text)
		}
	}
	if n := strings.Count(string(text), "\nbbb_scaler_forecast_error_ratio{"); n != 2 {
		t.Errorf("%d errors are exported, want those of the only forecast that has one", n)
	}
}

func TestForecastsAreInTheAPI(t *testing.T) {
	w, body := ask(handler(t, foreseen()), http.MethodGet, api.PathFleet, "")
	want := `"forecasts":[{"pool":"","cores":{"soon":12.5,"later":40,"weekly":true,"error":{"under":0.02,"over":0.1}},"ram_mib":{"soon":1024,"later":2048,"weekly":false}},` +
		`{"pool":"gold","cores":{"soon":3,"later":4,"weekly":false}}]`
	if !strings.Contains(strings.ReplaceAll(body, " ", ""), want) {
		t.Errorf("%v answers\n%s\nwithout %s", w, body, want)
	}
}

func TestTheAlertThatAlwaysFiresIsNotOnThePage(t *testing.T) {
	m := morning()
	if n, err := m.Notify([]fleet.Alert{{Fingerprint: "l", Name: rules.FleetLoad, StartsAt: noon, SeenAt: noon}}); n != 1 || err != nil {
		t.Fatalf("Notify() = %d, %v", n, err)
	}
	h := handler(t, m)
	if _, page := ask(h, http.MethodGet, api.PathPage, ""); strings.Contains(page, rules.FleetLoad) {
		t.Error("the page shows the alert that only reports the load")
	}
	if _, list := ask(h, http.MethodGet, api.PathAlerts, ""); !strings.Contains(list, rules.FleetLoad) {
		t.Error("the API does not list the alert that reports the load")
	}
}

func TestACalendarThatFailsIsAMetricAndAReason(t *testing.T) {
	m := morning()
	m.status.Calendars = []fleet.CalendarStatus{{Name: "exams", Error: "404 Not Found; check url"}, {Name: "holidays", Skipped: []string{`event "x": its zone`}}, {Name: "fine"}}
	h := handler(t, m)
	_, page := ask(h, http.MethodGet, api.PathPage, "")
	for _, want := range []string{"the calendar exams cannot be read, never read: 404 Not Found; check url", "the calendar holidays has events that cannot be used: event &#34;x&#34;: its zone"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	_, metrics := ask(h, http.MethodGet, api.PathMetrics, "")
	for _, want := range []string{`bbb_scaler_calendar_problems{calendar="exams",problem="read"} 1`, `bbb_scaler_calendar_problems{calendar="holidays",problem="skipped"} 1`, `bbb_scaler_calendar_problems{calendar="fine",problem="read"} 0`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}
