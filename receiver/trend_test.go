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
	got := chart(fleet.Status{Floor: 1}, fleet.Capacity{MinActive: 1}, k, []fleet.Entry{
		entry(time.Minute, fleet.Stop, fleet.Begun), entry(2*time.Minute, fleet.Start, fleet.Failed), entry(3*time.Minute, fleet.Start, fleet.Begun),
		entry(4*time.Minute, fleet.Cordon, fleet.Begun), entry(36*time.Minute, fleet.Reclaim, fleet.Begun), entry(26*time.Hour, fleet.Start, fleet.Begun),
	}, noon)
	if n := len(got.At); n != 5+72 || !slices.IsSorted(got.At) {
		t.Fatalf("%d times, want 5 of the past, one of them unknown, and 72 of the next six hours, in order: %v", n, got.At)
	}
	if want := (api.Series{1, 2, math.NaN(), 3, 4, math.NaN()}); !same(got.Active[:6], want) {
		t.Errorf("active %v, want %v", got.Active[:6], want)
	}
	if got.Forecast[2] != 5 || got.Forecast[7] != 9 {
		t.Errorf("forecasts %v, want 5 at the end of its time and 9 in 15 minutes", got.Forecast[:10])
	}
	if got.Floor[4] != 1 || got.Floor[76] != 1 || !math.IsNaN(got.People[5]) {
		t.Errorf("floor %v, people %v", got.Floor, got.People)
	}
	want := []api.Mark{{At: noon.Add(-35 * time.Minute).Unix(), Up: 1}, {At: noon.Unix(), Up: 1, Down: 1, Failed: 1}}
	if !slices.Equal(got.Marks, want) {
		t.Errorf("marks %+v, want %+v", got.Marks, want)
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
