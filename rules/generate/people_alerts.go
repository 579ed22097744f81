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
		rules.ScalerConfigReloadFailed: generator.scalerConfigReloadFailed,
		rules.ScalerCalendarProblem:    generator.scalerCalendarProblem,
	}
}

// failedSteps is the number of failed steps of one kind within failedWithin from
// which the alert fires. After a single failure, the scaler backs off and tries
// another server.
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
		expr: "absent(" + g.scaler(rules.MetricLeader) + " == 1)",
		why: "A metric of the daemon instead of up, which does not say whose daemon a target is. The duration is longer than an update\n" +
			"of the daemon. In the meantime no capacity is added and none is removed.",
		summary:     "bbb-scaler is down, or no daemon leads",
		description: "For " + g.For[row.Name].String() + ", Prometheus has reached no bbb-scaler of fleet " + g.in.Fleet + " that scales it: the daemon is down, or, of several that share a store, none leads. The fleet stays as it is. If lessons are about to begin, start servers by hand.",
	}
}

func (g generator) scalerFleetUnread(rules.Alert) alert {
	stale := secondsOf(model.Duration(g.in.StaleAfter))
	return alert{
		severity: g.Severities.Critical, value: count, threshold: stale,
		expr:    g.rec(fleetReadAge) + " >= " + stale + "\nor\n(0 * max(" + g.scaler(rules.MetricClock) + ") unless on () " + g.rec(fleetReadAge) + ")",
		why:     "After deadlines.stale the scaler no longer uses what it read. The duration allows for short outages of IONOS and Scalelite.",
		summary: "bbb-scaler cannot read the fleet",
		description: "bbb-scaler of fleet " + g.in.Fleet + " runs, but has not read all of IONOS and Scalelite for longer than " + g.in.StaleAfter.String() +
			", or never. It changes no server whose state it does not know. Run `bbb-scaler check`.",
	}
}

func (g generator) scalerStepsFailing(rules.Alert) alert {
	return alert{
		severity: g.Severities.Warning, value: count, threshold: strconv.Itoa(failedSteps),
		expr: "round(sum by (step) (increase(" + g.scaler(rules.MetricSteps, matcher{"outcome", "=", "failed"}) + "[" + failedWithin + "]))) >= " +
			strconv.Itoa(failedSteps),
		why:         "After a single failure the scaler tries another server. Repeated failures of one kind of step need a person.",
		summary:     "bbb-scaler: step {{ $labels.step }} fails",
		description: "{{ $value | printf \"%.0f\" }} steps of kind {{ $labels.step }} have failed within " + failedWithin + ". The journal names the servers and the errors.",
	}
}

func (g generator) scalerDrainingLong(rules.Alert) alert {
	limit := secondsOf(model.Duration(g.in.DrainDeadline))
	return alert{
		severity: g.Severities.Warning, value: count, threshold: limit,
		expr:        "max by (server) (" + g.scaler(rules.MetricDraining) + ") >= " + limit,
		why:         "deadlines.drain is long enough; the duration only skips a single wrong sample.",
		summary:     "{{ $labels.server }}: draining for a long time",
		description: "{{ $labels.server }} has been draining for {{ $value | humanizeDuration }}, longer than deadlines.drain, and still has a meeting. The scaler never ends a meeting: check whether somebody forgot to end it.",
	}
}

func (g generator) scalerAtLimit(row rules.Alert) alert {
	return alert{
		severity: g.Severities.Critical, value: count, threshold: "1",
		expr:    "max by (limit, pool) (" + g.scaler(rules.MetricLimited) + ") == 1",
		why:     "The duration is longer than a short peak of the load.",
		summary: "bbb-scaler: more capacity is needed than {{ $labels.limit }} allows" + g.pool(),
		description: "For " + g.For[row.Name].String() + ", fleet " + g.in.Fleet + g.pool() + " has needed more capacity than the limit {{ $labels.limit }} allows. `bbb-scaler status` prints the limit and its numbers. " +
			"The limit poller means that Scalelite's poller, not BigBlueButton, keeps started servers out of service.",
	}
}

func (g generator) scalerUnjoined(rules.Alert) alert {
	return alert{
		severity: g.Severities.Warning, value: count, threshold: "0",
		expr:        "max by (source) (" + g.scaler(rules.MetricUnjoined) + ") > 0",
		why:         "The duration is long, because a server that is being set up is in one list before the other.",
		summary:     "bbb-scaler: servers that match no server of another system",
		description: "{{ $value | printf \"%.0f\" }} servers that {{ $labels.source }} lists match no server of the other systems. The scaler does not change them. `bbb-scaler check` lists them.",
	}
}

func (g generator) scalerTargetsUnjoined(rules.Alert) alert {
	of := func(exporter, hosts string) string {
		strange := g.rec(hosts) + " unless on (host) " + g.rec(aliasHost)
		lacking := g.rec(hostState) + " unless on (host) " + g.rec(hosts)
		return "label_replace(count(" + strange + ") and on () (" + lacking + "), \"exporter\", \"" + exporter + "\", \"\", \"\")"
	}
	expr := of("node", nodeHost)
	if g.Exporters.WithBBB {
		expr += "\nor\n" + of("bbb", bbbHost)
	}
	return alert{
		severity: g.Severities.Warning, value: count, threshold: "0", expr: expr,
		why: "Targets that match no server are a problem only while a server in service has no target; otherwise they are other machines.\n" +
			"The duration is long, because a new server is scraped earlier or later than the scaler lists it.",
		summary: "bbb-scaler: {{ $labels.exporter }} exporters that match no server",
		description: "Prometheus scrapes {{ $value | printf \"%.0f\" }} {{ $labels.exporter }} exporters whose targets match no server of fleet " + g.in.Fleet +
			", and servers in service have no target, so that their load is unknown. `bbb-scaler check` lists both. Scrape by a name that the scaler knows, or add the label server_id to the targets.",
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
		why: "Alertmanager drops a notification that is answered with 4xx, so that one is too many. increase() does not count the first\n" +
			"sample of a new series, so that the second line does. Alertmanager retries after 5xx, which also occurs during a restart:\n" +
			"only several of those are a problem.",
		summary:     "bbb-scaler rejects notifications ({{ $labels.code }})",
		description: "Within " + rejectedWithin + ", {{ $value | printf \"%.0f\" }} notifications of Alertmanager were answered with HTTP {{ $labels.code }}. The daemon's log has the errors.",
	}
}

func (g generator) scalerDeaf(row rules.Alert) alert {
	unheard, window := "max("+g.scaler(rules.MetricUnheard)+")", model.Duration(g.in.AlertExpiry).String()
	asking := selector(alertsSeries, matcher{labelAlertState, "=", "firing"}, matcher{rules.LabelScaler, "=", rules.RouteScaler}, matcher{rules.LabelFleet, "=", g.in.Fleet})
	return alert{
		severity: g.Severities.Critical, value: count, threshold: "0",
		expr: unheard + " > 0\nor\n(count(" + asking + ") unless " + unheard + " and sum(increase(" +
			g.scaler(rules.MetricNotifications) + "[" + window + "])) == 0)",
		why: "deadlines.alert_expiry is longer than Alertmanager's repeat interval; the duration covers the wait of a new group. If the\n" +
			"scaler reads Alertmanager's API, it counts these alerts itself, without silenced ones. Otherwise the alert fires when no\n" +
			"notification at all has arrived.",
		summary: "bbb-scaler: notifications of firing alerts do not arrive",
		description: "{{ $value | printf \"%.0f\" }} alerts for bbb-scaler of fleet " + g.in.Fleet + " are firing, and for " + window +
			" no notification of them has arrived. Check Alertmanager's route and the URL of the webhook.",
	}
}

func (g generator) scalerWritesBlocked(rules.Alert) alert {
	return alert{
		severity: g.Severities.Critical, value: count, threshold: "1",
		expr:        "max by (reason) (" + g.scaler(rules.MetricWritesBlocked) + ") == 1",
		why:         "The duration only skips a single wrong sample: the scaler has stopped itself and waits for a person.",
		summary:     "bbb-scaler has stopped all changes: {{ $labels.reason }}",
		description: "bbb-scaler of fleet " + g.in.Fleet + " makes no changes (reason: {{ $labels.reason }}). Credentials were refused, IONOS suddenly lists far fewer servers than before, or the store cannot be written. `bbb-scaler status` prints the details.",
	}
}

func (g generator) scalerContested(rules.Alert) alert {
	return alert{
		severity: g.Severities.Critical, value: count, threshold: "0",
		expr:    "max(" + g.scaler(rules.MetricBrakes, matcher{"reason", "=", rules.ReasonContested}) + ") > 0",
		why:     "The duration is short, because the scaler itself waits for several reversals.",
		summary: "Another program or person reverses the changes of bbb-scaler",
		description: "The changes that bbb-scaler of fleet " + g.in.Fleet + " makes are reversed within minutes. Probably a second bbb-scaler or " +
			"another autoscaler changes the same servers. Scale-in is stopped. `bbb-scaler status` prints the number of servers.",
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
		why: "Both clocks at the same scrape; no scrape takes that long. Alerts begin and end by the clock of Prometheus, cooldowns and\n" +
			"deadlines by the clock of the daemon.",
		summary: "Clocks of Prometheus and bbb-scaler differ",
		description: "The clocks of Prometheus and of bbb-scaler of fleet " + g.in.Fleet + " are {{ $value | humanizeDuration }} apart. " +
			"Alerts then look older or newer than they are. Set both hosts' clocks by NTP.",
	}
}

func (g generator) scalerRulesStale(rules.Alert) alert {
	return alert{
		severity: g.Severities.Warning, value: count, threshold: "1",
		expr:    "max by (" + rules.LabelDigest + ") (" + g.scaler(rules.MetricRules) + ")\nunless on (" + rules.LabelDigest + ") " + g.rec(rules.RecordRules),
		why:     "The duration is longer than it takes to load new rules after a reload or an update of the daemon.",
		summary: "The rules in Prometheus are not those of bbb-scaler's configuration",
		description: "The configuration of bbb-scaler of fleet " + g.in.Fleet + " produces other rules than those that Prometheus evaluates. " +
			"Alerts may use old thresholds, or be ignored. Run genrules with the daemon's configuration and variables, and load the result.",
	}
}

func (g generator) scalerConfigReloadFailed(rules.Alert) alert {
	return alert{
		severity: g.Severities.Warning, value: count, threshold: "1",
		expr:    "max(" + g.scaler(rules.MetricReloaded) + ") == 0",
		why:     "The duration is the time that an operator has to correct the file.",
		summary: "bbb-scaler refuses its configuration file",
		description: "bbb-scaler of fleet " + g.in.Fleet + " goes on with its old configuration, because it refuses the present file. " +
			"If it restarts, it does not start. `bbb-scaler check` prints what is wrong.",
	}
}

func (g generator) scalerCalendarProblem(rules.Alert) alert {
	return alert{
		severity: g.Severities.Warning, value: count, threshold: "0",
		expr:    "max by (calendar, problem) (" + g.scaler(rules.MetricCalendarProblems) + ") > 0",
		why:     "The duration is longer than the restart of a web server. The scaler goes on with what the calendar said before.",
		summary: "bbb-scaler: calendar {{ $labels.calendar }}: {{ $labels.problem }}",
		description: "The calendar {{ $labels.calendar }} of fleet " + g.in.Fleet + " cannot be read (read), or has events that cannot be used (skipped). " +
			"Days off and events that were added to it since are not known. `bbb-scaler check` prints what is wrong.",
	}
}

func (g generator) fleetUnseen(rules.Alert) alert {
	active := g.rec(hostActive)
	return alert{
		severity: g.Severities.Warning, value: ratio, threshold: number(g.UnseenShare),
		expr:        "count by (pool) (" + active + " unless on (host) " + g.rec(instanceCPU) + ") / count by (pool) (" + active + ") >= " + number(g.UnseenShare),
		why:         "The duration is longer than the time until a started server is scraped.",
		summary:     g.fleet() + ": servers in service without metrics",
		description: "{{ $value | humanizePercentage }} of the servers that take meetings have no workload in Prometheus. The averages leave these servers out. Check the exporters and Prometheus's targets.",
	}
}
