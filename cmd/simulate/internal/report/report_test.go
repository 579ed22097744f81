package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/week"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/world"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares a text with a file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant\n%s\nrun go test -update, if it is right", name, got, want)
	}
}

// outcome is what a strategy did in a week whose bound costs 100.
func outcome(name string, cost, overloaded float64) week.Outcome {
	return week.Outcome{
		Result: week.Result{Name: name, Figures: sim.Figures{
			ServerHours: 2 * cost, Cost: cost, CostAtNeed: 100 + (cost-100)/2, CostAtPeak: 100 + (cost-100)*3/4, OverloadParticipantMinutes: overloaded, ParticipantMinutes: 100_000,
			Meetings: 500, MeetingsEndedEarly: 1, MeetingsRefused: 2, Flaps: 3, Steps: map[fleet.Kind]int{fleet.Start: 4},
		}},
		Churn: 5, Delays: []time.Duration{0, 0, 30 * time.Second},
	}
}

// twoSeeds is the report of static and ours in a world. The second seed is the worse one
// for ours, by half of the cost.
func twoSeeds(name, timetable string, servers int) Report {
	file := config.Defaults()
	c := week.Comparison{
		Seeds: []uint64{1, 2}, Days: 14, Servers: servers, World: world.World{Name: name, Prices: sim.Prices{Currency: "EUR"}},
		Timetable: sim.Timetable{Name: timetable}, Strategies: []week.Strategy{week.Static{Config: file.Actions}, week.Ours{Title: "ours", File: file}},
	}
	bound := sim.Figures{ServerHours: 200, Cost: 100, Meetings: 500}
	return New(c, []week.Week{
		{Seed: 1, Bound: bound, AllOn: 1000, Outcomes: []week.Outcome{outcome("static", 1000, 0), outcome("ours", 120, 100)}},
		{Seed: 2, Bound: bound, AllOn: 1000, Outcomes: []week.Outcome{outcome("static", 1000, 0), outcome("ours", 170, 500)}},
	})
}

func TestAReportIsATableOfStrategies(t *testing.T) {
	var out bytes.Buffer
	if err := twoSeeds("typical", "school", 30).Text(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.txt", out.Bytes())
}

func TestASummaryHasARowForEachCaseAndStrategyWithTheMeanAndTheWorstSeed(t *testing.T) {
	s := Summary{Reports: []Report{twoSeeds("typical", "school", 30), twoSeeds("typical", "office", 100), twoSeeds("slow-poller", "flat", 745)}}
	var text, object bytes.Buffer
	if err := s.Text(&text); err != nil {
		t.Fatal(err)
	}
	if err := (Summary{s.Reports[:1]}).JSON(&object); err != nil {
		t.Fatal(err)
	}
	golden(t, "summary.txt", text.Bytes())
	golden(t, "summary.json", object.Bytes())
}

func TestASummaryOfOneSeedHasItsFiguresAsMeanAndWorst(t *testing.T) {
	r := twoSeeds("typical", "school", 30)
	r.Seeds, r.BySeed = r.Seeds[:1], nil
	mean, worst := r.overSeeds("ours", func(f Figures) float64 { return f.Cost })
	if want := r.Strategies["ours"].Cost; mean != want || worst != want {
		t.Errorf("mean %v, worst %v; want %v for both", mean, worst, want)
	}
}
