package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
)

// journalist is a daemon that has only a journal.
type journalist struct {
	mu      sync.Mutex
	entries []fleet.Entry // oldest first
	broken  bool
	asked   int
}

// write appends an entry.
func (j *journalist) write(at time.Time, server string, kind fleet.Kind, outcome fleet.Outcome) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, fleet.Entry{Seq: uint64(len(j.entries) + 1), At: at, Outcome: outcome,
		Step: fleet.Step{Kind: kind, Server: server, ServerID: "id-" + server, Reason: fmt.Sprintf("reason %d", len(j.entries)+1)}})
}

func (j *journalist) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.asked++; j.broken {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	newest := slices.Clone(j.entries)
	slices.Reverse(newest)
	limit, _ := strconv.Atoi(r.URL.Query().Get(api.QueryLimit))
	_ = json.NewEncoder(w).Encode(newest[:min(limit, len(newest))])
}

func (j *journalist) setBroken(broken bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.broken = broken
}

// steps are the reasons that an output of journal holds, in its order.
func steps(output string) (all []string) {
	for _, m := range regexp.MustCompile(`reason (\d+)`).FindAllStringSubmatch(output, -1) {
		all = append(all, m[1])
	}
	return all
}

func TestTheJournalIsFilteredAndOldestFirst(t *testing.T) {
	j := &journalist{}
	now := time.Now()
	j.write(now.Add(-26*time.Hour), "bbb-1", fleet.Start, fleet.Done)
	j.write(now.Add(-3*time.Hour), "bbb-2", fleet.Start, fleet.Failed)
	j.write(now.Add(-2*time.Hour), "bbb-12", fleet.Stop, fleet.Begun)
	j.write(now.Add(-time.Minute), "bbb-12", fleet.Stop, fleet.Done)
	server := httptest.NewServer(j)
	t.Cleanup(server.Close)
	for args, want := range map[string]string{
		"":                                "1 2 3 4",
		"--limit=2":                       "3 4",
		"--since=1d":                      "2 3 4",
		"--since=150m --limit=1":          "3 4",
		"--server=bbb-1*":                 "1 3 4",
		"--server=id-bbb-2":               "2",
		"--server=bbb-1 --server=bbb-2":   "1 2",
		"--kind=start":                    "1 2",
		"--kind=start --limit=1":          "2",
		"--outcome=done --outcome=failed": "1 2 4",
		"--kind=stop --outcome=failed":    "",
		"--output=json --kind=stop":       "3 4",
		"--since=" + now.Add(-time.Hour).Format(time.RFC3339): "4",
	} {
		var out strings.Builder
		err := Run(t.Context(), append([]string{"journal", "--url=" + server.URL}, strings.Fields(args)...), nil, &out, &out)
		if got := strings.Join(steps(out.String()), " "); err != nil || got != want {
			t.Errorf("journal %s: steps %q, %v; want %q in\n%s", args, got, err, want, &out)
		}
	}
}

func TestEachLineOfTheJournalsJSONIsAnEntryOfTheAPI(t *testing.T) {
	j := &journalist{}
	j.write(time.Now(), "bbb-1", fleet.Start, fleet.Done)
	j.write(time.Now(), "bbb-1", fleet.Enable, fleet.Done)
	server := httptest.NewServer(j)
	t.Cleanup(server.Close)
	var out strings.Builder
	if err := Run(t.Context(), []string{"journal", "--output=json", "--url=" + server.URL}, nil, &out, &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for i, line := range lines {
		var e fleet.Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Seq != uint64(i+1) || len(lines) != 2 {
			t.Errorf("line %d of %d is %q: %v; want entry %d of 2", i+1, len(lines), line, err, i+1)
		}
	}
}

// watcher ends a command when its output holds a text.
type watcher struct {
	mu   sync.Mutex
	text strings.Builder
	on   func(text string)
}

func (w *watcher) Write(b []byte) (int, error) {
	w.mu.Lock()
	w.text.Write(b)
	text := w.text.String()
	w.mu.Unlock()
	w.on(text)
	return len(b), nil
}

func TestFollowingPrintsNewEntriesOnceAndSurvivesAnOutage(t *testing.T) {
	j := &journalist{}
	j.write(time.Now(), "bbb-1", fleet.Start, fleet.Done)
	server := httptest.NewServer(j)
	t.Cleanup(server.Close)
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	out := &watcher{}
	var first, burst sync.Once
	out.on = func(text string) {
		if strings.Contains(text, "reason 1") {
			first.Do(func() { j.setBroken(true) })
		}
		if strings.Contains(text, "Service Unavailable") {
			burst.Do(func() {
				for range 2 * fewEntries {
					j.write(time.Now(), "bbb-2", fleet.Start, fleet.Done)
					j.write(time.Now(), "bbb-1", fleet.Stop, fleet.Done)
				}
				j.setBroken(false)
			})
		}
		if strings.Contains(text, fmt.Sprintf("reason %d\n", 1+4*fewEntries)) {
			stop()
		}
	}
	err := Run(ctx, []string{"journal", "--follow", "--interval=5ms", "--server=bbb-1", "--url=" + server.URL}, nil, out, out)
	got := steps(out.text.String())
	if err != nil || len(got) != 1+2*fewEntries || !slices.IsSortedFunc(got[1:], func(a, b string) int { return len(a) - len(b) }) {
		t.Errorf("followed %d entries, %v; want %d: each of bbb-1 once, in order", len(got), err, 1+2*fewEntries)
	}
	if n := strings.Count(out.text.String(), "Service Unavailable"); n != 1 {
		t.Errorf("the outage is told %d times, want once", n)
	}
}

func TestWatchingGoesOnThroughAnOutageAndEndsWithTheContext(t *testing.T) {
	j := &journalist{}
	fleetOf := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		j.mu.Lock()
		j.asked++
		n := j.asked
		j.mu.Unlock()
		if n == 2 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"fleet": fmt.Sprintf("number-%d", n), "verdict": map[string]string{"level": "bad"}})
	})
	server := httptest.NewServer(fleetOf)
	t.Cleanup(server.Close)
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	out := &watcher{on: func(text string) {
		if strings.Contains(text, "number-3") {
			stop()
		}
	}}
	err := Run(ctx, []string{"status", "--watch", "--interval=5ms", "--url=" + server.URL}, nil, out, out)
	text := out.text.String()
	if err != nil || !strings.Contains(text, "number-1") || !strings.Contains(text, "502 Bad Gateway") || strings.Contains(text, clear) {
		t.Errorf("watching = %v with output\n%q\nwant no error, the fleet before and after the outage, and the outage, without control characters", err, text)
	}
}

func TestTimesOfSince(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.Local)
	for text, want := range map[string]time.Time{
		"45m": now.Add(-45 * time.Minute), "1d": now.Add(-24 * time.Hour), "1h30m": now.Add(-90 * time.Minute),
		"07:30": now.Add(-90 * time.Minute), "2026-03-01": now.Add(-33 * time.Hour), "2026-03-02T07:30": now.Add(-90 * time.Minute), "": {},
	} {
		if got, err := sinceOf(text, now); err != nil || !got.Equal(want) {
			t.Errorf("sinceOf(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
}
