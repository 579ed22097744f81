package week

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/virtual"
)

// looks is a run of the scaler.
type looks struct {
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

// Next is when the first of all its clocks strikes.
func (l *looks) Next() time.Time {
	next := slices.MinFunc([]time.Time{l.nextScrape, l.nextEval, l.pace.Next(l.cfg.Fleet)}, time.Time.Compare)
	if at, ok := l.dispatcher.Next(); ok && at.Before(next) {
		next = at
	}
	return next
}

// Act does what is due.
func (l *looks) Act(ctx context.Context) error {
	now := l.w.Now()
	if !now.Before(l.nextScrape) {
		l.scraper.scrape(l.w)
		l.scraper.daemon(l.scaler.Status(), now)
		l.nextScrape = now.Add(l.scrapeEvery)
	}
	if !now.Before(l.nextEval) {
		l.dispatcher.Put(now, l.rules.Eval(ctx, now)...)
		l.nextEval = now.Add(l.evalEvery)
		if now.Minute() == 0 && now.Second() == 0 {
			l.rules.Samples.Sweep(now)
		}
	}
	for _, n := range l.dispatcher.Flush(now) {
		if err := l.notify(n, now); err != nil {
			return err
		}
	}
	if !now.Before(l.pace.Next(l.cfg.Fleet)) {
		if err := l.scaler.Cycle(ctx, now); err != nil {
			return err
		}
		l.pace.Cycled(now, l.scaler.Interval())
	}
	return l.rules.Err()
}

// notify hands a notification to the scaler, and brings its next cycle forward.
func (l *looks) notify(n virtual.Notification, now time.Time) error {
	var alerts []fleet.Alert
	for _, a := range n.Firing {
		alerts = append(alerts, alert(a, now, false))
	}
	for _, a := range n.Resolved {
		alerts = append(alerts, alert(a, now, true))
	}
	l.pace.Notified(now)
	_, err := l.scaler.Notify(alerts)
	return err
}

// Alerts is Alertmanager's API as the scaler reads it.
func (l *looks) Alerts(context.Context) ([]fleet.Alert, error) {
	var out []fleet.Alert
	for _, a := range l.dispatcher.Alerts(l.w.Now()) {
		out = append(out, alert(a, l.w.Now(), false))
	}
	return out, nil
}

func alert(a model.Alert, now time.Time, resolved bool) fleet.Alert {
	out := fleet.Alert{
		Fingerprint: a.Fingerprint().String(), Name: a.Name(), Labels: map[string]string{}, Annotations: map[string]string{},
		StartsAt: a.StartsAt, EndsAt: a.EndsAt, Resolved: resolved, SeenAt: now,
	}
	for k, v := range a.Labels {
		out.Labels[string(k)] = string(v)
	}
	for k, v := range a.Annotations {
		out.Annotations[string(k)] = string(v)
	}
	return out
}
