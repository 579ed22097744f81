package fleet

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// Load is the load of all servers in service of a pool together: busy cores, and
// memory in use in MiB. NaN means that it is not known.
type Load struct{ Cores, RAM float64 }

// LoadStep is the resolution of the remembered load. The steps of a day begin at 00:00
// UTC.
const LoadStep = 5 * time.Minute

// loadSteps is the number of steps in a day.
const loadSteps = int(24 * time.Hour / LoadStep)

// LoadDaysKept is the number of days for which the load of a pool is remembered: eight
// weeks, and the present day.
const LoadDaysKept = 8*7 + 1

// MaxLoadPools is the maximum number of pools whose load is remembered. Eight weeks of
// one pool take about 90 KiB in the store.
const MaxLoadPools = 32

// LoadDay is the remembered load of one pool on one day in UTC: the maximum of each
// step.
type LoadDay struct {
	Pool  string `json:"pool,omitempty"` // tag of the servers; empty for those without one
	Day   int64  `json:"day"`            // days since 1970-01-01
	Cores Curve  `json:"cores"`
	RAM   Curve  `json:"ram_mib"`
}

// LoadKey identifies a LoadDay. It sorts by day.
func LoadKey(pool string, day int64) string { return fmt.Sprintf("%06d %s", day, pool) }

// Key returns the LoadKey of the day.
func (d LoadDay) Key() string { return LoadKey(d.Pool, d.Day) }

// Curve holds one value for each step of a day, without sign and with 8 significant
// bits, so that the error is at most 0.4 %. That is far below the difference between
// two days, and keeps a day of a pool below 2 KiB. The zero Curve has no values.
type Curve [loadSteps]uint16

// at returns the value of a step, or NaN if there is none.
func (c *Curve) at(step int) float64 {
	if c[step] == 0 {
		return math.NaN()
	}
	return float64(math.Float32frombits(uint32(c[step]-1) << 16))
}

// raise sets a step to v if it has no value or a smaller one. A value that is
// negative, infinite or NaN is ignored.
func (c *Curve) raise(step int, v float64) {
	const half = 1 << 15
	if v >= 0 && v < 1e30 {
		c[step] = max(c[step], uint16((math.Float32bits(float32(v))+half)>>16)+1)
	}
}

// MarshalText encodes the curve in base64, two bytes a step.
func (c Curve) MarshalText() ([]byte, error) {
	raw := make([]byte, 0, 2*loadSteps)
	for _, v := range c {
		raw = append(raw, byte(v>>8), byte(v))
	}
	return base64.StdEncoding.AppendEncode(nil, raw), nil
}

// UnmarshalText decodes what MarshalText has encoded. A text of another length, such
// as that of a release with other steps, gives a curve without values, not an error:
// an error would make the whole store count as damaged.
func (c *Curve) UnmarshalText(text []byte) error {
	*c = Curve{}
	raw, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil || len(raw) != 2*loadSteps {
		return nil
	}
	for i := range c {
		c[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
	}
	return nil
}

// Empty reports whether the day has no values.
func (d *LoadDay) Empty() bool { return d.Cores == Curve{} && d.RAM == Curve{} }

// LoadHistory is the remembered load of all pools, by LoadKey.
type LoadHistory map[string]LoadDay

// stepOf returns the day of a time and its step on that day.
func stepOf(t time.Time) (day int64, step int) {
	n := t.Unix() / int64(LoadStep/time.Second)
	return n / int64(loadSteps), int(n % int64(loadSteps))
}

// Pools returns the tags of the pools whose load is remembered, sorted.
func (h LoadHistory) Pools() []string {
	pools := map[string]bool{}
	for _, d := range h {
		pools[d.Pool] = true
	}
	return slices.Sorted(maps.Keys(pools))
}

// Of returns the remembered load of a pool.
func (h LoadHistory) Of(pool string) PoolLoad {
	days := PoolLoad{}
	for _, d := range h {
		if d.Pool == pool {
			days[d.Day] = &d
		}
	}
	return days
}

// CoresAt is a number of busy cores at a time.
type CoresAt struct {
	At    time.Time
	Cores float64
}

// Cores returns the remembered busy cores of all pools together, oldest first: the maximum
// of each step that ends after from and no later than until, at the step's end. A step of
// which nothing is remembered is left out.
func (h LoadHistory) Cores(from, until time.Time) (out []CoresAt) {
	var pools []PoolLoad
	for _, pool := range h.Pools() {
		pools = append(pools, h.Of(pool))
	}
	for at := from.Truncate(LoadStep); !at.Add(LoadStep).After(until); at = at.Add(LoadStep) {
		sum, known := 0.0, false
		for _, p := range pools {
			if l := p.At(at).Cores; !math.IsNaN(l) {
				sum, known = sum+l, true
			}
		}
		if known {
			out = append(out, CoresAt{at.Add(LoadStep), sum})
		}
	}
	return out
}

// Raise returns the change that remembers a load of a pool at a time: the maximum of
// its step becomes at least this load. Of a pool, the latest LoadDaysKept days are
// kept. A day that lies in the future is dropped, since it was stored before the clock
// was set back. Past days are never dropped because of their age, so that a clock that
// is ahead for a while costs nothing.
func (h LoadHistory) Raise(pool string, at time.Time, l Load) Commit {
	day, step := stepOf(at)
	d, have := h[LoadKey(pool, day)]
	if pools := h.Pools(); !have && len(pools) >= MaxLoadPools && !slices.Contains(pools, pool) {
		return Commit{}
	}
	before := d
	d.Pool, d.Day = pool, day
	d.Cores.raise(step, l.Cores)
	d.RAM.raise(step, l.RAM)
	if d == before || d.Empty() {
		return Commit{}
	}
	return Commit{Load: []LoadDay{d}, DropLoad: h.surplus(pool, day, have)}
}

// surplus returns the keys of a pool's days that are dropped on the given day: those in
// the future, and the oldest ones beyond LoadDaysKept.
func (h LoadHistory) surplus(pool string, today int64, have bool) (drop []string) {
	var past []int64
	for _, d := range h {
		switch {
		case d.Pool != pool:
		case d.Day > today+1: // a load may arrive after one of the next day
			drop = append(drop, d.Key())
		default:
			past = append(past, d.Day)
		}
	}
	slices.Sort(past)
	kept := LoadDaysKept
	if !have {
		kept-- // the present day is added
	}
	for _, day := range past[:max(0, len(past)-kept)] {
		drop = append(drop, LoadKey(pool, day))
	}
	return drop
}

// PoolLoad is the remembered load of one pool, by LoadDay.Day.
type PoolLoad map[int64]*LoadDay

// At returns the maximum load of the step that contains t; NaN where it is not known.
func (p PoolLoad) At(t time.Time) Load {
	day, step := stepOf(t)
	d := p[day]
	if d == nil {
		return Load{math.NaN(), math.NaN()}
	}
	return Load{d.Cores.at(step), d.RAM.at(step)}
}
