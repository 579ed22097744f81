package actions

import (
	"context"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// noteAlerts adds the alerts that count now, and the status of Alertmanager.
func (s *Scaler) noteAlerts(cfg fleet.Config, r *reads, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Alerts = s.memory.Alerts.Believed(cfg, now)
	if s.deps.Alerts == nil {
		return
	}
	last := s.alerts.peek("")
	status := fleet.SourceStatus{Name: "alertmanager", ReadAt: last.At}
	if last.Err != nil {
		status.Error = last.Err.Error()
	}
	r.sources = append(r.sources, status)
}

// resync reads Alertmanager's list and applies it to the alert table, every
// Deadlines.AlertResync, or every FleetConfig.EvaluationInterval while valuesCount. It
// reads again in the next cycle if the last read failed.
func (s *Scaler) resync(ctx context.Context, cfg fleet.Config, now time.Time) {
	s.change("alerts", func() fleet.Commit { return s.memory.Alerts.CorrectClock(now) })
	if s.deps.Alerts == nil {
		s.change("alerts", func() fleet.Commit { return s.memory.Alerts.Expire(cfg, now) })
		return
	}
	last := s.resynced
	due := cfg.Deadlines.AlertResync
	if s.valuesCount(cfg, now) {
		due = cfg.Fleet.EvaluationInterval
	}
	if now.Sub(last) < due && s.alerts.peek("").Err == nil {
		return
	}
	got := s.alerts.Read(ctx, []string{""}, cfg.Deadlines.Patience)[""]
	if got.Err != nil || !got.At.After(last) { // a slow read may also end after the cycle that began it
		s.change("alerts", func() fleet.Commit { return s.memory.Alerts.Expire(cfg, now) })
		return
	}
	s.resynced = got.At
	s.change("alerts", func() fleet.Commit {
		c, refused := s.memory.Alerts.Resync(cfg, s.memory.Fleet.Known, got.Value, got.At)
		s.noteRefused(refused)
		return c
	})
}

// noteRefused counts the refused alerts. It logs only when refusals begin and when they
// end, so that a flood of alerts does not fill the log. The caller holds mu.
func (s *Scaler) noteRefused(r fleet.Refusal) {
	s.metrics.refused.WithLabelValues("full").Add(float64(r.Full))
	s.metrics.refused.WithLabelValues("oversized").Add(float64(r.Oversized))
	err := r.Err()
	switch {
	case err != nil && !s.refusing:
		s.log.Warn("alerts refused", "error", err)
	case err == nil && s.refusing:
		s.log.Info("alerts are no longer refused", "alerts", len(s.memory.Alerts))
	}
	s.refusing = err != nil
}

// valuesCount reports whether an alert fires whose value determines how much capacity
// changes. Such a value must be newer than that in the last notification.
func (s *Scaler) valuesCount(cfg fleet.Config, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.memory.Alerts.Believed(cfg, now), func(a fleet.Alert) bool {
		ask := cfg.Asks[a.Name].Ask
		return ask == rules.AskStart || ask == rules.AskGrow || ask == rules.AskCordon
	})
}
