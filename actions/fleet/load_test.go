package fleet

import (
	"math"
	"slices"
	"testing"
	"time"
)

var loadedAt = time.Date(2026, 3, 2, 8, 2, 0, 0, time.UTC)

func TestTheMaximumOfEachStepIsRemembered(t *testing.T) {
	m := NewMemory()
	for after, cores := range map[time.Duration]float64{0: 10, time.Minute: 12, 2 * time.Minute: 11, 3 * time.Minute: 20} {
		m.Apply(m.Load.Raise("", loadedAt.Add(after), Load{cores, 1024 * cores}))
	}
	p := m.Load.Of("")
	for at, want := range map[time.Duration]float64{-2 * time.Minute: 12, 2*time.Minute + 59*time.Second: 12, 3 * time.Minute: 20} {
		if got := p.At(loadedAt.Add(at)); got != (Load{want, 1024 * want}) {
			t.Errorf("load %v after %v = %v, want %v cores", at, loadedAt, got, want)
		}
	}
	if got := p.At(loadedAt.Add(time.Hour)); !math.IsNaN(got.Cores) || !math.IsNaN(got.RAM) {
		t.Errorf("load of a step without one = %v, want NaN", got)
	}
}

func TestALoadThatIsNoneIsNotRemembered(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1} {
		if c := (LoadHistory{}).Raise("", loadedAt, Load{bad, bad}); !c.Empty() {
			t.Errorf("Raise(%v) = %+v, want no change", bad, c)
		}
		m := NewMemory()
		m.Apply(m.Load.Raise("", loadedAt, Load{bad, 4096}))
		if got := m.Load.Of("").At(loadedAt); !math.IsNaN(got.Cores) || got.RAM != 4096 {
			t.Errorf("Raise(%v cores, 4096 MiB) is remembered as %v, want only the memory", bad, got)
		}
	}
}

func TestARememberedLoadIsRightWithinHalfAPercent(t *testing.T) {
	for v := 0.001; v < 1e9; v *= 1.037 {
		var c Curve
		c.raise(0, v)
		if got := c.at(0); math.Abs(got-v) > 0.004*v {
			t.Fatalf("%v is remembered as %v", v, got)
		}
	}
	var c Curve
	c.raise(0, 0)
	if c.at(0) != 0 || !math.IsNaN(c.at(1)) {
		t.Errorf("0 is remembered as %v, nothing as %v; want 0 and NaN", c.at(0), c.at(1))
	}
}

func TestEightWeeksOfAPoolAreKeptInLittleSpace(t *testing.T) {
	m, bytes := NewMemory(), 0
	for n := range 100 {
		for step := range loadSteps {
			m.Apply(m.Load.Raise("gold", loadedAt.AddDate(0, 0, n).Add(time.Duration(step)*LoadStep), Load{1e4, 1e7}))
		}
	}
	for _, d := range m.Load {
		cores, _ := d.Cores.MarshalText()
		ram, _ := d.RAM.MarshalText()
		bytes += len(cores) + len(ram)
	}
	if n := len(m.Load); n < LoadDaysKept || n > LoadDaysKept+1 || bytes > 100<<10 {
		t.Errorf("%d days in %d bytes are kept of 100 days, want %d in at most 100 KiB", n, bytes, LoadDaysKept)
	}
}

func TestAClockThatIsAheadForAWhileCostsNoHistory(t *testing.T) {
	m := NewMemory()
	for n := range 40 {
		m.Apply(m.Load.Raise("", loadedAt.AddDate(0, 0, n), Load{float64(n), 1}))
	}
	now := loadedAt.AddDate(0, 0, 40)
	m.Apply(m.Load.Raise("", now.AddDate(1, 0, 0), Load{999, 1}))
	if n := len(m.Load); n != 41 {
		t.Fatalf("%d days are kept while the clock is a year ahead, want all 41", n)
	}
	m.Apply(m.Load.Raise("", now, Load{40, 1}))
	if p := m.Load.Of(""); len(p) != 41 || p.At(loadedAt).Cores != 0 || p.At(now).Cores != 40 {
		t.Errorf("after the clock is right again %d days are kept, want the 41 of the past", len(p))
	}
}

func TestPoolsAreRememberedApartAndLimitedInNumber(t *testing.T) {
	m := NewMemory()
	for n := range MaxLoadPools + 5 {
		m.Apply(m.Load.Raise(string(rune('a'+n)), loadedAt, Load{float64(n), 1}))
	}
	if pools := m.Load.Pools(); len(pools) != MaxLoadPools || !slices.IsSorted(pools) {
		t.Errorf("%d pools are remembered, want %d", len(pools), MaxLoadPools)
	}
	m.Apply(m.Load.Raise("b", loadedAt.AddDate(0, 0, 1), Load{7, 1}))
	if got := m.Load.Of("b").At(loadedAt.AddDate(0, 0, 1)).Cores; got != 7 {
		t.Errorf("another day of a known pool is remembered as %v, want 7", got)
	}
}

func TestACurveOfAnotherReleaseHasNoValues(t *testing.T) {
	for _, text := range []string{"", "AAAA", "!", "AAA="} {
		c := Curve{1, 2, 3}
		if err := c.UnmarshalText([]byte(text)); err != nil || c != (Curve{}) {
			t.Errorf("UnmarshalText(%q) = %v with values %v, want none", text, err, c != Curve{})
		}
	}
}

func TestTheRememberedCoresOfAllPoolsAreAdded(t *testing.T) {
	noon := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	h := LoadHistory{}
	for _, l := range []struct {
		pool  string
		ago   time.Duration
		cores float64
	}{{"", 14 * time.Hour, 8}, {"", 12 * time.Minute, 4}, {"gold", 12 * time.Minute, 2}, {"gold", 7 * time.Minute, 1}, {"", time.Minute, 16}} {
		for _, d := range h.Raise(l.pool, noon.Add(-l.ago), Load{Cores: l.cores, RAM: 1}).Load {
			h[d.Key()] = d
		}
	}
	got := h.Cores(noon.Add(-24*time.Hour), noon.Add(-time.Second))
	want := []CoresAt{{noon.Add(-14*time.Hour + LoadStep), 8}, {noon.Add(-2 * LoadStep), 6}, {noon.Add(-LoadStep), 1}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v: the step that ends at noon is not over", got, want)
	}
	if got := (LoadHistory{}).Cores(noon.Add(-time.Hour), noon); got != nil {
		t.Errorf("of nothing: %v", got)
	}
}
