package daemon

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver"
	"github.com/bbb-scaler/bbb-scaler/receiver/trend"
)

// fixed is a scaler that has one status, one journal and no alerts.
type fixed struct {
	receiver.Scaler
	status  fleet.Status
	entries []fleet.Entry
	paused  fleet.Pause
	told    []fleet.Alert
}

func (f *fixed) Notify(alerts []fleet.Alert) (int, error) { f.told = alerts; return len(alerts), nil }

func (f *fixed) Status() fleet.Status                       { return f.status }
func (f *fixed) Alerts() []fleet.Alert                      { return nil }
func (f *fixed) Journal(int, string) ([]fleet.Entry, error) { return f.entries, nil }
func (f *fixed) Pause(p fleet.Pause) (fleet.Pause, error)   { f.paused = p; return p, nil }

func TestTheDisplayedClockIsOnEverythingThatIsShown(t *testing.T) {
	real := time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)
	bell := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	var clock displayedClock
	if err := clock.Set(bell.Format(time.RFC3339Nano) + "," + real.Format(time.RFC3339Nano) + ",60"); err != nil {
		t.Fatal(err)
	}
	cooldowns := map[string]time.Time{"up": real.Add(2 * time.Second)}
	f := &fixed{
		status: fleet.Status{At: real.Add(time.Second), Servers: []fleet.ServerStatus{{
			Name: "bbb-1", Since: real.Add(-time.Minute), Cooldowns: cooldowns, Reason: "cooldown of this server until " + fleet.Clock(real.Add(90*time.Second)),
		}}},
		entries: []fleet.Entry{{At: real, Took: 2, Step: fleet.Step{Reason: "a load of 3 cores at 8:00"}}},
	}
	scaler, now := clock.of()(f, func() time.Time { return real.Add(time.Minute) })
	if got := now(); !got.Equal(bell.Add(time.Hour)) {
		t.Errorf("a real minute after the bell it is %v, want an hour", got)
	}
	st := scaler.Status()
	want := fleet.Status{At: bell.Add(time.Minute), Servers: []fleet.ServerStatus{{
		Name: "bbb-1", Since: bell.Add(-time.Hour), Cooldowns: map[string]time.Time{"up": bell.Add(2 * time.Minute)},
		Reason: "cooldown of this server until " + fleet.Clock(bell.Add(90*time.Minute).Local()),
	}}}
	if diff := cmp.Diff(want, st); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if !cooldowns["up"].Equal(real.Add(2*time.Second)) || !f.status.Servers[0].Since.Equal(real.Add(-time.Minute)) {
		t.Error("the scaler's own status was changed")
	}
	if entries, _ := scaler.Journal(1, ""); !entries[0].At.Equal(bell) || entries[0].Took != 120 || entries[0].Step.Reason != "a load of 3 cores at 8:00" {
		t.Errorf("entry = %+v, want the bell's time, 120 s, and the reason as it is", entries[0])
	}
	if p, _ := scaler.Pause(fleet.Pause{Until: bell.Add(2 * time.Hour)}); !p.Until.Equal(bell.Add(2*time.Hour)) || !f.paused.Until.Equal(real.Add(2*time.Minute)) {
		t.Errorf("a pause for two hours is shown until %v and lasts until %v, want 10:00 and two real minutes", p.Until, f.paused.Until)
	}
	shown := []fleet.Alert{{Name: "BBBServerCPUHigh", SeenAt: now(), StartsAt: real}} // as the webhook and Alertmanager tell it
	if _, err := scaler.Notify(shown); err != nil || !f.told[0].SeenAt.Equal(real.Add(time.Minute)) || !f.told[0].StartsAt.Equal(real) {
		t.Errorf("the scaler is told %+v, error %v; want an alert of a real minute after the bell", f.told, err)
	}
	if day, load := clock.observed(f.status, trend.Load{Within: time.Minute}); !day.At.Equal(st.At) || load.Within != time.Hour {
		t.Errorf("the page's day notes a cycle at %v with a forecast for %v, want %v and an hour", day.At, load.Within, st.At)
	}
	if (displayedClock{}).of() != nil {
		t.Error("without the flag, another clock is displayed")
	}
}

func TestADisplayedClockThatIsNoneIsRefused(t *testing.T) {
	const bell = "2026-03-02T08:00:00Z"
	for _, text := range []string{"", bell, bell + "," + bell, bell + "," + bell + ",0", bell + "," + bell + ",fast", "8:00," + bell + ",60"} {
		if err := new(displayedClock).Set(text); err == nil {
			t.Errorf("Set(%q) is no error", text)
		}
	}
}
