package sim_test

import (
	"reflect"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func berlin(t testing.TB) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func all(src sim.Source) []sim.Arrival {
	var list []sim.Arrival
	for a, ok := src.Next(); ok; a, ok = src.Next() {
		list = append(list, a)
	}
	return list
}

// present returns the number of people who are in meetings at a time.
func present(list []sim.Arrival, at time.Time) int {
	n := 0
	for _, a := range list {
		if !a.At.After(at) && a.At.Add(a.Duration).After(at) {
			n += a.Participants
		}
	}
	return n
}

func TestASchoolWeekHasTheShapeOfOne(t *testing.T) {
	// Summer time begins in Berlin on 28 March 2027, in the second week.
	for _, monday := range []time.Time{
		time.Date(2026, 3, 2, 0, 0, 0, 0, berlin(t)), time.Date(2027, 3, 22, 0, 0, 0, 0, berlin(t)),
	} {
		week := sim.SchoolWeek(1, monday, 100)
		week.Days = 8
		list := all(week.Arrivals())
		at := func(day, h, m int) int {
			return present(list, time.Date(monday.Year(), monday.Month(), monday.Day()+day, h, m, 0, 0, monday.Location()))
		}
		tests := []struct {
			name        string
			got         int
			least, most int
		}{
			{"Monday 03:00, nobody", at(0, 3, 0), 0, 0},
			{"Monday 07:50, hardly anyone", at(0, 7, 50), 0, 150},
			{"Monday 08:20, after the bell", at(0, 8, 20), 1400, 1900},
			{"Monday 10:10, the fullest lesson", at(0, 10, 10), 1600, 2200},
			{"Monday 13:45, school is out", at(0, 13, 45), 0, 100},
			{"Wednesday 19:30, one large event", at(2, 19, 30), 150, 300},
			{"Thursday 16:30, a flash crowd", at(3, 16, 30), 480, 700},
			{"Friday 10:10, a holiday", at(4, 10, 10), 0, 100},
			{"Saturday 10:10, weekend", at(5, 10, 10), 0, 100},
			{"the next Monday 07:50", at(7, 7, 50), 0, 150},
			{"the next Monday 08:20", at(7, 8, 20), 1400, 1900},
		}
		for _, tt := range tests {
			if tt.got < tt.least || tt.got > tt.most {
				t.Errorf("week of %s, %s: %d people; want %d to %d", monday.Format(time.DateOnly), tt.name, tt.got, tt.least, tt.most)
			}
		}
		for i, a := range list {
			if i > 0 && a.At.Before(list[i-1].At) {
				t.Fatalf("arrival %d at %s comes before the one ahead of it", i, a.At)
			}
			if a.Duration <= 0 || a.Webcams > a.Participants || a.Participants < 1 {
				t.Fatalf("arrival %d is no meeting: %+v", i, a)
			}
		}
	}
}

func TestTheSeedDecidesTheWeek(t *testing.T) {
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	a, b := all(sim.SchoolWeek(3, monday, 10).Arrivals()), all(sim.SchoolWeek(3, monday, 10).Arrivals())
	if !reflect.DeepEqual(a, b) {
		t.Error("seed 3 gives two different weeks")
	}
	if c := all(sim.SchoolWeek(4, monday, 10).Arrivals()); reflect.DeepEqual(a, c) {
		t.Error("seeds 3 and 4 give the same week")
	}
}
