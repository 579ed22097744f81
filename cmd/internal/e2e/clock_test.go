package e2e

import (
	"encoding/json"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgrestest"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
)

// clockAhead returns the URL of a database whose clock is an hour ahead.
func clockAhead(t *testing.T) string {
	t.Helper()
	server := postgrestest.Start(t)
	url := server.Database("scaler", "")
	server.Exec(url, "create schema ahead", "alter database scaler set search_path = ahead, pg_catalog",
		"create function ahead.clock_timestamp() returns timestamptz volatile language sql as $$ select pg_catalog.clock_timestamp() + interval '1 hour' $$")
	return url
}

// isAhead reports whether a time that the daemon has just read is about an hour ahead.
func isAhead(at time.Time) bool { return time.Until(at) > 30*time.Minute }

// goesAhead waits until the daemon leads and has made a cycle, and checks that its times
// are about an hour ahead. It returns the fleet as its API shows it.
func (d *daemon) goesAhead(t *testing.T) (f api.Fleet) {
	t.Helper()
	until(t, 2*time.Minute, "a cycle of the leader", func() bool {
		text, code := fetch(d.url(api.PathFleet))
		return d.leads() && code == http.StatusOK && json.Unmarshal([]byte(text), &f) == nil && f.Ready
	})
	if !isAhead(f.Now) || !isAhead(f.At) {
		t.Errorf("the time is %v and the last cycle was at %v, want the database's clock", f.Now, f.At)
	}
	return f
}

func TestDaemonsGoByTheClockOfTheDatabase(t *testing.T) {
	t.Parallel()
	tw := startTwinsOver(t, newFleet(t, 47, 3, 2), clockAhead(t))
	first, second := tw.daemons[0], tw.daemons[1]
	first.goesAhead(t)
	code, body := first.post(t, api.PathPauses, `{"reason": "exam", "for": "20m"}`)
	var p fleet.Pause
	if err := json.Unmarshal([]byte(body), &p); err != nil || code != http.StatusCreated || !isAhead(p.Until) {
		t.Fatalf("POST %s: %d %s: %v; want a pause until a time by the database's clock", api.PathPauses, code, body, err)
	}
	first.end(syscall.SIGKILL)
	if f := second.goesAhead(t); len(f.Pauses) != 1 {
		t.Errorf("the second daemon has the pauses %+v, want that which the first one took", f.Pauses)
	}
}
