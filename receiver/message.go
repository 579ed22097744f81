package receiver

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/alertmanager/template"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// message is the body of a notification. It is not Alertmanager's own type,
// notify/webhook.Message, because that package imports the code that sends it.
type message struct {
	*template.Data

	Version         string `json:"version"`
	GroupKey        string `json:"groupKey"`
	TruncatedAlerts uint64 `json:"truncatedAlerts"`
}

// payloadVersion is the only version of the webhook payload, in use since
// Alertmanager 0.5.
const payloadVersion = "4"

// notification is a valid message.
type notification struct {
	alerts    []fleet.Alert
	truncated uint64
}

// decode decodes and validates a complete notification. Errors begin with the path
// of the field.
func decode(body []byte, now time.Time) (notification, error) {
	m := message{Data: &template.Data{}}
	if err := json.Unmarshal(body, &m); err != nil {
		return notification{}, explain(err)
	}
	if m.Version != payloadVersion {
		return notification{}, fmt.Errorf("version: %.40q is not %q, the version of Alertmanager's webhook payload", m.Version, payloadVersion)
	}
	if m.Data == nil || m.Alerts == nil {
		return notification{}, errors.New("alerts: missing; it must be a list")
	}
	n := notification{alerts: make([]fleet.Alert, 0, len(m.Alerts)), truncated: m.TruncatedAlerts}
	for i, a := range m.Alerts {
		if err := check(a); err != nil {
			return notification{}, fmt.Errorf("alerts[%d].%w", i, err)
		}
		n.alerts = append(n.alerts, AlertOf(a, now))
	}
	return n, nil
}

// explain adds the position to a JSON error.
func explain(err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not JSON: %w, at byte %d", err, syntax.Offset)
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s: a JSON %s is not a %s, at byte %d", wrong.Field, wrong.Value, wrong.Type, wrong.Offset)
	}
	return err
}

const resolved = "resolved"

// check validates an alert. The error begins with the name of the field.
func check(a template.Alert) error {
	switch {
	case a.Status != "firing" && a.Status != resolved:
		return fmt.Errorf("status: %.40q is neither firing nor resolved", a.Status)
	case a.Fingerprint == "":
		return errors.New("fingerprint: missing; Alertmanager sends it since 0.19")
	case len(a.Fingerprint) > fleet.MaxFingerprint:
		return fmt.Errorf("fingerprint: %d bytes, of at most %d; Alertmanager's have 16", len(a.Fingerprint), fleet.MaxFingerprint)
	case a.Labels[rules.LabelAlert] == "":
		return fmt.Errorf("labels.%s: missing", rules.LabelAlert)
	case a.StartsAt.IsZero():
		return errors.New("startsAt: missing")
	}
	return nil
}

// AlertOf returns an alert of a notification, which arrived at now.
func AlertOf(a template.Alert, now time.Time) fleet.Alert {
	return fleet.Alert{
		Fingerprint: a.Fingerprint, Name: a.Labels[rules.LabelAlert], Labels: a.Labels, Annotations: a.Annotations,
		StartsAt: a.StartsAt, EndsAt: a.EndsAt, Resolved: a.Status == resolved, SeenAt: now,
	}
}
