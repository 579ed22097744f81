package alertmanager

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/common/model"
	"pgregory.net/rapid"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// status is an answer with a configuration.
func status(t *testing.T, text string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"config": map[string]string{"original": text}, "cluster": map[string]string{"status": "ready"}, "uptime": "2026-03-02T08:00:00.000Z"})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

const routed = `
global: {a_key_of_a_later_version: 1}
route:
  receiver: people
  routes:
  - receiver: all-of-it
    matchers: [severity=~"critical|warning"]
    continue: true
  - match: {scaler: bbb}
    routes:
    - {receiver: old, match_re: {fleet: b.*}, continue: false}
receivers:
- name: people
- {name: all-of-it, email_configs: [{to: a@example.org}]}
- {name: old, webhook_configs: [{url: "http://u:p4ss@scaler:9745/webhook"}, {url: <secret>, send_resolved: false}, {url_file: /etc/url}]}
`

func TestTheReceiversOfAnAlertAreThoseThatAlertmanagerChooses(t *testing.T) {
	s := source(t, pair(answers(200, status(t, routed)), answers(404, "")), outbound.Options{})
	all, err := s.Routings(t.Context())
	if len(all) != 1 || all[0].URL != "http://am-1:9093" || err == nil || !strings.Contains(err.Error(), "am-2") {
		t.Fatalf("Routings() = %+v, %v; want that of the peer that answers, and an error about the other", all, err)
	}
	for _, tt := range []struct {
		labels map[string]string
		want   string
	}{
		{map[string]string{"alertname": "DiskFull"}, "people"},
		{map[string]string{"scaler": "bbb", "fleet": "bbb"}, "old"},
		{map[string]string{"scaler": "bbb", "fleet": "abb"}, "people"},
		{map[string]string{"scaler": "bbb", "fleet": "bbb", "severity": "warning"}, "all-of-it, old"},
	} {
		var names []string
		for _, r := range all[0].Receivers(tt.labels) {
			names = append(names, r.Name)
		}
		if got := strings.Join(names, ", "); got != tt.want {
			t.Errorf("%v goes to %s, want %s", tt.labels, got, tt.want)
		}
	}
	old := all[0].Receivers(map[string]string{"scaler": "bbb", "fleet": "bbb"})[0]
	var shown []string
	for _, w := range old.Webhooks {
		text, ok := w.Shown()
		shown = append(shown, fmt.Sprintf("%s %v %v", text, ok, w.Unresolved))
	}
	if want := []string{"http://u:xxxxx@scaler:9745/webhook true false", " false true", " false false"}; !slices.Equal(shown, want) {
		t.Errorf("webhooks = %q, want %q", shown, want)
	}
}

func TestWebhookDeliveriesAreCountedWhereTheMetricsAreShown(t *testing.T) {
	const metrics = `# TYPE alertmanager_notifications_total counter
alertmanager_notifications_total{integration="email"} 50
alertmanager_notifications_total{integration="webhook"} 7
# TYPE alertmanager_notifications_failed_total counter
alertmanager_notifications_failed_total{integration="email",reason="other"} 40
alertmanager_notifications_failed_total{integration="webhook",reason="clientError"} 2
alertmanager_notifications_failed_total{integration="webhook",reason="other"} 3
`
	shows := func(metrics func(*http.Request) (*http.Response, error)) func(*http.Request) (*http.Response, error) {
		return func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/metrics" {
				return metrics(r)
			}
			return answers(200, status(t, routed))(r)
		}
	}
	all, err := source(t, pair(shows(answers(200, metrics)), shows(answers(404, ""))), outbound.Options{}).Routings(t.Context())
	if err != nil || len(all) != 2 || all[0].Deliveries != (Deliveries{Sent: 7, Failed: 5}) || all[1].Deliveries != (Deliveries{}) {
		t.Errorf("Routings() = %+v, %v; want 5 of 7 failed at the first, nothing at the second, and no error", all, err)
	}
}

func TestAConfigurationThatCannotBeReadIsAnError(t *testing.T) {
	for name, body := range map[string]string{
		"none": `{}`, "no text": `{"config":{}}`, "not YAML": status(t, "a: ["), "no route": status(t, "receivers: []"),
		"a bad matcher": status(t, `route: {matchers: ["="]}`), "a bad expression": status(t, `route: {match_re: {a: "("}}`),
	} {
		all, err := source(t, pair(answers(200, body), answers(200, status(t, routed))), outbound.Options{}).Routings(t.Context())
		if len(all) != 1 || err == nil || !strings.Contains(err.Error(), "am-1") {
			t.Errorf("%s: Routings() = %+v, %v; want the other peer's, and an error about am-1", name, all, err)
		}
	}
}

// routes draws the YAML of a route with others below it.
func routes(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		b.WriteString("{")
		if rapid.Bool().Draw(t, "receiver") {
			fmt.Fprintf(&b, "receiver: %s, ", rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name"))
		}
		pair := func() (string, string) {
			return rapid.SampledFrom([]string{"scaler", "fleet", "x"}).Draw(t, "label"), rapid.SampledFrom([]string{"bbb", "b.*", "", "other"}).Draw(t, "value")
		}
		for _, form := range []string{"match: {%s: %q}, ", "match_re: {%s: %q}, ", `matchers: ['%s=%q'], `, `matchers: ['%s!~%q', 'scaler=bbb'], `} {
			if rapid.IntRange(0, 5).Draw(t, "form") == 0 {
				name, value := pair()
				fmt.Fprintf(&b, form, name, value)
				break
			}
		}
		fmt.Fprintf(&b, "continue: %v", rapid.Bool().Draw(t, "continue"))
		if depth > 0 {
			below := rapid.SliceOfN(routes(depth-1), 0, 3).Draw(t, "below")
			fmt.Fprintf(&b, ", routes: [%s]", strings.Join(below, ", "))
		}
		return b.String() + "}"
	})
}

func TestRoutesDecideAsAlertmanagersOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		below := rapid.SliceOfN(routes(2), 0, 4).Draw(t, "routes")
		text := "route: {receiver: a, routes: [" + strings.Join(below, ", ") + "]}\nreceivers: [{name: a}, {name: b}, {name: c}]\n"
		theirs, err := config.Load(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		ours, err := newRouting(theirs.String()) // as the API shows it
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		alert := map[string]string{}
		set := model.LabelSet{}
		for _, name := range []string{"scaler", "fleet", "x"} {
			if value := rapid.SampledFrom([]string{"", "bbb", "other"}).Draw(t, name); value != "" {
				alert[name], set[model.LabelName(name)] = value, model.LabelValue(value)
			}
		}
		var got, want []string
		for _, r := range ours.Receivers(alert) {
			got = append(got, r.Name)
		}
		for _, r := range dispatch.NewRoute(theirs.Route, nil).Match(set) {
			want = append(want, r.RouteOpts.Receiver)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v goes to %q, want %q by\n%s", alert, got, want, text)
		}
	})
}
