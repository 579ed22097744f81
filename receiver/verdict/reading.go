package verdict

import (
	"fmt"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// outage is how long one source of the fleet may fail before that is bad, and not
// a passing error.
const outage = 2 * time.Minute

// alertmanager is the name of the source that no server is read from.
const alertmanager = "alertmanager"

// reading tells whether what is known of the fleet is true.
func reading(s Situation) []Reason {
	var out []Reason
	sources := 0
	var failing []fleet.SourceStatus
	for _, src := range s.Status.Sources {
		if src.Name != alertmanager {
			sources++
		}
		if src.Error != "" {
			failing = append(failing, src)
		}
	}
	if ofFleet := withoutAlertmanager(failing); len(ofFleet) > 1 && len(ofFleet) == sources {
		out = append(out, outageOf(ofFleet))
		failing = slices.DeleteFunc(failing, func(s fleet.SourceStatus) bool { return s.Name != alertmanager })
	}
	for _, src := range failing {
		out = append(out, unread(src, s.Now))
	}
	if !s.Status.Ready && !slices.ContainsFunc(out, func(r Reason) bool { return r.Level == Bad }) {
		out = append(out, Reason{Level: Bad, Text: "the fleet has not been read completely for deadlines.stale: what is shown may be old",
			Do: "run bbb-scaler check, and look at the log", Runbook: rules.ScalerFleetUnread})
	}
	return append(append(out, calendars(s.Status)...), uncertain(s.Status)...)
}

func withoutAlertmanager(sources []fleet.SourceStatus) []fleet.SourceStatus {
	return slices.DeleteFunc(slices.Clone(sources), func(s fleet.SourceStatus) bool { return s.Name == alertmanager })
}

// outageOf is the reason for the failure of every source of the fleet.
func outageOf(sources []fleet.SourceStatus) Reason {
	var names []string
	for _, s := range sources {
		names = append(names, s.Name)
	}
	return Reason{Level: Bad, Runbook: rules.ScalerFleetUnread, Do: "run bbb-scaler check; look at the network of bbb-scaler first, then at the provider's status page",
		Text: fmt.Sprintf("nothing of the fleet can be read: %s fail, %s: %s", several(names), lastRead(sources[0]), sources[0].Error)}
}

func lastRead(src fleet.SourceStatus) string {
	if src.ReadAt.IsZero() {
		return "never read"
	}
	return "last read at " + fleet.Clock(src.ReadAt)
}

// unread is the reason for a source that fails.
func unread(src fleet.SourceStatus, now time.Time) Reason {
	r := Reason{Level: Attention, Text: fmt.Sprintf("%s cannot be read, %s: %s", src.Name, lastRead(src), src.Error), Runbook: rules.ScalerFleetUnread}
	switch {
	case src.Name == alertmanager:
		r.Do = "run bbb-scaler check; until then only notifications tell of alerts, and silences are not known"
		return r
	case src.ReadAt.IsZero() || now.Sub(src.ReadAt) > outage:
		r.Level = Bad
	}
	r.Do = "run bbb-scaler check; look at the provider's status page, Scalelite's log, the credentials"
	return r
}

// calendars tells of calendars that cannot be read or used completely.
func calendars(st fleet.Status) (out []Reason) {
	for _, c := range st.Calendars {
		r := Reason{Level: Attention, Runbook: rules.ScalerCalendarProblem, Do: "run bbb-scaler check; correct the calendar or capacity.calendars"}
		if c.Error != "" {
			r.Text = fmt.Sprintf("the calendar %s cannot be read, %s: %s", c.Name, lastRead(fleet.SourceStatus{ReadAt: c.ReadAt}), c.Error)
			out = append(out, r)
		}
		if len(c.Skipped) > 0 {
			r.Text = fmt.Sprintf("the calendar %s has events that cannot be used: %s", c.Name, c.Skipped[0])
			out = append(out, r)
		}
	}
	return out
}

// uncertain names the servers of which nothing is known lately.
func uncertain(st fleet.Status) []Reason {
	names := namesIn(st, fleet.StateUncertain)
	if len(names) == 0 {
		return nil
	}
	return []Reason{{Level: Attention, Text: fleet.Plural(len(names), "server is", "servers are") + " uncertain and left alone: " + several(names),
		Do: "they may be in service; see the source that fails", Runbook: rules.ScalerFleetUnread, Servers: names}}
}

// hearing tells whether notifications of alerts arrive.
func hearing(s Situation) []Reason {
	if len(s.Status.Unheard) == 0 {
		return nil
	}
	return []Reason{{Level: Attention, Text: "no notification arrives of " + several(s.Status.Unheard) + ", which Alertmanager lists",
		Do: "look at Alertmanager's route and the URL of the webhook", Runbook: rules.ScalerDeaf}}
}
