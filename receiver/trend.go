package receiver

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/receiver/outlook"
	"github.com/bbb-scaler/bbb-scaler/receiver/trend"
)

const (
	// trendAhead is how much of the future the chart shows.
	trendAhead = 6 * time.Hour
	// trendSteps is how many entries of the journal are searched for the chart's marks.
	trendSteps = 2000
	// trendEvery is how often open pages draw the chart again.
	trendEvery = time.Minute
)

// Trend is what is known of the last day, and expected of the next hours; *trend.Day
// implements it.
type Trend interface {
	// Points returns the fleet in steps of trend.Step, oldest first.
	Points() []trend.Point
	// Used returns what was switched on since a time, at most a day ago.
	Used(since time.Time) trend.Usage
	// Expected returns the load that is expected until a time, in the order of time.
	Expected(until time.Time) []trend.Expectation
}

// drawing is the chart as JSON, shared by all open pages.
type drawing struct {
	mu   sync.Mutex
	of   time.Time // the cycle
	text []byte
}

// trend answers with the chart's data.
func (s *server) trend(c echo.Context) error {
	s.drawing.mu.Lock()
	defer s.drawing.mu.Unlock()
	st := s.Scaler.Status()
	if s.drawing.text == nil || !s.drawing.of.Equal(st.At) {
		entries, err := s.Scaler.Journal(trendSteps, "")
		if err != nil {
			return err
		}
		text, err := json.Marshal(chart(st, s.Config().Capacity, past{s.Trend, s.Scaler.RememberedCores, entries}, s.Now()))
		if err != nil {
			return err
		}
		s.drawing.of, s.drawing.text = st.At, text
	}
	return c.JSONBlob(http.StatusOK, s.drawing.text)
}

// past is what is known of the last day.
type past struct {
	Trend                                               // since the daemon started
	cores   func(from, until time.Time) []fleet.CoresAt // also before that
	entries []fleet.Entry
}

// before returns the load before the first of points, or before now if there are none.
func (p past) before(points []trend.Point, now time.Time) []fleet.CoresAt {
	first := now
	if len(points) > 0 {
		first = points[0].At
	}
	return p.cores(now.Add(-24*time.Hour), first.Add(-time.Second))
}

// chart returns the last day and the next hours.
func chart(st fleet.Status, c fleet.Capacity, known past, now time.Time) api.Trend {
	points := known.Points()
	before := known.before(points, now)
	g := newGrid(before, points, now)
	for _, l := range before {
		g.set(l.At, func(t *api.Trend, i int) { t.Load[i] = l.Cores })
	}
	for _, p := range points {
		g.set(p.At, func(t *api.Trend, i int) {
			t.People[i], t.Active[i], t.Coming[i], t.Floor[i] = p.People, float64(p.Active), float64(p.Coming), float64(p.Floor)
			t.Capacity[i], t.Load[i] = float64(p.Capacity), p.Load.Cores
		})
		g.forecast(p.At.Add(p.Load.Within), p.Load.Forecast)
	}
	end := now.Add(trendAhead)
	for _, e := range known.Expected(end) {
		g.forecast(e.At, e.Cores)
	}
	g.floors(outlook.Floors(st, c, now, end))
	if e := trend.ForecastError(points); !math.IsNaN(e) {
		g.out.Error = &e
	}
	g.mark(known.entries)
	return g.out
}

// grid has the times of the chart.
type grid struct{ out api.Trend }

func newGrid(before []fleet.CoresAt, points []trend.Point, now time.Time) *grid {
	g := &grid{api.Trend{Now: now.Unix(), At: []int64{}, Marks: []api.Mark{}}}
	for _, l := range before {
		g.at(l.At)
	}
	for _, p := range points {
		g.at(p.At)
	}
	for at := now.Truncate(trend.Step).Add(trend.Step); !at.After(now.Add(trendAhead)); at = at.Add(trend.Step) {
		g.out.At = append(g.out.At, at.Unix())
	}
	for _, s := range []*api.Series{&g.out.People, &g.out.Active, &g.out.Coming, &g.out.Floor, &g.out.Capacity, &g.out.Load, &g.out.Forecast} {
		*s = slices.Repeat(api.Series{math.NaN()}, len(g.out.At))
	}
	return g
}

// at adds a time, after those of a gap since the last one: of them, nothing is drawn but
// marks.
func (g *grid) at(t time.Time) {
	const step = int64(trend.Step / time.Second)
	if n := len(g.out.At); n > 0 {
		for last := g.out.At[n-1] + step; t.Unix()-last > step; last += step {
			g.out.At = append(g.out.At, last)
		}
	}
	g.out.At = append(g.out.At, t.Unix())
}

// set calls f with the first time of the grid that is not before t, if there is one.
func (g *grid) set(t time.Time, f func(out *api.Trend, i int)) {
	if i, _ := slices.BinarySearch(g.out.At, t.Unix()); i < len(g.out.At) {
		f(&g.out, i)
	}
}

func (g *grid) forecast(t time.Time, cores float64) {
	if !math.IsNaN(cores) {
		g.set(t, func(out *api.Trend, i int) { out.Forecast[i] = cores })
	}
}

// floors sets the floor of the future.
func (g *grid) floors(floor int, changes []outlook.FloorChange) {
	for i, at := range g.out.At {
		if at < g.out.Now {
			continue
		}
		for len(changes) > 0 && changes[0].At.Unix() <= at {
			floor, changes = changes[0].Floor, changes[1:]
		}
		g.out.Floor[i] = float64(floor)
	}
}

// mark counts the steps by the times of the grid.
func (g *grid) mark(entries []fleet.Entry) {
	if g.out.At[0] > g.out.Now {
		return // nothing is known of the past
	}
	first := time.Unix(g.out.At[0], 0).Add(-trend.Step)
	for _, e := range slices.Backward(entries) {
		var m api.Mark
		switch kind := e.Step.Kind; {
		case e.Outcome == fleet.Failed:
			m.Failed = 1
		case e.Outcome == fleet.Begun && (kind == fleet.Start || kind == fleet.Reclaim):
			m.Up = 1
		case e.Outcome == fleet.Begun && kind == fleet.Stop:
			m.Down = 1
		default:
			continue
		}
		if e.At.Before(first) {
			continue
		}
		g.set(e.At, func(out *api.Trend, i int) {
			if n := len(out.Marks); n == 0 || out.Marks[n-1].At != out.At[i] {
				out.Marks = append(out.Marks, api.Mark{At: out.At[i]})
			}
			last := &out.Marks[len(out.Marks)-1]
			last.Up, last.Down, last.Failed = last.Up+m.Up, last.Down+m.Down, last.Failed+m.Failed
		})
	}
}
