package record

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
)

func entry(minute int, kind fleet.Kind, server string, outcome fleet.Outcome) fleet.Entry {
	return fleet.Entry{At: monday.Add(time.Duration(minute) * time.Minute), Outcome: outcome, Step: fleet.Step{Kind: kind, Server: server}}
}

// journal is newest first, as the daemon gives it.
func journal() []fleet.Entry {
	all := []fleet.Entry{
		entry(5, fleet.Start, "bbb-1", fleet.Done),
		entry(8, fleet.Enable, "bbb-1", fleet.Begun),
		entry(10, fleet.Enable, "bbb-1", fleet.Done),
		entry(15, fleet.Cordon, "bbb-2", fleet.Done),
		entry(20, fleet.Cordon, "bbb-1", fleet.Done),
		entry(25, fleet.Reclaim, "bbb-1", fleet.Done),
		entry(26, fleet.Enable, "bbb-3", fleet.Failed),
		entry(30, fleet.Disable, "bbb-1", fleet.Done),
	}
	slices.Reverse(all)
	return all
}

func daemon(t *testing.T, h http.HandlerFunc) Journal {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return Journal{Daemon: client.Config{URL: server.URL + "/"}, People: 20}
}

func TestTheJournalTellsWhenServersWereInService(t *testing.T) {
	j := daemon(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != api.PathJournal || r.URL.Query().Get("limit") != "10000" {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(journal())
	})
	entries, err := j.Entries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := NewCutter(minutely())
	servers, err := j.Give(entries, Range{From: monday, Until: monday.Add(time.Hour), Step: time.Minute}, c)
	if err != nil || servers != 2 {
		t.Errorf("Give = %d servers, %v, want 2", servers, err)
	}
	if got, want := text(c.Meetings()), "0+15: 20/4, 10+10: 20/4, 25+5: 20/4"; got != want {
		t.Errorf("meetings = %q, want %q", got, want)
	}
}

func TestADryRunPutsNoServerInService(t *testing.T) {
	e := entry(5, fleet.Enable, "bbb-1", fleet.Done)
	e.DryRun = true
	_, err := Journal{People: 20}.Give([]fleet.Entry{e}, Range{From: monday, Until: monday.Add(time.Hour), Step: time.Minute}, NewCutter(minutely()))
	if !errors.Is(err, ErrNoService) {
		t.Errorf("error = %v, want ErrNoService", err)
	}
}

func TestTheJournalIsReadWithALogin(t *testing.T) {
	j := daemon(t, func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ada" || password != "s3cret" {
			http.Error(w, "log in", http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte("[]"))
	})
	if _, err := j.Entries(t.Context()); err == nil || !strings.Contains(err.Error(), "401 Unauthorized: log in") {
		t.Errorf("without a login: %v, want the daemon's answer", err)
	}
	j.Daemon.User, j.Daemon.Password = "ada", "s3cret"
	if entries, err := j.Entries(t.Context()); err != nil || len(entries) != 0 {
		t.Errorf("with a login: %v, %v, want an empty journal", entries, err)
	}
}

func TestWhatIsNoJournalIsRefused(t *testing.T) {
	j := daemon(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })
	if _, err := j.Entries(t.Context()); err == nil || !strings.Contains(err.Error(), "not a response of bbb-scaler") {
		t.Errorf("error = %v, want one that says what is wrong", err)
	}
}
