package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// berlin is where the days of these tests are.
func berlin(t *testing.T) *time.Location {
	t.Helper()
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// lessons is a school's need on a day, by the hour of the day.
func lessons(hour float64) float64 {
	need := 1.0
	for _, l := range []struct{ from, until, servers float64 }{{8, 8.75, 70}, {8.83, 9.6, 84}, {9.9, 10.7, 90}, {10.8, 11.5, 76}, {12.3, 13, 42}, {14, 15.5, 20}, {18, 20, 6}} {
		if hour >= l.from && hour < l.until {
			need = l.servers
		}
	}
	return need
}

// week is some days of n points each, on which a fleet follows the need with
// a delay, and is at least floor.
func week(monday time.Time, days int, floor float64, late time.Duration) []Point {
	var all []Point
	at := monday
	for at.Before(monday.AddDate(0, 0, days)) {
		all = append(all, Point{At: at, Need: wanted(at)})
		at = at.Add(30 * time.Second)
	}
	for i := range all {
		on := max(floor, wanted(all[i].At.Add(2*time.Minute)), wanted(all[i].At.Add(-30*time.Minute)))
		late := max(floor, wanted(all[i].At.Add(-late)), min(wanted(all[i].At.Add(-late-10*time.Minute)), on))
		all[i].On, all[i].Service = on, min(late, on)
	}
	return all
}

func wanted(t time.Time) float64 {
	if t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		return 1
	}
	return lessons(float64(t.Hour()) + float64(t.Minute())/60)
}

func figure(t *testing.T) Figure {
	monday := time.Date(2026, 3, 23, 0, 0, 0, 0, berlin(t)) // clocks change on its Sunday
	return Figure{
		Headline: "ours costs 95 % less than all servers on; no lesson refused or cut off",
		Title:    "A school week on 100 servers", Unit: "servers of the default size", Money: "cost of the week in EUR",
		Series: []Series{
			{Name: "static", Note: "16,800 server-hours · 0 refused", Points: week(monday, 7, 100, 0), Cost: 1344, Amount: "EUR 1344.00", Effects: []Effect{{Text: "0.690 % overloaded", Bad: true}}},
			{Name: "late <& slow>", Note: "4,100 server-hours · 12 refused", Points: week(monday, 7, 10, 25*time.Minute), Cost: 80, Amount: "EUR 80.00", Effects: []Effect{{Text: "94 % less"}, {Text: "<12 refused>", Bad: true}}},
			{Name: "ours", Note: "3,900 server-hours · 0 refused", Points: week(monday, 7, 4, 3*time.Minute)},
		},
	}
}

func TestTheSameFigureGivesTheSamePicture(t *testing.T) {
	golden(t, "week.svg", figure(t))
}

func TestOneDayHasItsHours(t *testing.T) {
	f := figure(t)
	f.Title = "A day"
	for i := range f.Series {
		f.Series[i].Points = f.Series[i].Points[:2*60*24]
	}
	golden(t, "day.svg", f)
}

func golden(t *testing.T, name string, f Figure) {
	t.Helper()
	var got bytes.Buffer
	if err := Write(&got, f); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the picture is not %s: look at it, then run the test with -update", path)
	}
	wellFormed(t, got.Bytes())
	if got.Len() > 200_000 {
		t.Errorf("the picture has %d bytes, want at most 200,000, for a page", got.Len())
	}
}

func wellFormed(t *testing.T, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
	}
}

func TestWhatCannotBeDrawnIsRefused(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		f    Figure
		want string
	}{
		{"no series", Figure{}, "need at least one series"},
		{"a series without points", Figure{Series: []Series{{Name: "ours"}}}, `series "ours" has no points`},
		{"points out of order", Figure{Series: []Series{{Name: "ours", Points: []Point{{At: at}, {At: at}}}}}, `series "ours": the point at 2026-03-02 08:00:00 +0000 UTC is not after`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := Write(io.Discard, tt.f); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Write = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestAShortLackLeavesATraceInTheWeek(t *testing.T) {
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	points := week(monday, 7, 100, 0)
	draw := func() string {
		c := newCanvas(Figure{Series: []Series{{Points: points}}}, monday, monday.AddDate(0, 0, 7))
		return c.Rows[0].Missed
	}
	if got := draw(); got != "" {
		t.Fatalf("with all servers in service, missed = %q, want none", got)
	}
	points[5000].Service = points[5000].Need - 1
	if draw() == "" {
		t.Error("30 seconds with a server too few left no trace")
	}
}

func TestTicksAreRoundAndFew(t *testing.T) {
	for _, top := range []float64{1, 2, 3, 4, 7, 10, 24, 30, 99, 100, 101, 250, 745, 800, 1e6} {
		step := tickStep(top)
		if parts := math.Ceil(top / step); step != math.Trunc(step) || parts < 1 || parts > 4 {
			t.Errorf("tickStep(%g) = %g: %g parts, want whole numbers, and at most 4 parts", top, step, parts)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	f := Figure{Series: []Series{{Name: "ours", Points: week(monday, 7, 4, 3*time.Minute)}}}
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(io.Discard, f); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAStrategyWithManyTimesTheNeedIsCutOffAndSaysSo(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	few := []Point{{At: at, On: 8, Service: 7, Need: 6}}
	for name, test := range map[string]struct {
		on, top float64
		over    string
	}{
		"all servers on":    {100, 15, "▲ up to 100 servers"},
		"a few more":        {14, 15, ""},
		"as many as needed": {8, 8, ""},
	} {
		many := []Point{{At: at, On: test.on, Service: test.on, Need: 6}}
		c := newCanvas(Figure{Unit: "servers", Series: []Series{{Points: many}, {Points: few}}}, at, at.Add(time.Hour))
		if c.top != test.top || c.Rows[0].Over != test.over || c.Rows[1].Over != "" {
			t.Errorf("%s: the axis ends at %g, the rows say %q and %q; want %g, %q and nothing", name, c.top, c.Rows[0].Over, c.Rows[1].Over, test.top, test.over)
		}
		if y := c.y(c.Rows[0], test.on); y < float64(c.Rows[0].Top) {
			t.Errorf("%s: drawn %g pixels above the axes", name, float64(c.Rows[0].Top)-y)
		}
	}
}

func TestTheBarsOfTheCostAreInProportion(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	points := []Point{{At: at, Need: 1}}
	c := newCanvas(Figure{Series: []Series{{Points: points, Cost: 200}, {Points: points, Cost: 50}, {Points: points}}}, at, at.Add(time.Hour))
	if got := []float64{c.Rows[0].Bar, c.Rows[1].Bar, c.Rows[2].Bar}; got[0] != money || got[1] != money/4 || got[2] != 0 {
		t.Errorf("bars = %g pixels, want %d, %d and 0", got, money, money/4)
	}
}
