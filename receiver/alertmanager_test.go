package receiver

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/alert"
	amcommon "github.com/prometheus/alertmanager/config/common"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/notify/webhook"
	"github.com/prometheus/alertmanager/template"
	commoncfg "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// notifier is Alertmanager's own sender of webhooks.
func notifier(t *testing.T, to string) *webhook.Notifier {
	t.Helper()
	tmpl, err := template.FromGlobs(nil)
	if err != nil {
		t.Fatal(err)
	}
	tmpl.ExternalURL = &url.URL{Scheme: "http", Host: "alertmanager"}
	n, err := webhook.New(&webhook.WebhookConfig{
		URL: amcommon.SecretTemplateURL(to), HTTPConfig: &commoncfg.HTTPClientConfig{},
	}, tmpl, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// sent is an alert as Alertmanager holds it.
func sent(instance string, ends time.Time) *alert.Alert {
	return &alert.Alert{
		Alert: model.Alert{
			Labels:      model.LabelSet{"alertname": rules.ServerCPUHigh, "instance": model.LabelValue(instance)},
			Annotations: model.LabelSet{"value": "0.91"},
			StartsAt:    time.Now().Add(-time.Minute), EndsAt: ends,
		},
		UpdatedAt: time.Now(),
	}
}

func TestAlertmanagersOwnNotifierIsUnderstood(t *testing.T) {
	m := &memory{}
	web := httptest.NewServer(handler(t, m))
	defer web.Close()
	n := notifier(t, web.URL+"/webhook")
	ctx := notify.WithReceiverName(notify.WithGroupKey(context.Background(), "{}"), "bbb-scaler")

	later := time.Now().Add(time.Hour)
	firing := sent("10.0.0.1:9100", later)
	if retry, err := n.Notify(ctx, firing, sent("10.0.0.2:9100", later)); err != nil || retry {
		t.Fatalf("Notify = %v, %v", retry, err)
	}
	a, ok := m.table[firing.Fingerprint().String()]
	if !ok || len(m.table) != 2 {
		t.Fatalf("taken over %+v, want 2 alerts and %s", m.table, firing.Fingerprint())
	}
	if a.Name != rules.ServerCPUHigh || a.Labels["instance"] != "10.0.0.1:9100" || a.Value() != 0.91 || !a.StartsAt.Equal(firing.StartsAt) {
		t.Errorf("taken over as %+v", a)
	}

	if _, err := n.Notify(ctx, sent("10.0.0.1:9100", time.Now().Add(-time.Second))); err != nil {
		t.Fatal(err)
	}
	if len(m.table) != 1 {
		t.Errorf("%d alerts after one was resolved, want 1", len(m.table))
	}

	m.closed = true
	if retry, err := n.Notify(ctx, firing); err == nil || !retry {
		t.Errorf("Notify while the store is closed = %v, %v; want an error that is retried", retry, err)
	}
}
