package week

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/alertmanager/alert"
	apiv2 "github.com/prometheus/alertmanager/api/v2"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/alertmanager"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/virtual"
	"github.com/bbb-scaler/bbb-scaler/receiver"
)

// scalerRun is a run of the scaler, with Prometheus's rules and Alertmanager's
// timing in virtual time as the source of its notifications.
type scalerRun struct {
	w          *sim.World
	cfg        fleet.Config
	scaler     *actions.Scaler
	scraper    *scraper
	rules      *virtual.Rules
	dispatcher *virtual.Dispatcher

	scrapeEvery, evalEvery time.Duration
	nextScrape, nextEval   time.Time
	pace                   actions.Pace
}

// Next returns the time of the next scrape, evaluation, notification or cycle,
// whichever comes first.
func (r *scalerRun) Next() time.Time {
	next := slices.MinFunc([]time.Time{r.nextScrape, r.nextEval, r.pace.Next(r.cfg.Fleet)}, time.Time.Compare)
	if at, ok := r.dispatcher.Next(); ok && at.Before(next) {
		next = at
	}
	return next
}

// Act does what is due at the simulated time.
func (r *scalerRun) Act(ctx context.Context) error {
	now := r.w.Now()
	if !now.Before(r.nextScrape) {
		r.scraper.scrape(r.w)
		if err := r.scraper.daemon.scrape(now); err != nil {
			return err
		}
		r.nextScrape = now.Add(r.scrapeEvery)
	}
	if !now.Before(r.nextEval) {
		r.dispatcher.Put(now, r.rules.Eval(ctx, now)...)
		r.nextEval = now.Add(r.evalEvery)
		if now.Minute() == 0 && now.Second() == 0 {
			r.rules.Samples.Sweep(now)
		}
	}
	for _, n := range r.dispatcher.Flush(now) {
		if err := r.notify(n, now); err != nil {
			return err
		}
	}
	if !now.Before(r.pace.Next(r.cfg.Fleet)) {
		if err := r.scaler.Cycle(ctx, now); err != nil {
			return err
		}
		r.pace.Cycled(now, r.scaler.Interval())
	}
	return r.rules.Err()
}

// notify passes a notification to the scaler, converted as the daemon's webhook
// handler does it, and brings the next cycle forward if it asks for a step.
func (r *scalerRun) notify(n virtual.Notification, now time.Time) error {
	var alerts []fleet.Alert
	for _, a := range n.Firing {
		alerts = append(alerts, receiver.AlertOf(inWebhook(a, model.AlertFiring), now))
	}
	for _, a := range n.Resolved {
		alerts = append(alerts, receiver.AlertOf(inWebhook(a, model.AlertResolved), now))
	}
	if slices.ContainsFunc(alerts, r.cfg.Wakes) {
		r.pace.Notified(now)
	}
	_, err := r.scaler.Notify(alerts)
	return err
}

// inWebhook returns an alert as Alertmanager writes it into a webhook's body.
func inWebhook(a model.Alert, status model.AlertStatus) template.Alert {
	return template.Alert{
		Status: string(status), Labels: kv(a.Labels), Annotations: kv(a.Annotations),
		StartsAt: a.StartsAt, EndsAt: a.EndsAt, Fingerprint: a.Fingerprint().String(),
	}
}

func kv(set model.LabelSet) template.KV {
	out := make(template.KV, len(set))
	for name, value := range set {
		out[string(name)] = string(value)
	}
	return out
}

// Alerts implements fleet.AlertSource: the alerts that Alertmanager's API lists
// now, converted as the daemon converts them.
func (r *scalerRun) Alerts(context.Context) ([]fleet.Alert, error) {
	var out []fleet.Alert
	now := r.w.Now()
	for _, a := range r.dispatcher.Alerts(now) {
		listed := apiv2.AlertToOpenAPIAlert(&alert.Alert{Alert: a, UpdatedAt: now}, alert.AlertStatus{State: alert.AlertStateActive}, nil, nil)
		out = append(out, alertmanager.AlertOf(listed))
	}
	return out, nil
}
