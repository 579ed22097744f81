package daemon

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/actions/alertmanager"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// showing is an Alertmanager that shows a configuration.
func showing(t *testing.T, config string) *alertmanager.Source {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"config": map[string]string{"original": config}})
	}))
	t.Cleanup(s.Close)
	c := alertmanager.Defaults()
	c.URLs = []string{s.URL}
	source, err := alertmanager.New(c, outbound.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

const (
	toScaler   = "route: {receiver: people, routes: [{receiver: scaler, match: {scaler: bbb, fleet: bbb}}]}\n"
	peopleMail = "receivers: [{name: people, email_configs: [{to: a@example.org}]}, {name: scaler, webhook_configs: ["
)

func TestCheckTellsWhetherTheAlertsAreRoutedToTheDaemon(t *testing.T) {
	for _, tt := range []struct {
		name, config string
		problems     int
		want         string
	}{
		{"as generated", toScaler + peopleMail + "{url: 'http://bbb-scaler:9745/webhook', send_resolved: true}]}]", 0,
			"are routed to receiver scaler, which sends them to http://bbb-scaler:9745/webhook"},
		{"with a slash and a login", toScaler + peopleMail + "{url: 'http://me:p4ss@bbb-scaler:9745/webhook/'}]}]", 0, "which sends them to http://bbb-scaler:9745/webhook"},
		{"a URL that is hidden", toScaler + peopleMail + "{url: <secret>}]}]", 0,
			"Alertmanager does not show the URL of its webhook, which must be http://bbb-scaler:9745/webhook"},
		{"a wrong URL", toScaler + peopleMail + "{url: 'http://me:p4ss@elsewhere/hook'}]}]", 1,
			"are routed to receiver scaler, whose webhook is http://me:xxxxx@elsewhere/hook, and not http://bbb-scaler:9745/webhook"},
		{"a route before", "route: {receiver: people, routes: [{receiver: mail, match_re: {severity: .*}}, {receiver: scaler, match: {scaler: bbb}}]}\n" + peopleMail + "{url: <secret>}]}, {name: mail}]", 1,
			"are routed to receiver mail, which has no webhook to this daemon"},
		{"another fleet's route", strings.Replace(toScaler, "fleet: bbb", "fleet: north", 1) + peopleMail + "{url: <secret>}]}]", 1,
			"are routed to receiver people, which has no webhook to this daemon"},
		{"two receivers, one of them the daemon", "route: {receiver: people, routes: [{receiver: people, continue: true}, {receiver: scaler, match: {scaler: bbb}}]}\n" + peopleMail + "{url: 'http://bbb-scaler:9745/webhook'}]}]", 0,
			"are routed to receiver people, scaler, which sends them to"},
		{"no resolved alerts", toScaler + peopleMail + "{url: 'http://bbb-scaler:9745/webhook', send_resolved: false}]}]", 1, "does not send resolved alerts"},
		{"a configuration that cannot be read", "no route", 0, "note   alertmanager   the route was not checked: reading the configuration of Alertmanager at"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			c := newPreflight(&out)
			c.clients.alerts = showing(t, tt.config)
			c.routes(t.Context(), nil)
			if !strings.Contains(out.String(), tt.want) || c.found != tt.problems || strings.Contains(out.String(), "p4ss") {
				t.Errorf("%d problems, want %d, output:\n%s\nwant in it, without the password:\n%s", c.found, tt.problems, &out, tt.want)
			}
		})
	}
}

func TestFailedNotificationsAreTold(t *testing.T) {
	for _, tt := range []struct {
		sent, failed float64
		want         string
	}{
		{0, 0, ""}, {7, 0, ""},
		{7, 2, "note   alertmanager   http://am: 2 of 7 notifications to webhooks failed"},
		{7, 7, "WRONG  alertmanager   http://am: all 7 notifications to webhooks failed"},
	} {
		var out strings.Builder
		newPreflight(&out).delivered(alertmanager.Routing{URL: "http://am", Deliveries: alertmanager.Deliveries{Sent: tt.sent, Failed: tt.failed}})
		if got := out.String(); (tt.want == "") != (got == "") || !strings.HasPrefix(got, tt.want) {
			t.Errorf("%v of %v failed: %q, want %q", tt.failed, tt.sent, got, tt.want)
		}
	}
}

func TestTheLabelsThatFiringAlertsReallyHaveCount(t *testing.T) {
	var out strings.Builder
	c := newPreflight(&out)
	c.clients.alerts = showing(t, "route: {receiver: scaler, routes: [{receiver: people, match: {site: north}}]}\n"+peopleMail+"{url: <secret>}]}]")
	c.routes(t.Context(), []fleet.Alert{{Name: rules.ServerCPUHigh, Labels: map[string]string{"alertname": rules.ServerCPUHigh, "fleet": "bbb", "site": "north"}}})
	if got := wrongLines(out.String()); len(got) != 1 || !strings.Contains(got[0], "1 alerts for the scaler of fleet bbb (BBBServerCPUHigh) are routed to receiver people, which has no webhook") {
		t.Errorf("problems = %q, want one about the alert with the label of this site", got)
	}
}

func TestTheAlertThatNotificationsDoNotArriveIsTold(t *testing.T) {
	for name, tt := range map[string]struct {
		fleet  string
		alerts []*promv1.Alert
		want   int
	}{"firing": {"bbb", []*promv1.Alert{{}}, 1}, "silent": {"bbb", nil, 0}, "another fleet's": {"north", []*promv1.Alert{{}}, 0}} {
		var out strings.Builder
		newPreflight(&out).deaf(promv1.AlertingRule{Name: rules.ScalerDeaf, State: "firing", Labels: model.LabelSet{"fleet": model.LabelValue(tt.fleet)}, Alerts: tt.alerts})
		if got := wrongLines(out.String()); len(got) != tt.want {
			t.Errorf("%s: problems %q, want %d", name, got, tt.want)
		}
	}
}
