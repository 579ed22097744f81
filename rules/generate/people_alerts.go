package generate

import (
	"strconv"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/prometheus/common/model"
)

// peopleAlerts are the expressions of the alerts that are for people only.
func peopleAlerts() map[string]expression {
	return map[string]expression{
		rules.ScalerDown: generator.scalerDown, rules.ScalerFleetUnread: generator.scalerFleetUnread,
		rules.ScalerStepsFailing: generator.scalerStepsFailing, rules.ScalerDrainingLong: generator.scalerDrainingLong,
		rules.ScalerAtLimit: generator.scalerAtLimit, rules.ScalerUnjoined: generator.scalerUnjoined,
		rules.ScalerTargetsUnjoined:       generator.scalerTargetsUnjoined,
		rules.ScalerNotificationsRejected: generator.scalerNotificationsRejected,
		rules.ScalerDeaf:                  generator.scalerDeaf,
		rules.ScalerWritesBlocked:         generator.scalerWritesBlocked, rules.FleetUnseen: generator.fleetUnseen,
		rules.ScalerContested:   generator.scalerContested,
		rules.ScalerClocksApart: generator.scalerClocksApart, rules.ScalerRulesStale: generator.scalerRulesStale,
	}
}

// failedSteps within failedWithin are not a coincidence: after each failure, the
// scaler backs off and tries another server.
const (
	failedSteps  = 3
	failedWithin = "30m"
	// rejectedWithin must exceed the alert's for duration, or a single rejection
	// never makes it fire.
	rejectedWithin = "10m"
	// refusedLater is the number of notifications answered with 5xx that a restart
	// of the daemon does not explain.
	refusedLater = 3
)

func (g generator) scalerDown(row rules.Alert) alert {
	return alert{
		severity: g.Severities.Critical, value: count, threshold: "1",
		expr:        "absent(" + g.scaler("up") + " == 1)",
		why:         "Longer than an update of the daemon. Nothing scales meanwhile, and nothing is taken away either.",
		summary:     "bbb-scaler is down",
		description: "Prometheus has not reached bbb-scaler of fleet " + g.in.Fleet + " for " + g.For[row.Name].String() + ". The fleet stays as it is: start servers by hand if lessons are about to begin.",
	}
}

func (g generator) scalerFleetUnread(rules.Alert) alert {
	stale := secondsOf(model.Duration(g.in.StaleAfter))
	return alert{
		severity: g.Severities.Critical, value: count, threshold: stale,
		expr:    g.rec(fleetReadAge) + " >= " + stale + "\nor\n(0 * max(" + g.scaler("up") + " == 1) unless on () " + g.rec(fleetReadAge) + ")",
		why:     "Beyond deadlines.stale the scaler itself no longer believes what it read; the rest is patience with IONOS and Scalelite.",
		summary: "bbb-scaler cannot read the fleet",
		description: "bbb-scaler of fleet " + g.in.Fleet + " runs, but has not read all of IONOS and Scalelite for longer than " + g.in.StaleAfter.String() +
			", or never. It does not act on what it cannot see. Run `bbb-scaler check`.",
	}
}

func (g generator) scalerStepsFailing(rules.Alert) alert {
	return alert{
		severity: g.Severities.Warning, value: count, threshold: strconv.Itoa(failedSteps),
		expr: "round(sum by (step) (increase(" + g.scaler(rules.MetricSteps, matcher{"outcome", "=", "failed"}) + "[" + failedWithin + "]))) >= " +
			strconv.Itoa(failedSteps),
		why:         "Once is bad luck, and the scaler tries another server. The same kind of step again and again needs a person.",
		summary:     "bbb-scaler: {{ $labels.step }} fails",
		description: "{{ $value | printf \"%.0f\" }} steps of kind {{ $labels.step }} have failed within " + failedWithin + ". The journal says on which servers and why.",
	}
}

func (g generator) scalerDrainingLong(rules.Alert) alert {
	limit := secondsOf(model.Duration(g.in.DrainDeadline))
	return alert{
		severity: g.Severities.Warning, value: count, threshold: limit,
		expr:        "max by (server) (" + g.scaler(rules.MetricDraining) + ") >= " + limit,
		why:         "deadlines.drain already is the patience; this only bridges one odd sample.",
		summary:     "{{ $labels.server }}: draining for long",
		description: "{{ $labels.server }} has been draining for {{ $value | humanizeDuration }}, longer than deadlines.drain, and still has a meeting. The scaler never ends one: look whether it is a forgotten room.",
	}
}

func (g generator) scalerAtLimit(row rules.Alert) alert {
	return alert{
		severity: g.Severities.Critical, value: count, threshold: "1",
		expr:    "max by (limit) (" + g.scaler(rules.MetricLimited) + ") == 1",
		why:     "Longer than a passing peak; lessons suffer while it lasts.",
		summary: "bbb-scaler: more capacity is needed than {{ $labels.limit }} allows",
		description: "For " + g.For[row.Name].String() + ", fleet " + g.in.Fleet + " has needed more than the limit {{ $labels.limit }} allows. Raise capacity.ceiling, the contract, or the number of servers. " +
			"With the limit poller the servers are not at fault: Scalelite's poller does not bring those online that were started; check that it runs.",
	}
}

func (g generator) scalerUnjoined(rules.Alert) alert {
	return alert{
		severity: g.Severities.Warning, value: count, threshold: "0",
		expr:        "max by (source) (" + g.scaler(rules.MetricUnjoined) + ") > 0",
		why:         "Long: servers that are being set up are in one list before the other.",
		summary:     "bbb-scaler: servers that cannot be joined",
		description: "{{ $value | printf \"%.0f\" }} servers known to the {{ $labels.source }} could not be joined with the others. They are left alone. `bbb-scaler check` lists them.",
	}
}

func (g generator) scalerTargetsUnjoined(rules.Alert) alert {
	of := func(exporter, hosts string) string {
		strange := g.rec(hosts) + " unless on (host) group by (host) (" + g.rec(aliasHost) + ")"
		lacking := g.rec(hostState) + " unless on (host) " + g.rec(hosts)
		return "label_replace(count(" + strange + ") and on () (" + lacking + ") and on () " + g.rec(aliasHost) + ", \"exporter\", \"" + exporter + "\", \"\", \"\")"
	}
	expr := of("node", nodeHost)
	if g.Exporters.WithBBB {
		expr += "\nor\n" + of("bbb", bbbHost)
	}
	return alert{
		severity: g.Severities.Warning, value: count, threshold: "0", expr: expr,
		why: "Targets that name no server, while a server in service has no target: those of other machines alone are no fault.\n" +
			"Long: a new server is scraped before the scaler has listed it, or after.",
		summary: "bbb-scaler: {{ $labels.exporter }} exporters that are of no server",
		description: "Prometheus scrapes {{ $value | printf \"%.0f\" }} {{ $labels.exporter }} exporters whose targets name no server of fleet " + g.in.Fleet +
			", and servers in service have none: their load is not seen. `bbb-scaler check` lists both. Scrape by a name that the scaler knows, or label the targets with server_id.",
	}
}

func (g generator) scalerNotificationsRejected(rules.Alert) alert {
	of := func(codes, least string) string {
		return "round(sum by (code) (increase(" + g.scaler(rules.MetricNotifications, matcher{"code", "=~", codes}) + "[" + rejectedWithin + "]))) >= " + least
	}
	bad := g.scaler(rules.MetricNotifications, matcher{"code", "=~", "4.."})
	return alert{
		severity: g.Severities.Warning, value: count, threshold: "1",
		expr: of("4..", "1") + "\nor\nsum by (code) ((" + bad + " > 0) unless " + bad + " offset " + rejectedWithin + ")\nor\n" +
			of("5..", strconv.Itoa(refusedLater)),
		why: "Alertmanager drops what is answered with 4xx for good, so one is too many, also the first of a new series, which no\n" +
			"increase shows; the daemon's own series begin at 0. It tries again after 5xx, as during a restart; only several of those are a fault.",
		summary:     "bbb-scaler rejects notifications ({{ $labels.code }})",
		description: "Within " + rejectedWithin + ", {{ $value | printf \"%.0f\" }} notifications of Alertmanager were answered with HTTP {{ $labels.code }}. The daemon's log says what was wrong with them.",
	}
}

func (g generator) scalerDeaf(row rules.Alert) alert {
	unheard, window := "max("+g.scaler(rules.MetricUnheard)+")", model.Duration(g.in.AlertExpiry).String()
	asking := selector(alertsSeries, matcher{labelAlertState, "=", "firing"}, matcher{rules.LabelScaler, "=", rules.RouteScaler}, matcher{rules.LabelFleet, "=", g.in.Fleet})
	return alert{
		severity: g.Severities.Critical, value: count, threshold: "0",
		expr: unheard + " > 0\nor\n(count(" + asking + ") unless " + unheard + " and sum(increase(" +
			g.scaler(rules.MetricNotifications) + "[" + window + "])) == 0)",
		why: "deadlines.alert_expiry is longer than Alertmanager waits before it repeats; the rest is the wait of a new group. Where\n" +
			"the scaler reads Alertmanager's API it tells itself, and knows of silences. Else any notification counts.",
		summary: "bbb-scaler: alerts ask, and no notification arrives",
		description: "{{ $value | printf \"%.0f\" }} alerts ask bbb-scaler of fleet " + g.in.Fleet + " for something, and for " + window +
			" no notification of them has arrived. Look at Alertmanager's route and at the URL of the webhook.",
	}
}

func (g generator) scalerWritesBlocked(rules.Alert) alert {
	return alert{
		severity: g.Severities.Critical, value: count, threshold: "1",
		expr:        "max by (reason) (" + g.scaler(rules.MetricWritesBlocked) + ") == 1",
		why:         "At once, but for one odd sample: the scaler has stopped itself and waits for a person.",
		summary:     "bbb-scaler has stopped all changes: {{ $labels.reason }}",
		description: "bbb-scaler of fleet " + g.in.Fleet + " makes no changes any more: {{ $labels.reason }}. Credentials were refused, or the fleet suddenly looks much smaller than before. `bbb-scaler status` says more.",
	}
}

func (g generator) scalerContested(rules.Alert) alert {
	return alert{
		severity: g.Severities.Critical, value: count, threshold: "0",
		expr:    "max(" + g.scaler(rules.MetricBrakes, matcher{"reason", "=", rules.ReasonContested}) + ") > 0",
		why:     "Soon: the scaler itself waits for several reversals before it says so, and a second scaler may stop what was just started.",
		summary: "Somebody else reverses the changes of bbb-scaler",
		description: "What bbb-scaler of fleet " + g.in.Fleet + " starts, stops, enables or cordons is reversed within minutes. A second bbb-scaler or " +
			"another autoscaler acts on the same servers. Scale-in is stopped meanwhile. `bbb-scaler status` says on how many servers.",
	}
}

// clocksApart is how far Prometheus's clock may be from the daemon's.
const clocksApart = 30 * time.Second

// ClocksApart returns by how much the clocks of Prometheus and of the daemon may
// differ: the threshold of the alert BBBScalerClocksApart.
func ClocksApart() time.Duration { return clocksApart }

func (g generator) scalerClocksApart(rules.Alert) alert {
	clock, limit := g.scaler(rules.MetricClock), secondsOf(model.Duration(clocksApart))
	return alert{
		severity: g.Severities.Warning, value: count, threshold: limit,
		expr: "max(abs(" + clock + " - timestamp(" + clock + "))) > " + limit,
		why: "What both call now, at the same scrape; no scrape takes that long. Alerts begin and end by Prometheus's clock, cooldowns and\n" +
			"deadlines by the daemon's.",
		summary: "Clocks of Prometheus and bbb-scaler differ",
		description: "The clocks of Prometheus and of bbb-scaler of fleet " + g.in.Fleet + " are {{ $value | humanizeDuration }} apart. " +
			"Alerts then look older or newer than they are. Set both hosts' clocks by NTP.",
	}
}

func (g generator) scalerRulesStale(rules.Alert) alert {
	return alert{
		severity: g.Severities.Warning, value: count, threshold: "1",
		expr:    "max by (" + rules.LabelDigest + ") (" + g.scaler(rules.MetricRules) + ")\nunless on (" + rules.LabelDigest + ") " + g.rec(rules.RecordRules),
		why:     "Longer than it takes to load new rules after a reload or an update of the daemon.",
		summary: "The rules in Prometheus are not those of bbb-scaler's configuration",
		description: "The configuration of bbb-scaler of fleet " + g.in.Fleet + " gives other rules than those that Prometheus evaluates. " +
			"Alerts may go by old thresholds, or be ignored. Run genrules with the daemon's configuration and variables, and load the result.",
	}
}

func (g generator) fleetUnseen(rules.Alert) alert {
	active := g.rec(hostActive)
	return alert{
		severity: g.Severities.Warning, value: ratio, threshold: number(g.UnseenShare),
		expr:        "count(" + active + " unless on (host) " + g.rec(instanceCPU) + ") / count(" + active + ") >= " + number(g.UnseenShare),
		why:         "Longer than the first scrapes of servers that were just started.",
		summary:     "Fleet " + g.in.Fleet + ": servers in service without metrics",
		description: "{{ $value | humanizePercentage }} of the servers that take meetings have no workload in Prometheus. The averages speak for the others only; look at the exporters and at Prometheus's targets.",
	}
}
