package week

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash"
	"slices"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// The SHA-256 of the figures of all strategies, and of the scaler's journal, in
// the run of TestAShortRunIsTheSameAsBefore.
const (
	figuresDigest = "9db8aed32451a40e704dbda5e8f21e1f7e8f4b66faccc20d9f2b331f9da936db"
	journalDigest = "074b56a661b8b23ee039b698b8d219fd08da01aef5b7d5dd71b19458e2381a47"
)

// TestAShortRunIsTheSameAsBefore proves that code was moved without a change of
// behavior: it runs every strategy through one school day of 12 servers, from
// 6:00 to 18:00, and compares what happened with what happened before.
func TestAShortRunIsTheSameAsBefore(t *testing.T) {
	file, journal := config.Defaults(), store.NewMemory()
	setup := aDay(12, file).setup(1)
	setup.World.Start, setup.Until = monday.Add(6*time.Hour), monday.Add(18*time.Hour)
	setup.Arrivals = slices.DeleteFunc(setup.Arrivals, func(a sim.Arrival) bool { return a.At.Before(setup.World.Start) })
	figures := sha256.New()
	for _, s := range []Strategy{Static{file.Actions}, Vertical{file.Actions}, Predecessor{file.Actions},
		Ours{Title: "ours", File: file, Override: func(d *actions.Deps) { d.Store = journal }}} {
		r := mustSimulate(t, setup, s)
		fmt.Fprintf(figures, "%.6v\n", r.Figures) // 6 digits: the last bits of a float64 differ between processors
		record(t, figures, r.Name, r.Samples)
	}
	steps, n := sha256.New(), 0
	entries, err := journal.Journal(t.Context(), store.JournalKept, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		record(t, steps, e.At.UTC().Format(time.RFC3339Nano), e.Step, e.Outcome, e.Detail)
		if e.Outcome == fleet.Done {
			n++
		}
	}
	if n < 10 {
		t.Fatalf("%d steps were done; want at least 10, or the day shows little", n)
	}
	compare(t, "figuresDigest", figures, figuresDigest)
	compare(t, "journalDigest", steps, journalDigest)
}

// record adds values to a digest, as JSON.
func record(t *testing.T, to hash.Hash, values ...any) {
	t.Helper()
	if err := json.NewEncoder(to).Encode(values); err != nil {
		t.Fatal(err)
	}
}

func compare(t *testing.T, name string, of hash.Hash, want string) {
	t.Helper()
	if got := fmt.Sprintf("%x", of.Sum(nil)); got != want {
		t.Errorf("%s is %s, want %s: the simulated day went differently. If the change was meant to move code only, it did more. "+
			"If it was meant to change decisions, steps or their reasons, set %s in digest_test.go to the new value, "+
			"and explain in the commit's body what changed and why", name, got, want, name)
	}
}
