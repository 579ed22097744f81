package generate

import (
	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

const (
	alertmanagerUsage = `The route and the receiver of bbb-scaler, in a file that Alertmanager 0.21 and later load as it is: merge both into yours.
Keep the route above broader routes. It uses match, because Alertmanager 0.21 does not know matchers.
group_wait is short, because the scaler itself debounces notifications.
repeat_interval is one cooldown (cooldowns.scale_out), so that the values in annotations are recent.
send_resolved must be true: the scaler acts on an alert until it is resolved.`
	alertmanagerConfigUsage = `The route and the receiver of bbb-scaler for the Prometheus operator (0.44 and later). The operator adds a matcher on
the label namespace to the route: set alertmanagerConfigMatcherStrategy to None, or add a label
namespace with the namespace of this object to rules.extra_labels. The secret has the keys username and password.`
)

func (g generator) routeMatches() map[string]string {
	return map[string]string{rules.LabelScaler: rules.RouteScaler, rules.LabelFleet: g.in.Fleet}
}

func (g generator) repeat() model.Duration { return model.Duration(g.repeatInterval(g.in.Cooldown)) }

func (g generator) receiverName() string { return "bbb-scaler-" + g.in.Fleet }

func alertmanagerFile(g generator, _ []Group) (document, error) {
	route := dict{
		"receiver": g.receiverName(), "match": g.routeMatches(), "group_by": []string{rules.LabelFleet, rules.LabelAlert},
		"group_wait": g.Alertmanager.GroupWait, "group_interval": g.Alertmanager.GroupInterval, "repeat_interval": g.repeat(),
	}
	return document{usage: alertmanagerUsage, docs: []any{dict{
		"route":     dict{"receiver": "people", "routes": []any{route}},
		"receivers": []any{dict{"name": "people"}, dict{"name": g.receiverName(), "webhook_configs": []any{g.hook()}}},
	}}}, nil
}

// hook returns the receiver's webhook, with its login and certificate authority.
func (g generator) hook() dict {
	hook, access := dict{"url": g.Alertmanager.URL, "send_resolved": true}, dict{}
	if g.Alertmanager.Username != "" {
		access["basic_auth"] = dict{"username": g.Alertmanager.Username, "password_file": g.Alertmanager.PasswordFile}
	}
	if g.Alertmanager.CAFile != "" {
		access["tls_config"] = dict{"ca_file": g.Alertmanager.CAFile}
	}
	if len(access) > 0 {
		hook["http_config"] = access
	}
	return hook
}

func alertmanagerConfig(g generator, _ []Group) (document, error) {
	matchers := []any{
		dict{"name": rules.LabelScaler, "value": rules.RouteScaler},
		dict{"name": rules.LabelFleet, "value": g.in.Fleet},
	}
	hook := dict{"url": g.Alertmanager.URL, "sendResolved": true}
	if g.Alertmanager.Username != "" {
		hook["httpConfig"] = dict{"basicAuth": g.secretLogin()}
	}
	return document{usage: alertmanagerConfigUsage, docs: []any{g.object("v1alpha1", "AlertmanagerConfig", "", dict{
		"route": dict{
			"receiver": g.receiverName(), "matchers": matchers, "groupBy": []string{rules.LabelFleet, rules.LabelAlert},
			"groupWait": g.Alertmanager.GroupWait, "groupInterval": g.Alertmanager.GroupInterval, "repeatInterval": g.repeat(),
		},
		"receivers": []any{dict{"name": g.receiverName(), "webhookConfigs": []any{hook}}},
	})}}, nil
}
