package fleet_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// told returns an alert that was reported the given number of seconds after noon.
func told(fingerprint string, seconds int, resolved bool) fleet.Alert {
	return fleet.Alert{
		Fingerprint: fingerprint, Name: rules.ServerMemoryHigh, StartsAt: noon, Resolved: resolved,
		SeenAt: noon.Add(time.Duration(seconds) * time.Second),
	}
}

func table(alerts ...fleet.Alert) fleet.AlertTable {
	t := fleet.AlertTable{}
	for _, a := range alerts {
		t[a.Fingerprint] = a
	}
	return t
}

func labelled(a fleet.Alert, n int) fleet.Alert {
	a.Labels = map[string]string{"x": strings.Repeat("x", n)}
	return a
}

func TestTableOfAlertsTakesNoMoreThanItsLimit(t *testing.T) {
	full := table(told("1", 0, false), told("2", 1, true), told("3", 0, true))
	for name, c := range map[string]struct {
		have    fleet.AlertTable
		told    []fleet.Alert
		taken   []string
		dropped []string
		want    error
	}{
		"there is room":                       {table(), []fleet.Alert{told("4", 9, false)}, []string{"4"}, nil, nil},
		"the oldest resolved one makes room":  {full, []fleet.Alert{told("4", 9, false)}, []string{"4"}, []string{"3"}, nil},
		"then the next":                       {full, []fleet.Alert{told("4", 9, false), told("5", 9, false)}, []string{"4", "5"}, []string{"3", "2"}, nil},
		"then none: refused":                  {full, []fleet.Alert{told("4", 9, false), told("5", 9, false), told("6", 9, false)}, []string{"4", "5"}, []string{"3", "2"}, fleet.ErrFull},
		"one that is told of again stays":     {full, []fleet.Alert{told("4", 99, false), told("3", 99, false)}, []string{"4", "3"}, []string{"2"}, nil},
		"what is known is always taken":       {table(told("1", 0, false), told("2", 0, false), told("3", 0, false)), []fleet.Alert{told("4", 9, false), told("1", 9, true)}, []string{"1"}, nil, fleet.ErrFull},
		"a resolved one nobody knew: ignored": {table(told("1", 0, false), told("2", 0, false), told("3", 0, false)), []fleet.Alert{told("4", 9, true)}, nil, nil, nil},
		"the same one twice takes one place":  {table(told("1", 0, false), told("2", 0, false)), []fleet.Alert{told("4", 9, false), told("4", 9, false)}, []string{"4", "4"}, nil, nil},
		"a long fingerprint":                  {table(), []fleet.Alert{told(strings.Repeat("f", 65), 9, false), told("4", 9, false)}, []string{"4"}, nil, fleet.ErrInvalid},
		"a large alert":                       {table(), []fleet.Alert{labelled(told("4", 9, false), 8<<10), told("5", 9, false)}, []string{"5"}, nil, fleet.ErrInvalid},
		"one as large as allowed":             {table(), []fleet.Alert{labelled(told("4", 9, false), 8<<10-1)}, []string{"4"}, nil, nil},
		"a large alert of others is ignored":  {table(), []fleet.Alert{{Fingerprint: strings.Repeat("f", 65), Name: "Theirs"}}, nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := fleet.Defaults()
			cfg.Fleet.MaxAlerts = 3
			got, refused := c.have.Notify(cfg, 10, c.told)
			var taken []string
			for _, a := range got.Alerts {
				taken = append(taken, a.Fingerprint)
			}
			if err := refused.Err(); !slices.Equal(taken, c.taken) || !slices.Equal(got.DropAlerts, c.dropped) || !errors.Is(err, c.want) {
				t.Errorf("Notify() takes %q, drops %q, %v; want %q, %q, %v", taken, got.DropAlerts, err, c.taken, c.dropped, c.want)
			}
		})
	}
}

func TestListOfAlertmanagerIsTakenUpToTheLimitAndFreesWhatIsOver(t *testing.T) {
	cfg := fleet.Defaults()
	cfg.Fleet.MaxAlerts = 3
	have := table(told("1", 0, false), told("2", 0, false), told("3", 0, false))
	list := []fleet.Alert{told("4", 9, false), told("5", 9, false), told("6", 9, false), told("1", 9, false)}
	for i := range list {
		list[i].StartsAt = noon.Add(-time.Minute) // old enough that their notifications are due
	}
	got, refused := have.Resync(cfg, 10, list, noon.Add(8*time.Second))
	if len(got.Alerts) != 3 || !slices.Equal(got.DropAlerts, []string{"2", "3"}) || refused.Full != 1 {
		t.Errorf("Resync() = %+v, %+v; want 4, 5 and 1 taken, 2 and 3 dropped, one refused", got, refused)
	}
	for _, a := range got.Alerts {
		if !a.SeenAt.Equal(noon.Add(8 * time.Second)) {
			t.Errorf("alert %s was seen at %v, want the time at which the list was requested", a.Fingerprint, a.SeenAt)
		}
	}
}

func TestLimitOfAlertsIsWhatTheFleetCanRaise(t *testing.T) {
	cfg := fleet.Defaults()
	for servers, want := range map[int]int{0: 2000, 95: 2000, 100: 2100, 1000: 20100} {
		if got := cfg.AlertLimit(servers); got != want {
			t.Errorf("AlertLimit(%d) = %d, want %d", servers, got, want)
		}
	}
	cfg.Fleet.MaxAlerts = 7
	if got := cfg.AlertLimit(1000); got != 7 {
		t.Errorf("AlertLimit(1000) = %d, want 7 as configured", got)
	}
}
