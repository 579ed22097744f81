package plan

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

var berlin = func() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return l
}()

// lessons is a school's time: the busy cores at a local time of a day.
type lessons func(local time.Time) float64

// morning is 2 cores, and 40 from 08:00 to 13:00 on working days.
func morning(local time.Time) float64 {
	if h := local.Hour(); atWeekend(local) || h < 8 || h >= 13 {
		return 2
	}
	return 40
}

// except has another day on some days.
func (l lessons) except(other lessons, days ...string) lessons {
	return func(local time.Time) float64 {
		if slices.Contains(days, local.Format(time.DateOnly)) {
			return other(local)
		}
		return l(local)
	}
}

// quiet is a day without lessons.
func quiet(time.Time) float64 { return 2 }

// weeksOf returns the days of a number of weeks from a Monday on.
func weeksOf(monday string, n int) (days []string) {
	first, _ := time.Parse(time.DateOnly, monday)
	for i := range 7 * n {
		days = append(days, first.AddDate(0, 0, i).Format(time.DateOnly))
	}
	return days
}

// past is what is remembered at now of the lessons since a local day.
func (l lessons) past(from string, now time.Time) fleet.PoolLoad {
	m := fleet.NewMemory()
	start, _ := time.ParseInLocation(time.DateOnly, from, berlin)
	for t := start; t.Before(now); t = t.Add(fleet.LoadStep) {
		v := l(t.In(berlin))
		m.Apply(m.Load.Raise("", t, fleet.Load{Cores: v, RAM: 1000 * v}))
	}
	return m.Load.Of("")
}

func forecastConfig() fleet.ForecastConfig {
	return fleet.ForecastConfig{Enabled: true, Ahead: 15 * time.Minute, Hold: time.Hour, LevelWindow: time.Hour, LevelPrior: 0.1, LevelMax: 2, Location: berlin}
}

func local(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, berlin)
	if err != nil {
		panic(err)
	}
	return t
}

func never(time.Time) bool { return false }

// daysOff has the given days off.
func daysOff(days ...string) func(time.Time) bool {
	return func(t time.Time) bool { return slices.Contains(days, t.In(berlin).Format(time.DateOnly)) }
}

func TestTheLoadIsForecastFromEarlierDays(t *testing.T) {
	const high, low, none = 40, 2, -1
	half := func(t time.Time) float64 { return morning(t) / 2 }
	crowd := func(t time.Time) float64 { return max(low, 2.5*morning(t)*min(1, morning(t)-low)) }
	moved := func(t time.Time) float64 { return morning(t.Add(time.Hour)) } // from 07:00 to 12:00
	for name, c := range map[string]struct {
		school lessons
		since  string
		off    []string
		now    string
		soon   float64
		weekly bool
	}{
		"a week later, a start's time before the bell":       {morning, "2026-03-02", nil, "2026-03-09 07:45", high, true},
		"a week later, one step before that":                 {morning, "2026-03-02", nil, "2026-03-09 07:40", low, true},
		"when the lessons are over":                          {morning, "2026-03-02", nil, "2026-03-09 13:00", low, true},
		"nothing is remembered":                              {morning, "2026-03-09", nil, "2026-03-09 00:00", none, false},
		"the second day, from the day before":                {morning, "2026-03-03", nil, "2026-03-04 07:45", high, false},
		"the first Monday, from the Friday before":           {morning, "2026-03-05", nil, "2026-03-09 07:45", high, false},
		"the first Saturday, not from a working day":         {morning, "2026-03-05", nil, "2026-03-07 07:45", none, false},
		"the first Sunday, from the Saturday before":         {morning, "2026-03-05", nil, "2026-03-08 07:45", low, false},
		"the Monday after the change to summer time":         {morning, "2026-03-09", nil, "2026-03-30 07:45", high, true},
		"an hour before that, which was the bell's UTC time": {morning, "2026-03-09", nil, "2026-03-30 07:40", low, true},
		"the Monday after the change to winter time":         {morning, "2026-10-05", nil, "2026-10-26 07:45", high, true},
		"five minutes before that":                           {morning, "2026-10-05", nil, "2026-10-26 07:40", low, true},
		"the first Monday after two weeks without lessons": {lessons(morning).except(quiet, weeksOf("2026-03-30", 2)...), "2026-02-23", nil,
			"2026-04-13 07:45", high, true},
		"after six weeks without lessons that no calendar has": {lessons(morning).except(quiet, weeksOf("2026-03-30", 6)...), "2026-03-16", nil,
			"2026-05-11 07:45", low, true},
		"after six weeks of days off": {lessons(morning).except(quiet, weeksOf("2026-03-30", 6)...), "2026-03-16", weeksOf("2026-03-30", 6),
			"2026-05-11 07:45", high, true},
		"a day off":                {morning, "2026-03-02", []string{"2026-03-16"}, "2026-03-16 07:45", 0, true},
		"the week after a day off": {lessons(morning).except(quiet, "2026-03-16"), "2026-03-02", []string{"2026-03-16"}, "2026-03-23 07:45", high, true},
		"a bell that was moved forward last week, at the new time": {lessons(morning).except(moved, weeksOf("2026-03-23", 2)...), "2026-03-02", nil,
			"2026-03-30 06:45", high, true},
		"one week with a crowd counts as the latest week": {lessons(morning).except(crowd, "2026-03-23"), "2026-03-02", nil,
			"2026-03-30 07:45", 2.5 * high, true},
		"and no longer two weeks later": {lessons(morning).except(crowd, "2026-03-23"), "2026-03-02", nil,
			"2026-04-06 07:45", high, true},
		"a day with half of the usual load": {lessons(morning).except(half, "2026-03-16"), "2026-03-02", nil, "2026-03-16 11:00", high / 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			now := local(c.now)
			cores, ram := Forecast(forecastConfig(), c.school.past(c.since, now.Add(time.Second)), daysOff(c.off...), now)
			if c.soon == none {
				if cores != nil || ram != nil {
					t.Fatalf("Forecast() = %+v, %+v; want none", cores, ram)
				}
				return
			}
			if cores == nil || ram == nil {
				t.Fatal("there is no forecast")
			}
			if math.Abs(cores.Soon-c.soon) > 0.1*c.soon+0.3 || math.Abs(ram.Soon-1000*c.soon) > 100*c.soon+300 || cores.Weekly != c.weekly {
				t.Errorf("Forecast() = %+v, %+v; want %v cores soon, weekly %v", cores, ram, c.soon, c.weekly)
			}
		})
	}
}

func TestTheHorizonsOfScaleOutAndScaleInDiffer(t *testing.T) {
	now := local("2026-03-09 07:10")
	cores, _ := Forecast(forecastConfig(), lessons(morning).past("2026-03-02", now), never, now)
	if cores.Soon > 3 || cores.Later < 39 {
		t.Errorf("50 min before the bell %+v is expected, want 2 cores soon and 40 later", cores)
	}
}

func TestGapsAndStepsOfHoursGiveNoForecast(t *testing.T) {
	now := local("2026-03-09 07:45")
	for name, keep := range map[string]func(time.Time) bool{
		"a step an hour":             func(t time.Time) bool { return t.Minute() == 0 },
		"a gap around the same time": func(t time.Time) bool { return t.In(berlin).Hour() < 7 || t.In(berlin).Hour() > 9 },
	} {
		sparse := func(t time.Time) float64 {
			if !keep(t) {
				return math.NaN()
			}
			return morning(t)
		}
		if cores, _ := Forecast(forecastConfig(), lessons(sparse).past("2026-03-02", now), never, now); cores != nil {
			t.Errorf("%s: Forecast() = %+v, want none", name, cores)
		}
	}
	missing := func(t time.Time) float64 { // every other step
		if t.Minute()%10 == 5 {
			return math.NaN()
		}
		return morning(t)
	}
	if cores, _ := Forecast(forecastConfig(), lessons(missing).past("2026-03-02", now), never, now); cores == nil || cores.Soon < 39 {
		t.Errorf("with every other step the forecast is %+v, want 40 cores", cores)
	}
}

func TestTheErrorIsWhatTheForecastsMissed(t *testing.T) {
	double := func(t time.Time) float64 { return 2 * morning(t) }
	now := local("2026-03-10 00:00")
	for name, c := range map[string]struct {
		school      lessons
		under, over float64
	}{
		"as forecast":        {morning, 0, 0},
		"twice as much came": {lessons(morning).except(double, "2026-03-09"), 0.07, 0},
		"nobody came":        {lessons(morning).except(quiet, "2026-03-09"), 0.04, 0.67},
		"the bell was an hour early": {lessons(morning).except(func(t time.Time) float64 { return morning(t.Add(time.Hour)) }, "2026-03-09"),
			0.16, 0.27},
	} {
		cores, _ := Forecast(forecastConfig(), c.school.past("2026-03-02", now), never, now)
		if cores == nil || cores.Error == nil {
			t.Errorf("%s: Forecast() = %+v, want one with an error", name, cores)
			continue
		}
		if e := cores.Error; math.Abs(e.Under-c.under) > 0.02 || math.Abs(e.Over-c.over) > 0.02 {
			t.Errorf("%s: error = %+v, want about %v under and %v over", name, e, c.under, c.over)
		}
	}
}

func TestTheForecastIsTheSameWithinAStep(t *testing.T) {
	now := local("2026-03-09 07:45")
	past := lessons(morning).past("2026-03-02", now)
	first, _ := Forecast(forecastConfig(), past, never, now)
	last, _ := Forecast(forecastConfig(), past, never, now.Add(fleet.LoadStep-time.Second))
	if first.Soon != last.Soon || first.Later != last.Later {
		t.Errorf("Forecast() = %+v at the begin of a step and %+v at its end, want the same", first, last)
	}
}

func BenchmarkForecast(b *testing.B) {
	now := local("2026-04-20 07:45")
	past := lessons(morning).past("2026-02-23", now)
	b.ReportAllocs()
	for b.Loop() {
		Forecast(forecastConfig(), past, never, now)
	}
}
