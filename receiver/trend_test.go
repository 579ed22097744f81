package receiver

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/receiver/trend"
)

// known is a Trend of its points.
type known struct {
	points   []trend.Point
	expected []trend.Expectation
}

func (k known) Points() []trend.Point                  { return k.points }
func (k known) Used(time.Time) trend.Usage             { return trend.Usage{} }
func (k known) Expected(time.Time) []trend.Expectation { return k.expected }
func point(at time.Time, active int, l trend.Load) trend.Point {
	return trend.Point{At: at, Active: active, Floor: 1, Load: l}
}

func TestTheChartJoinsWhatWasAndWhatIsExpected(t *testing.T) {
	within := trend.Load{Cores: 3, Forecast: 5, Within: 2 * trend.Step}
	k := known{points: []trend.Point{
		point(noon.Add(-40*time.Minute), 1, within), point(noon.Add(-35*time.Minute), 2, trend.NoLoad()), // then nothing is known
		point(noon.Add(-5*time.Minute), 3, trend.NoLoad()), point(noon, 4, trend.NoLoad()),
	}, expected: []trend.Expectation{{At: noon.Add(14 * time.Minute), Cores: 9}}}
	entry := func(ago time.Duration, kind fleet.Kind, o fleet.Outcome) fleet.Entry {
		return fleet.Entry{At: noon.Add(-ago), Step: fleet.Step{Kind: kind}, Outcome: o}
	}
	got := chart(fleet.Status{Floor: 1}, fleet.Capacity{MinActive: 1}, past{k, new(memory).RememberedCores, []fleet.Entry{
		entry(time.Minute, fleet.Stop, fleet.Begun), entry(2*time.Minute, fleet.Start, fleet.Failed), entry(3*time.Minute, fleet.Start, fleet.Begun),
		entry(4*time.Minute, fleet.Cordon, fleet.Begun), entry(36*time.Minute, fleet.Reclaim, fleet.Begun), entry(26*time.Hour, fleet.Start, fleet.Begun),
	}}, noon)
	if n := len(got.At); n != 8+72 || !slices.IsSorted(got.At) {
		t.Fatalf("%d times, want 8 of the past, four of them unknown, and 72 of the next six hours, in order: %v", n, got.At)
	}
	if want := (api.Series{1, 2, math.NaN(), math.NaN(), math.NaN(), math.NaN(), 3, 4, math.NaN()}); !same(got.Active[:9], want) {
		t.Errorf("active %v, want %v", got.Active[:9], want)
	}
	if got.Forecast[2] != 5 || got.Forecast[10] != 9 {
		t.Errorf("forecasts %v, want 5 at the end of its time and 9 in 15 minutes", got.Forecast[:12])
	}
	if got.Floor[7] != 1 || got.Floor[79] != 1 || !math.IsNaN(got.People[8]) {
		t.Errorf("floor %v, people %v", got.Floor, got.People)
	}
	want := []api.Mark{{At: noon.Add(-35 * time.Minute).Unix(), Up: 1}, {At: noon.Unix(), Up: 1, Down: 1, Failed: 1}}
	if !slices.Equal(got.Marks, want) {
		t.Errorf("marks %+v, want %+v", got.Marks, want)
	}
}

// After a restart, the chart begins with what the store has: the load, and the steps.
func TestTheChartBeginsWithTheLoadAndTheStepsOfAnEarlierProcess(t *testing.T) {
	ago := func(minutes int) time.Time { return noon.Add(-time.Duration(minutes) * time.Minute) }
	m := &memory{remembered: []fleet.CoresAt{{At: ago(26 * 60), Cores: 99}, {At: ago(60), Cores: 7}, {At: ago(55), Cores: 8}, {At: ago(20), Cores: 9}, {At: ago(10), Cores: 5}}}
	steps := []fleet.Entry{{At: ago(41), Step: fleet.Step{Kind: fleet.Start}, Outcome: fleet.Begun}, {At: ago(90), Step: fleet.Step{Kind: fleet.Start}, Outcome: fleet.Begun}}
	first := trend.Load{Cores: 4, Forecast: math.NaN()}
	nan := math.NaN()
	for name, tt := range map[string]struct {
		points       []trend.Point
		load, active api.Series
	}{
		"a daemon that has run a cycle": {[]trend.Point{point(ago(10), 2, first), point(ago(5), 3, first)},
			api.Series{7, 8, nan, nan, nan, nan, nan, 9, 4, 4, nan}, api.Series{nan, nan, nan, nan, nan, nan, nan, nan, 2, 3, nan}},
		"a daemon that has run none": {nil,
			api.Series{7, 8, nan, nan, nan, nan, nan, 9, 5, nan}, api.Series{nan, nan, nan, nan, nan, nan, nan, nan, nan, nan}},
	} {
		got := chart(fleet.Status{}, fleet.Capacity{}, past{known{points: tt.points}, m.RememberedCores, steps}, noon)
		n := len(tt.load)
		if !same(got.Load[:n], tt.load) || !same(got.Active[:n], tt.active) {
			t.Errorf("%s: load %v, active %v, want %v and %v", name, got.Load[:n], got.Active[:n], tt.load, tt.active)
		}
		if want := []api.Mark{{At: ago(40).Unix(), Up: 1}}; !slices.Equal(got.Marks, want) {
			t.Errorf("%s: marks %+v, want %+v: the other is older than the chart", name, got.Marks, want)
		}
	}
}

func same(a, b api.Series) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) })
}

func TestTheTrendEncodesWhatIsNotKnownAsNull(t *testing.T) {
	code, answer := ask(New(Defaults(), atRest(t, 3).deps()), "GET", api.PathTrend, "")
	var got api.Trend
	if err := json.Unmarshal([]byte(answer), &got); err != nil || code != 200 {
		t.Fatalf("%d %v", code, err)
	}
	if n := len(got.At); n < 300 || len(got.People) != n || !math.IsNaN(got.People[n-1]) || math.IsNaN(got.People[0]) || got.Floor[n-1] != 3 || got.Error == nil {
		t.Errorf("%d times, people %v, floor %v, error %v", n, got.People, got.Floor, got.Error)
	}
	if strings.Contains(answer, "NaN") || len(answer) > 40<<10 {
		t.Errorf("%d bytes: %.200s", len(answer), answer)
	}
	if _, answer := ask(handler(t, &memory{}), "GET", api.PathTrend, ""); !strings.Contains(answer, `"marks":[]`) {
		t.Errorf("of nothing: %.300s", answer)
	}
}

func TestThePageSaysWhatTheDayCosts(t *testing.T) {
	on, all := trend.Hours{Servers: 10, Cores: 40, GiB: 100}, trend.Hours{Servers: 40, Cores: 160, GiB: 400}
	for name, tt := range map[string]struct {
		s    spending
		want string
	}{
		"hours only":       {spending{trend.Usage{On: on, All: all, Observed: 90 * time.Minute}, Prices{Currency: "EUR"}}, "false 10 server-hours, 40 core-hours, 100 GiB-hours|75 % of the core-hours (120)|1 h 30 min"},
		"with prices":      {spending{trend.Usage{On: on, All: all, Observed: 30 * time.Minute}, Prices{0.1, 0.01, "CHF"}}, "true CHF 5.00|75 %, CHF 15.00|30 min"},
		"nothing saved":    {spending{trend.Usage{On: trend.Hours{Cores: 160.01}, All: all, Observed: time.Hour}, Prices{0.1, 0, "EUR"}}, "true EUR 16.00|0 %, EUR 0.00|1 h 00 min"},
		"without a server": {spending{trend.Usage{Observed: time.Minute}, Prices{}}, "false 0.0 server-hours, 0.0 core-hours, 0.0 GiB-hours||1 min"},
	} {
		first := tt.s.Used()
		if tt.s.Priced() {
			first = tt.s.Cost()
		}
		if got := fmt.Sprintf("%v %s|%s|%s", tt.s.Priced(), first, tt.s.Saved(), tt.s.For()); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
