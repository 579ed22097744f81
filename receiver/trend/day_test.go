package trend

import (
	"math"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

var bell = time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC)

func status(at time.Time, on, off int) fleet.Status {
	st := fleet.Status{At: at, Floor: 2}
	size := fleet.Size{Cores: 4, RAM: 8192}
	for range on {
		st.Servers = append(st.Servers, fleet.ServerStatus{State: fleet.StateActive, Power: fleet.PowerOn, Size: size, Balancer: fleet.Enabled, Load: 10})
	}
	for range off {
		st.Servers = append(st.Servers, fleet.ServerStatus{State: fleet.StateOff, Power: fleet.PowerOff, Size: size, Balancer: fleet.Disabled, Load: 7})
	}
	return st
}

func TestAPointIsTheFleetAtTheEndOfItsStep(t *testing.T) {
	var d Day
	d.Note(status(bell, 1, 3), Load{Cores: 2, Forecast: 3, Within: time.Minute})
	d.Note(status(bell.Add(time.Minute), 2, 2), Load{Cores: 3, Forecast: 4, Within: time.Minute})
	d.Note(status(bell.Add(30*time.Second), 4, 0), NoLoad()) // older than the last: ignored
	got := d.Points()
	if len(got) != 1 {
		t.Fatalf("%d points in one step, want 1", len(got))
	}
	if p := got[0]; p.People != 20 || p.Active != 2 || p.Capacity != 8 || p.Floor != 2 || p.Load.Cores != 3 || !p.At.Equal(bell.Add(time.Minute)) {
		t.Errorf("point %+v, want that of the last status", p)
	}
}

func TestADayIsBounded(t *testing.T) {
	var d Day
	for i := range 3 * kept {
		d.Note(status(bell.Add(time.Duration(i)*Step), 1, 0), NoLoad())
	}
	got := d.Points()
	if len(got) != kept || !got[kept-1].At.Equal(bell.Add(time.Duration(3*kept-1)*Step)) {
		t.Errorf("%d points until %v, want the newest %d", len(got), got[len(got)-1].At, kept)
	}
}

func TestUsageCountsWhatIsSwitchedOnAndOnlyWhileItIsObserved(t *testing.T) {
	var d Day
	for i := range 61 {
		d.Note(status(bell.Add(time.Duration(i)*time.Minute), 1, 3), NoLoad())
	}
	d.Note(status(bell.Add(5*time.Hour), 4, 0), NoLoad()) // nothing ran for four hours
	u := d.Used(bell)
	if u.Observed != time.Hour {
		t.Errorf("observed %v, want 1 h: the gap is not known", u.Observed)
	}
	if want := (Hours{1, 4, 8}); !near(u.On, want) {
		t.Errorf("on %+v, want %+v", u.On, want)
	}
	if want := (Hours{4, 16, 32}); !near(u.All, want) {
		t.Errorf("all %+v, want %+v", u.All, want)
	}
	if u := d.Used(bell.Add(6 * time.Hour)); u != (Usage{}) {
		t.Errorf("used in the future: %+v", u)
	}
}

func near(a, b Hours) bool {
	return math.Abs(a.Servers-b.Servers)+math.Abs(a.Cores-b.Cores)+math.Abs(a.GiB-b.GiB) < 1e-6
}

func TestTheErrorOfTheForecastComparesItWithTheLoadThatCame(t *testing.T) {
	at := func(i int, load, forecast float64) Point {
		return Point{At: bell.Add(time.Duration(i) * Step), Load: Load{Cores: load, Forecast: forecast, Within: 2 * Step}}
	}
	nan := math.NaN()
	for name, tt := range map[string]struct {
		points []Point
		want   float64
	}{
		"no forecast":                           {[]Point{at(0, 1, nan), at(1, 1, nan), at(2, 1, nan), at(3, 1, nan)}, nan},
		"the time of the forecast has not come": {[]Point{at(0, 1, 5), at(1, 5, nan)}, nan},
		"the greatest load counts":              {[]Point{at(0, 1, 10), at(1, 10, nan), at(2, 4, nan), at(3, 50, nan)}, 0},
		"half too little":                       {[]Point{at(0, 1, 5), at(1, 10, nan), at(2, 4, nan), at(3, 1, nan)}, 0.5},
		"nothing was measured":                  {[]Point{at(0, 1, 5), at(1, nan, nan), at(2, nan, nan), at(3, 1, nan)}, nan},
	} {
		if got := ForecastError(tt.points); math.Abs(got-tt.want) > 1e-9 || math.IsNaN(got) != math.IsNaN(tt.want) {
			t.Errorf("%s: error %v, want %v", name, got, tt.want)
		}
	}
}

func TestTheLastForecastIsExpectedAtTheEndOfItsTime(t *testing.T) {
	var d Day
	if got := d.Expected(bell.Add(time.Hour)); got != nil {
		t.Errorf("an empty day expects %v", got)
	}
	d.Note(status(bell, 1, 0), Load{Cores: 1, Forecast: 9, Within: 15 * time.Minute})
	if got := d.Expected(bell.Add(time.Hour)); len(got) != 1 || got[0].Cores != 9 || !got[0].At.Equal(bell.Add(15*time.Minute)) {
		t.Errorf("expected %v, want 9 cores in 15 minutes", got)
	}
	if got := d.Expected(bell.Add(time.Minute)); got != nil {
		t.Errorf("within a minute: %v", got)
	}
	d.Note(status(bell.Add(time.Minute), 1, 0), NoLoad())
	if got := d.Expected(bell.Add(time.Hour)); got != nil {
		t.Errorf("without a forecast: %v", got)
	}
}
