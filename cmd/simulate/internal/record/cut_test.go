package record

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func minutely() Cut {
	return Cut{Step: time.Minute, Size: 25, WebcamShare: 0.2, Longest: 3 * time.Hour, Bridge: 5 * time.Minute}
}

// text writes meetings as a trace in minutes.
func text(meetings []sim.Arrival) string {
	var lines []string
	for _, m := range meetings {
		lines = append(lines, fmt.Sprintf("%g+%g: %d/%d", m.At.Sub(monday).Minutes(), m.Duration.Minutes(), m.Participants, m.Webcams))
	}
	return strings.Join(lines, ", ")
}

func TestPeopleAreCutIntoMeetings(t *testing.T) {
	unknown := func(people ...float64) []Sample {
		var all []Sample
		for i, p := range people {
			all = append(all, Sample{At: monday.Add(time.Duration(i) * time.Minute), People: p, Webcams: -1, Meetings: -1})
		}
		return all
	}
	counted := func(meetings []float64, people ...float64) []Sample {
		all := unknown(people...)
		for i := range all {
			all[i].Meetings = meetings[i]
		}
		return all
	}
	without := func(from, until int, all []Sample) []Sample { return slices.Delete(all, from, until) }
	tests := []struct {
		name    string
		samples []Sample
		want    string
	}{
		{"nobody gives no meeting", unknown(0, 0, 0), ""},
		{"one class is one meeting from its first to its last sample", unknown(0, 20, 20, 20, 0), "1+3: 20/4"},
		{"people who come over some minutes count on average", unknown(10, 20, 24, 22), "0+4: 19/4"},
		{"more people than a class has are two meetings", unknown(50, 50), "0+2: 25/5, 0+2: 25/5"},
		{"the exporter's number of meetings counts", counted([]float64{2, 2}, 20, 20), "0+2: 10/2, 0+2: 10/2"},
		{"when the number falls the oldest ends", counted([]float64{1, 2, 1}, 10, 20, 10), "0+2: 10/2, 1+2: 10/2"},
		{"rooms without people are no meetings", counted([]float64{3, 3}, 0, 0), ""},
		{"there are no more meetings than people", counted([]float64{5}, 2), "0+1: 1/0, 0+1: 1/0"},
		{"people without a meeting are in one", counted([]float64{0, 0}, 4, 4), "0+2: 4/1"},
		{"what is rounded off goes to the next meeting", counted([]float64{2, 2}, 5, 5), "0+2: 3/1, 0+2: 2/0"},
		{"a short gap is bridged", without(2, 5, unknown(8, 8, 8, 8, 8, 8)), "0+6: 8/2"},
		{"a long gap ends the meeting", without(1, 8, unknown(8, 8, 8, 8, 8, 8, 8, 8, 8)), "0+1: 8/2, 8+1: 8/1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := NewCutter(minutely())
			for _, s := range tt.samples {
				c.Add("a", s)
			}
			if got := text(c.Meetings()); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLongMeetingsAreCut(t *testing.T) {
	cut := minutely()
	cut.Longest = 45 * time.Minute
	c := NewCutter(cut)
	for i := range 100 {
		c.Add("a", Sample{At: monday.Add(time.Duration(i) * time.Minute), People: 10, Webcams: 1, Meetings: 1})
	}
	if got, want := text(c.Meetings()), "0+45: 10/1, 45+45: 10/1, 90+10: 10/1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Nothing that people did gets lost or made up, but for what rounding leaves
// of the last meeting on each server.
func TestTheMinutesOfPeopleAreKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cut := minutely()
		c := NewCutter(cut)
		var want, longest float64
		servers := rapid.IntRange(1, 3).Draw(t, "servers")
		for server := range servers {
			known := rapid.Bool().Draw(t, "known")
			for i := range rapid.IntRange(1, 120).Draw(t, "minutes") {
				s := Sample{At: monday.Add(time.Duration(i) * time.Minute), People: float64(rapid.IntRange(0, 90).Draw(t, "people")), Webcams: -1, Meetings: -1}
				if known {
					s.Meetings = float64(rapid.IntRange(0, 6).Draw(t, "meetings"))
				}
				want += s.People
				c.Add(fmt.Sprint(server), s)
			}
		}
		var got float64
		for _, m := range c.Meetings() {
			if m.Participants < 1 || m.Webcams < 0 || m.Webcams > m.Participants || m.Duration < cut.Step || m.Duration > cut.Longest {
				t.Fatalf("a meeting that no trace can have: %+v", m)
			}
			got += float64(m.Participants) * m.Duration.Minutes()
			longest = max(longest, m.Duration.Minutes())
		}
		if off := math.Abs(got - want); off > float64(servers)*max(1, longest) {
			t.Fatalf("%g minutes of people became %g", want, got)
		}
	})
}

func TestACutThatCannotBeIsRefused(t *testing.T) {
	for want, change := range map[string]func(*Cut){
		"step 0s is shorter than 1s":               func(c *Cut) { c.Step = 0 },
		"0 people in a meeting":                    func(c *Cut) { c.Size = 0 },
		"webcam share of 2":                        func(c *Cut) { c.WebcamShare = 2 },
		"longest meeting, 1s, is shorter than the": func(c *Cut) { c.Longest = time.Second },
		"gap of -1s is negative":                   func(c *Cut) { c.Bridge = -time.Second },
	} {
		c := minutely()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate() = %v, want an error with %q", err, want)
		}
	}
}

func BenchmarkAWeekOfAServer(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		c := NewCutter(minutely())
		for i := range 7 * 24 * 60 {
			c.Add("a", Sample{At: monday.Add(time.Duration(i) * time.Minute), People: float64(i % 97), Webcams: 5, Meetings: float64(i % 4)})
		}
		c.Meetings()
	}
}
