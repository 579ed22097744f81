package plan

import (
	"math"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

const (
	// weeksBack is how many weeks back a load is looked for, and weeksUsed of how many
	// of them it is taken.
	weeksBack, weeksUsed = 8, 4
	// errorWindow is the time over which the error of the forecast is computed.
	errorWindow = 24 * time.Hour
)

// Forecast returns the expected busy cores and memory in MiB of a pool whose load is
// remembered in past; nil for one without a history. off reports whether a time is on
// a day off. Forecast is pure, and its result is the same within a fleet.LoadStep.
//
// The usual load at a time of the week is the greater of two: the load of the latest
// week, and the second greatest of the latest four weeks. So a rise that has moved to
// another time is expected there a week later, two weeks without lessons do not become
// the usual ones, and the forecast is never below that from the latest week alone.
// Weeks are counted by local time. A day off is no history, and no load is expected on
// it. If no such day is remembered, the latest day of the same kind is used: a working
// day for a working day, a day of a weekend for a day of a weekend.
//
// The usual load is multiplied by the level: today's load divided by the usual one, as
// in the generated rules. A third of the steps ahead must have a history.
func Forecast(c fleet.ForecastConfig, past fleet.PoolLoad, off func(time.Time) bool, now time.Time) (cores, ram *fleet.Forecast) {
	of := func(pick func(fleet.Load) float64) *fleet.Forecast {
		h := history{ForecastConfig: c, off: off, at: func(t time.Time) float64 { return pick(past.At(t)) }}
		h.fill(now.Truncate(fleet.LoadStep))
		f := h.expect(h.now)
		if f != nil {
			f.Error = h.missed()
		}
		return f
	}
	return of(func(l fleet.Load) float64 { return l.Cores }), of(func(l fleet.Load) float64 { return l.RAM })
}

// history is the remembered load of one pool and measure, and what is usual, in the
// steps around a time.
type history struct {
	fleet.ForecastConfig
	off   func(time.Time) bool
	at    func(time.Time) float64 // load of the step that contains a time, or NaN
	now   int                     // index of the present step in steps
	steps []moment
}

// moment is the load in one step; NaN where it is not known.
type moment struct {
	is, usual float64
	weekly    bool // whether usual is from the same day of the week
}

// stepsIn returns how many steps a duration has, rounded up.
func stepsIn(d time.Duration) int { return int((d + fleet.LoadStep - 1) / fleet.LoadStep) }

// fill sets the steps around now that the forecast and its error need.
func (h *history) fill(now time.Time) {
	h.now = stepsIn(errorWindow) + stepsIn(h.Ahead) + stepsIn(h.LevelWindow)
	h.steps = make([]moment, h.now+stepsIn(h.Hold)+1)
	for i := range h.steps {
		t := now.Add(time.Duration(i-h.now) * fleet.LoadStep)
		s := &h.steps[i]
		s.usual, s.weekly = h.usual(t)
		s.is = math.NaN()
		if i <= h.now {
			s.is = h.at(t)
		}
	}
}

// usual returns the usual load at a time, or NaN without a history; 0 on a day off.
// weekly is false if it is that of another day of the week.
func (h *history) usual(t time.Time) (load float64, weekly bool) {
	if h.off(t) {
		return 0, true
	}
	local := t.In(h.Location)
	weeks := make([]float64, 0, weeksUsed)
	for k := 1; k <= weeksBack && len(weeks) < weeksUsed; k++ {
		if v := h.before(local, 7*k); !math.IsNaN(v) {
			weeks = append(weeks, v)
		}
	}
	switch len(weeks) {
	case 0:
		return h.alike(local), false
	case 1:
		return weeks[0], true
	}
	latest := weeks[0]
	slices.Sort(weeks)
	return max(latest, weeks[len(weeks)-2]), true
}

// alike returns the load at the same time of the latest day of the same kind within a
// week, or NaN.
func (h *history) alike(local time.Time) float64 {
	for n := 1; n < 7; n++ {
		if atWeekend(local.AddDate(0, 0, -n)) != atWeekend(local) {
			continue
		}
		if v := h.before(local, n); !math.IsNaN(v) {
			return v
		}
	}
	return math.NaN()
}

func atWeekend(t time.Time) bool {
	return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday
}

// before returns the load at the same local time a number of days earlier, or NaN if
// that was a day off.
func (h *history) before(local time.Time, days int) float64 {
	then := local.AddDate(0, 0, -days)
	if h.off(then) {
		return math.NaN()
	}
	return h.at(then)
}

// expect returns the forecast that is made at a step, without its error, or nil if
// there is none.
func (h *history) expect(at int) *fleet.Forecast {
	soon, later := h.ahead(at, h.Ahead), h.ahead(at, h.Hold)
	if math.IsNaN(soon.usual) || math.IsNaN(later.usual) {
		return nil
	}
	level := h.level(at, later.usual)
	return &fleet.Forecast{Soon: soon.usual * level, Later: later.usual * level, Weekly: later.weekly}
}

// ahead returns the maximum usual load in the steps from one on. It is NaN if fewer
// than a third of them have a history.
func (h *history) ahead(at int, d time.Duration) moment {
	all := h.steps[at : at+stepsIn(d)+1]
	most, known := moment{weekly: true}, 0
	for _, s := range all {
		if !math.IsNaN(s.usual) {
			known++
			most.usual, most.weekly = max(most.usual, s.usual), most.weekly && s.weekly
		}
	}
	if 3*known < len(all) {
		most.usual = math.NaN()
	}
	return most
}

// level returns today's load divided by the usual one, over the steps of LevelWindow
// for which both are known, and at most LevelMax. A share of the coming load is added
// to both, so that a quiet hour before a rise changes the level little.
func (h *history) level(at int, coming float64) float64 {
	var is, usual float64
	n := 0
	for _, s := range h.steps[at-stepsIn(h.LevelWindow) : at+1] {
		if both := s.is + s.usual; !math.IsNaN(both) {
			is, usual, n = is+s.is, usual+s.usual, n+1
		}
	}
	prior := h.LevelPrior * coming * float64(n)
	if usual+prior == 0 {
		return 1
	}
	return min((is+prior)/(usual+prior), h.LevelMax)
}

// missed returns the error of the forecasts for the last errorWindow, each made Ahead
// of the load; nil if there were none. It is computed from the history, so that a
// restart loses nothing.
func (h *history) missed() *fleet.ForecastError {
	var came, under, over float64
	lead := stepsIn(h.Ahead)
	for i := h.now - stepsIn(errorWindow); i < h.now; i++ {
		s := h.steps[i]
		later := h.ahead(i-lead, h.Hold)
		if math.IsNaN(s.is + s.usual + later.usual) {
			continue
		}
		miss := s.is - s.usual*h.level(i-lead, later.usual)
		came, under, over = came+s.is, under+max(0, miss), over+max(0, -miss)
	}
	if came == 0 {
		return nil
	}
	return &fleet.ForecastError{Under: under / came, Over: over / came}
}
