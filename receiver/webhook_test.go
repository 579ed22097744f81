package receiver

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func alertJSON(i int, name, status string) string {
	return fmt.Sprintf(`{"status":%q,"labels":{"alertname":%q,"instance":"10.0.0.%d:9100","severity":"none"},
"annotations":{"value":"0.91","threshold":"0.7","summary":"CPU of bbb-%d is at 91 %%"},
"startsAt":"2027-03-01T11:58:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://p/graph?g0.expr=x","fingerprint":"%016x"}`,
		status, name, i%250, i, i)
}

func messageJSON(alerts ...string) string {
	return `{"version":"4","groupKey":"{}:{alertname=\"x\"}","truncatedAlerts":0,"status":"firing","receiver":"bbb-scaler",
"groupLabels":{"alertname":"x"},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://am","alerts":[` +
		strings.Join(alerts, ",") + `]}`
}

func many(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = alertJSON(i, rules.ServerCPUHigh, "firing")
	}
	return messageJSON(all...)
}

// post sends a body as Alertmanager does and returns the status and the answer.
func post(h http.Handler, body string, header ...string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, "/webhook", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestWhatIsNotANotificationIsRefusedWholeSayingWhatAndWhere(t *testing.T) {
	good := alertJSON(1, rules.ServerCPUHigh, "firing")
	for name, test := range map[string]struct {
		body, contentType string
		code              int
		want              string
	}{
		"not JSON":              {"hello", "", 400, "not JSON: invalid character 'h' looking for beginning of value, at byte 1"},
		"cut off":               {messageJSON(good)[:200], "", 400, "not JSON: unexpected end of JSON input"},
		"two documents":         {messageJSON(good) + messageJSON(good), "", 400, "after top-level value"},
		"nothing":               {"", "", 400, "not JSON: unexpected end"},
		"null":                  {"null", "", 400, `version: \"\" is not \"4\"`},
		"another version":       {strings.Replace(messageJSON(good), `"4"`, `"3"`, 1), "", 400, `version: \"3\" is not \"4\"`},
		"a list":                {"[]", "", 400, "is not a receiver.message"},
		"no alerts":             {`{"version":"4"}`, "", 400, "alerts: missing"},
		"alerts of wrong type":  {`{"version":"4","alerts":{}}`, "", 400, "alerts: a JSON object is not a"},
		"a label of wrong type": {messageJSON(strings.Replace(good, `"none"`, `1`, 1)), "", 400, "alerts.labels: a JSON number is not a string, at byte"},
		"a bad time":            {messageJSON(strings.Replace(good, "2027-03-01T11:58:00Z", "yesterday", 1)), "", 400, "yesterday"},
		"a bad second alert":    {messageJSON(good, alertJSON(2, rules.ServerCPUHigh, "pending")), "", 400, `alerts[1].status: \"pending\" is neither firing nor resolved`},
		"no name":               {messageJSON(good, alertJSON(2, "", "firing")), "", 400, "alerts[1].labels.alertname: missing"},
		"no fingerprint":        {messageJSON(strings.Replace(good, `"0000000000000001"`, `""`, 1)), "", 400, "alerts[0].fingerprint: missing"},
		"a long fingerprint":    {messageJSON(strings.Replace(good, `"0000000000000001"`, `"`+strings.Repeat("0", 32<<10)+`"`, 1)), "", 400, "alerts[0].fingerprint: 32768 bytes, of at most 64"},
		"no start":              {messageJSON(strings.Replace(good, "2027-03-01T11:58:00Z", "0001-01-01T00:00:00Z", 1)), "", 400, "alerts[0].startsAt: missing"},
		"a form":                {"a=b", "application/x-www-form-urlencoded", 415, `content type \"application/x-www-form-urlencoded\" is not application/json`},
		"no content type":       {messageJSON(good), " ", 415, "is not application/json"},
		"too large":             {messageJSON(good) + strings.Repeat(" ", 16<<20), "", 413, "the body is larger than 16777216 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			m := &memory{}
			contentType := "application/json; charset=utf-8"
			if test.contentType != "" {
				contentType = test.contentType
			}
			code, answer := post(handler(t, m), test.body, "Content-Type", contentType)
			if code != test.code || !strings.Contains(answer, test.want) {
				t.Errorf("got %d %s, want %d with %s", code, answer, test.code, test.want)
			}
			if !json.Valid([]byte(answer)) {
				t.Errorf("the answer is not JSON: %s", answer)
			}
			if len(m.table) != 0 {
				t.Errorf("%d alerts were taken over", len(m.table))
			}
		})
	}
}

func TestTheWebhookIsReachedWithATrailingSlashToo(t *testing.T) {
	m := &memory{}
	h := New(Defaults(), deps(m))
	r := httptest.NewRequest(http.MethodPost, "/webhook/", strings.NewReader(many(1)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusOK || len(m.Alerts()) != 1 {
		t.Errorf("POST /webhook/: status %d with %d alerts taken over, want 200 and 1", w.Code, len(m.Alerts()))
	}
}

func TestACompressedNotificationIsRefused(t *testing.T) {
	if code, answer := post(handler(t, &memory{}), messageJSON(), "Content-Encoding", "gzip"); code != 415 {
		t.Errorf("got %d %s, want 415", code, answer)
	}
}

func TestThousandsOfAlertsAreTakenOverInOneNotification(t *testing.T) {
	m := &memory{}
	if code, answer := post(handler(t, m), many(5000)); code != 200 || len(m.table) != 5000 {
		t.Errorf("got %d %s and %d alerts, want 200 and 5000", code, answer, len(m.table))
	}
}

func TestANotificationIsTakenOverWithAllThatItSays(t *testing.T) {
	m := &memory{}
	h := handler(t, m)
	if code, answer := post(h, messageJSON(alertJSON(1, rules.ServerCPUHigh, "firing"), alertJSON(2, rules.ServerIdle, "firing"))); code != 200 {
		t.Fatalf("got %d %s", code, answer)
	}
	a := m.table["0000000000000001"]
	if a.Name != rules.ServerCPUHigh || a.Value() != 0.91 || a.Labels["instance"] != "10.0.0.1:9100" || a.Resolved ||
		!a.StartsAt.Equal(noon.Add(-2*time.Minute)) || !a.SeenAt.Equal(noon) || !a.EndsAt.IsZero() {
		t.Errorf("taken over as %+v", a)
	}
	if post(h, messageJSON(alertJSON(1, rules.ServerCPUHigh, "resolved"))); len(m.table) != 1 {
		t.Errorf("%d alerts are left after one was resolved, want 1", len(m.table))
	}
}

func TestAlertsThatAskForNothingAreCountedAndIgnored(t *testing.T) {
	m := &memory{}
	d := deps(m)
	code, answer := post(New(Defaults(), d), messageJSON(alertJSON(1, "Watchdog", "firing"), alertJSON(2, rules.ServerIdle, "firing")))
	if code != 200 || len(m.table) != 1 {
		t.Errorf("got %d %s and %d alerts, want 200 and 1", code, answer, len(m.table))
	}
	want := `
# HELP bbb_scaler_alerts_received_total Alerts in accepted notifications. The label known is true for alerts that ask the scaler of this fleet for something.
# TYPE bbb_scaler_alerts_received_total counter
bbb_scaler_alerts_received_total{known="false"} 1
bbb_scaler_alerts_received_total{known="true"} 1
`
	if err := testutil.GatherAndCompare(d.Metrics, strings.NewReader(want), "bbb_scaler_alerts_received_total"); err != nil {
		t.Error(err)
	}
}

func TestTruncatedAlertsAreCounted(t *testing.T) {
	d := deps(&memory{})
	post(New(Defaults(), d), strings.Replace(messageJSON(alertJSON(1, "x", "firing")), `"truncatedAlerts":0`, `"truncatedAlerts":7`, 1))
	want := "# HELP bbb_scaler_alerts_truncated_total Alerts that Alertmanager left out of truncated notifications.\n" +
		"# TYPE bbb_scaler_alerts_truncated_total counter\nbbb_scaler_alerts_truncated_total 7\n"
	if err := testutil.GatherAndCompare(d.Metrics, strings.NewReader(want), "bbb_scaler_alerts_truncated_total"); err != nil {
		t.Error(err)
	}
}

func TestWhileTheStoreCannotBeWrittenAlertmanagerIsToldToRetry(t *testing.T) {
	m := &memory{closed: true}
	d := deps(m)
	code, answer := post(New(Defaults(), d), many(3))
	if code != 503 || !strings.Contains(answer, "database not open; send it again") {
		t.Errorf("got %d %s, want 503", code, answer)
	}
	var want strings.Builder
	want.WriteString("# HELP bbb_scaler_notifications_total Notifications received from Alertmanager, by status code of the response.\n" +
		"# TYPE bbb_scaler_notifications_total counter\n")
	for _, line := range []string{`200"} 0`, `400"} 0`, `413"} 0`, `415"} 0`, `429"} 0`, `503"} 1`} {
		want.WriteString(`bbb_scaler_notifications_total{code="` + line + "\n")
	}
	if err := testutil.GatherAndCompare(d.Metrics, strings.NewReader(want.String()), rules.MetricNotifications); err != nil {
		t.Error(err)
	}
}

func TestATransferThatBreaksOffIsNotTakenForANotification(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/webhook", failing{})
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	handler(t, &memory{}).ServeHTTP(w, r)
	if w.Code != 503 {
		t.Errorf("got %d %s, want 503", w.Code, w.Body)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, http.ErrBodyReadAfterClose }

func FuzzDecode(f *testing.F) {
	f.Add([]byte(many(2)))
	f.Add([]byte(`{"version":"4","alerts":[null]}`))
	f.Add([]byte(`{"version":"4","alerts":[{"labels":null}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := decode(body, noon)
		if err != nil {
			if err.Error() == "" || len(n.alerts) != 0 {
				t.Errorf("decode(%q) = %v, %q", body, n, err)
			}
			return
		}
		for _, a := range n.alerts {
			if a.Name == "" || a.Fingerprint == "" || a.StartsAt.IsZero() {
				t.Errorf("decode(%q) accepted %+v", body, a)
			}
		}
	})
}

// refusing is a Scaler that stores what it is told, and refuses alerts.
type refusing struct {
	memory
	err error
}

func (r *refusing) Notify(alerts []fleet.Alert) (int, error) { return len(alerts), r.err }

func TestRefusedAlertsAreAnsweredSoThatNobodySendsThemAgain(t *testing.T) {
	oversized := fleet.Alert{Fingerprint: "f", Labels: map[string]string{"a": strings.Repeat("x", fleet.MaxAlertBytes)}}.Oversized()
	for name, c := range map[string]struct {
		err  error
		code int
		want string
	}{
		"the table is full":      {fleet.Refusal{Full: 3, Limit: 2000}.Err(), 429, "3 new alerts are refused beyond fleet.max_alerts (2000)"},
		"an alert is oversized":  {fleet.Refusal{Oversized: 1, Example: oversized}.Err(), 400, "8193 bytes together, of at most 8192; shorten them"},
		"the store cannot write": {errClosed, 503, "send it again"},
	} {
		t.Run(name, func(t *testing.T) {
			d := deps(&memory{})
			d.Scaler = &refusing{err: c.err}
			code, answer := post(New(Defaults(), d), many(3))
			if code != c.code || !strings.Contains(answer, c.want) {
				t.Errorf("answer %d %s, want %d with %q", code, answer, c.code, c.want)
			}
		})
	}
}

func TestForgedLinesDoNotReachTheLogAsLines(t *testing.T) {
	var log strings.Builder
	forged := "x\nlevel=ERROR msg=forged\x1b[2J"
	d := deps(&memory{})
	d.Log = slog.New(slog.NewTextHandler(&log, nil))
	body, err := json.Marshal(map[string]any{"version": "4", "alerts": []any{map[string]any{"status": forged}}})
	if err != nil {
		t.Fatal(err)
	}
	post(New(Defaults(), d), string(body))
	if text := log.String(); strings.Count(text, "\n") != 1 || strings.Contains(text, "\x1b") || !strings.Contains(text, "forged") {
		t.Errorf("log %q, want one line, without escapes", text)
	}
}
