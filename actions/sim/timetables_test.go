package sim_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// generated is a week that a timetable generated.
type generated struct {
	sim.Weeks
	list  []sim.Arrival
	hours []float64 // average number of people in each hour from Start on
}

// generate returns the week of a seed.
func generate(t *testing.T, table sim.Timetable, seed uint64, servers int) generated {
	week := table.Week(seed, time.Date(2026, 3, 2, 0, 0, 0, 0, berlin(t)), servers)
	g := generated{Weeks: week, list: all(week.Arrivals()), hours: make([]float64, 8*24)}
	for _, a := range g.list {
		from := a.At.Sub(g.Start).Hours()
		to := from + a.Duration.Hours()
		for hour := int(from); hour < int(math.Ceil(to)); hour++ {
			g.hours[hour] += float64(a.Participants) * (min(to, float64(hour+1)) - max(from, float64(hour)))
		}
	}
	return g
}

// share returns the average number of people in the hour that begins at a time of a
// day, as a share of the peak.
func (g generated) share(day, hour int) float64 { return g.hours[day*24+hour] / float64(g.Peak) }

// everyWeek calls test for weeks of a timetable with several seeds and sizes.
func everyWeek(t *testing.T, timetable string, servers []int, test func(t *testing.T, g generated)) {
	t.Helper()
	tested := false
	for _, table := range sim.Timetables() {
		if table.Name != timetable {
			continue
		}
		for _, n := range servers {
			for seed := range uint64(5) {
				tested = true
				t.Run(fmt.Sprintf("%d servers, seed %d", n, seed), func(t *testing.T) {
					test(t, generate(t, table, seed, n))
				})
			}
		}
	}
	if !tested {
		t.Fatalf("no timetable is named %s", timetable)
	}
}

// within fails the test if the share of the peak in an hour is outside of limits.
func (g generated) within(t *testing.T, day, hour int, least, most float64) {
	t.Helper()
	if got := g.share(day, hour); got < least || got > most {
		t.Errorf("day %d, from %02d:00: %.2f of the peak, want %.2f to %.2f", day, hour, got, least, most)
	}
}

func TestAnOfficeMeetsOnWorkingDaysWithADipAtLunch(t *testing.T) {
	everyWeek(t, "office", []int{30, 100}, func(t *testing.T, g generated) {
		for day := range 5 {
			for _, night := range []int{0, 1, 2, 3, 4, 5, 22, 23} {
				g.within(t, day, night, 0, 0)
			}
			g.within(t, day, 8, 0.1, 0.5)
			g.within(t, day, 10, 0.75, 1.25)
			g.within(t, day, 12, 0.2, 0.6)
			g.within(t, day, 14, 0.7, 1.2)
			g.within(t, day, 17, 0.3, 0.7)
		}
		for _, day := range []int{5, 6} {
			for hour := range 24 {
				g.within(t, day, hour, 0, 0.05)
			}
		}
	})
}

func TestTheMeetingsOfAnOfficeBeginOnTheHourAndTheHalfHour(t *testing.T) {
	everyWeek(t, "office", []int{100}, func(t *testing.T, g generated) {
		near, people, webcams := 0, 0, 0
		for _, a := range g.list {
			if past := a.At.Minute() % 30; past <= 3 || past >= 24 {
				near++
			}
			if a.Participants < 2 || a.Participants > 15 || a.Duration < 10*time.Minute || a.Duration > 90*time.Minute {
				t.Fatalf("a meeting of %d people for %s; want 2 to 15 people for at most 90 min", a.Participants, a.Duration)
			}
			people, webcams = people+a.Participants, webcams+a.Webcams
		}
		if share := float64(near) / float64(len(g.list)); share < 0.95 {
			t.Errorf("%.2f of the meetings begin around the half hours, want at least 0.95", share)
		}
		if share := float64(webcams) / float64(people); share < 0.5 || share > 0.65 {
			t.Errorf("%.2f of the people send a webcam, want about 0.6", share)
		}
	})
}

func TestTwoShiftsAreTwoHumpsOfADay(t *testing.T) {
	everyWeek(t, "double-shift", []int{30, 100}, func(t *testing.T, g generated) {
		for day := range 5 {
			for _, night := range []int{0, 3, 6, 23} {
				g.within(t, day, night, 0, 0.1)
			}
			for _, lessons := range []int{8, 10} {
				g.within(t, day, lessons, 0.5, 1.1)
			}
			g.within(t, day, 13, 0, 0.1)
			for _, lessons := range []int{14, 16} {
				g.within(t, day, lessons, 0.45, 1)
			}
			g.within(t, day, 20, 0, 0.1)
		}
		g.within(t, 5, 10, 0, 0.05)
	})
}

func TestAFlatWeekHasTheSameLoadInEveryHour(t *testing.T) {
	everyWeek(t, "flat", []int{100}, func(t *testing.T, g generated) {
		for hour := 2; hour < 7*24; hour++ { // the first meetings fill two hours
			g.within(t, hour/24, hour%24, 0.5, 1.15)
		}
		for hour := 2; hour < 24; hour++ {
			sum := 0.0
			for day := range 7 {
				sum += g.share(day, hour)
			}
			if mean := sum / 7; mean < 0.7 || mean > 0.9 {
				t.Errorf("at %02d:00, the mean of the days is %.2f of the peak, want 0.7 to 0.9", hour, mean)
			}
		}
	})
}

func TestAWeekOfEveryTimetableIsInProportionToTheFleetAndInOrder(t *testing.T) {
	minutes := func(list []sim.Arrival) (sum float64) {
		for i, a := range list {
			if i > 0 && a.At.Before(list[i-1].At) || a.Duration <= 0 || a.Webcams > a.Participants || a.Participants < 1 {
				t.Fatalf("arrival %d is out of order, or no meeting: %+v", i, a)
			}
			sum += a.Duration.Minutes() * float64(a.Participants)
		}
		return sum
	}
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, berlin(t))
	for _, table := range sim.Timetables() {
		small, large := minutes(all(table.Week(1, monday, 30).Arrivals())), minutes(all(table.Week(1, monday, 300).Arrivals()))
		if ratio := large / small; ratio < 9 || ratio > 11 {
			t.Errorf("%s: ten times the servers have %.1f times the minutes of people", table.Name, ratio)
		}
	}
}
