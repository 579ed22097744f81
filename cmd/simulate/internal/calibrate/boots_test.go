package calibrate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/week"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/world"
)

// journalOf is what the scaler writes in a morning of 40 servers, oldest first.
func journalOf(t *testing.T, w world.World) []fleet.Entry {
	t.Helper()
	file, journal := config.Defaults(), store.NewMemory()
	// Many servers start for the load.
	file.Actions.Sizes.Fleet.Cores, file.Actions.Sizes.Max.Cores, file.Actions.Capacity.LearningActiveShare = 6, 8, 0
	begin := monday.Add(7 * time.Hour)
	setup := week.Setup{
		World: sim.Config{Seed: 1, Start: begin, Servers: 40, Load: w.Load, Cloud: w.Cloud, Balancer: w.Balancer}, Until: begin.Add(2*time.Hour + 30*time.Minute),
	}
	src := sim.SchoolWeek(1, monday, 40).Arrivals()
	for a, ok := src.Next(); ok && a.At.Before(setup.Until); a, ok = src.Next() {
		if a.At.After(begin) {
			setup.Arrivals = append(setup.Arrivals, a)
		}
	}
	if _, err := week.Simulate(t.Context(), setup, week.Ours{Title: "ours", File: file, Override: func(d *actions.Deps) { d.Store = journal }}); err != nil {
		t.Fatal(err)
	}
	entries, err := journal.Journal(t.Context(), store.JournalKept, "")
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(entries)
	return entries
}

func TestTheTimesOfTheCloudAreFoundAgainInTheJournal(t *testing.T) {
	w, err := world.Read("slow-boot")
	if err != nil {
		t.Fatal(err)
	}
	times := TimesOf(journalOf(t, w))
	const cycle = 40 * time.Second // a cycle while servers start, and the evaluation interval
	for _, tt := range []struct {
		name string
		got  []time.Duration
		want sim.Span
	}{{"start", times.Start, w.Cloud.Start}, {"bbb", times.BBB, w.Cloud.BBB}, {"resize", times.Resize, w.Cloud.Resize}} {
		least, most, ok := span(tt.got)
		if !ok || least < tt.want.Min-cycle || most > tt.want.Max+cycle || most <= least {
			t.Errorf("%s: %s..%s of %d, want within %s..%s and a cycle", tt.name, least, most, len(tt.got), tt.want.Min, tt.want.Max)
		}
	}
}

func TestTimesCountOnlyChangesThatWereDone(t *testing.T) {
	at := func(second int, kind fleet.Kind, outcome fleet.Outcome) fleet.Entry {
		return fleet.Entry{At: monday.Add(time.Duration(second) * time.Second), Outcome: outcome, Step: fleet.Step{Kind: kind, Server: "bbb-1"}}
	}
	dry := at(5, fleet.Start, fleet.Done)
	dry.DryRun = true
	got := TimesOf([]fleet.Entry{
		at(0, fleet.Start, fleet.Begun), dry, at(60, fleet.Start, fleet.Done), at(150, fleet.Enable, fleet.Begun), at(151, fleet.Enable, fleet.Done),
		at(200, fleet.Grow, fleet.Begun), at(230, fleet.Grow, fleet.Failed), at(300, fleet.Stop, fleet.Begun), at(320, fleet.Stop, fleet.Done),
		at(400, fleet.Start, fleet.Begun), at(500, fleet.Start, fleet.Failed), at(600, fleet.Enable, fleet.Begun),
		at(700, fleet.Start, fleet.Done), // begun before the journal
	})
	want := func(name string, of []time.Duration, seconds ...int) {
		var all []time.Duration
		for _, s := range seconds {
			all = append(all, time.Duration(s)*time.Second)
		}
		if !slices.Equal(of, all) {
			t.Errorf("%s took %v, want %v", name, of, all)
		}
	}
	want("starts", got.Start, 60)
	want("boots", got.BBB, 90)
	want("stops", got.Stop, 20)
	want("resizes", got.Resize)
}

func TestASpanIsWrittenFromFiveChangesOn(t *testing.T) {
	four := []time.Duration{time.Minute, 2 * time.Minute, 3 * time.Minute, 4 * time.Minute}
	r := Result{Times: &Times{Start: append(four, 5*time.Minute), BBB: four}}
	if text := r.YAML(); !strings.Contains(text, "\n  start: 1m0s..5m0s #") || strings.Contains(text, "\n  bbb:") {
		t.Errorf("the file is\n%s\nwant the span of starts, and none of boots", text)
	}
	if notes := strings.Join(r.Notes(), "\n"); !strings.Contains(notes, "cloud.bbb could not be told: the journal has 4 of at least 5.") {
		t.Errorf("the notes are\n%s", notes)
	}
}
