package calibrate

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

// Window is the averages of one server over one step of the history.
type Window struct {
	Server  string
	At      time.Time // its end
	Cores   float64   // of the machine
	Busy    float64   // cores
	RAM     float64   // MiB of the machine
	Used    float64   // MiB
	People  float64
	Webcams float64
	Hours   float64 // since the boot, in the middle of the window
}

// Skipped counts the windows that were not used, by the reason, with the first place of
// each.
type Skipped map[string]Place

// Place is where a reason applied first, and how often.
type Place struct {
	Count  int
	Server string
	At     time.Time
}

// Found is what the history contained.
type Found struct {
	Windows []Window
	Servers int
	Skipped Skipped
	Missing []string // metrics without any sample that a fit does without
}

// The reasons for which windows are skipped.
const (
	skipNaN     = "a value that is not a number"
	skipGap     = "gaps in the samples"
	skipCounter = "CPU counters that were reset"
	skipSize    = "a change of the size"
	skipDown    = "BigBlueButton not up all the time"
	skipFull    = "a machine that was full"
	skipRecord  = "recordings that were processed"
)

// leastSamples is the share of the usual number of samples that a window needs.
const leastSamples = 0.8

// fullAt is the workload from which a machine counts as full: what people cause on it is
// then more than it can show.
const fullAt = 0.95

// windows adds the windows in all, in the order of servers and times, and counts the
// others.
func (f *Found) windows(all map[string]values, step time.Duration) {
	usual := usualSamples(all["samples"])
	for _, server := range slices.Sorted(maps.Keys(all["people"])) {
		for _, at := range slices.SortedFunc(maps.Keys(all["people"][server]), time.Time.Compare) {
			w, why := windowOf(all, server, at, step, usual)
			if why == "" {
				f.Windows = append(f.Windows, w)
				continue
			}
			p := f.Skipped[why]
			if p.Count == 0 {
				p.Server, p.At = server, at
			}
			p.Count++
			f.Skipped[why] = p
		}
	}
}

// usualSamples returns the most frequent number of samples in a window.
func usualSamples(of values) float64 {
	counts := map[float64]int{}
	for _, samples := range of {
		for _, n := range samples {
			counts[n]++
		}
	}
	if len(counts) == 0 {
		return 0
	}
	return slices.MaxFunc(slices.Sorted(maps.Keys(counts)), func(a, b float64) int { return cmp.Compare(counts[a], counts[b]) })
}

// windowOf returns the window of a server that ends at a time, or why it is skipped.
func windowOf(all map[string]values, server string, at time.Time, step time.Duration, usual float64) (w Window, why string) {
	get := func(name string) float64 {
		v, ok := all[name].at(server, at)
		if !ok {
			return math.Inf(-1)
		}
		return v
	}
	before := func(name string) float64 { v, _ := all[name].at(server, at.Add(-step)); return v }
	w = Window{
		Server: server, At: at, Cores: get("cores"), Busy: get("cores") - get("idle"), RAM: get("total") / (1 << 20),
		Used: (get("total") - get("available")) / (1 << 20), People: get("people"), Webcams: max(0, get("webcams")),
		Hours: max(0, float64(at.Add(-step/2).Unix())-get("boot")) / 3600,
	}
	if math.IsInf(get("boot"), -1) {
		w.Hours = 0
	}
	switch {
	case math.IsInf(w.Cores, 0) || math.IsInf(get("idle"), 0) || math.IsInf(w.Used, 0) || get("samples") < leastSamples*usual:
		return w, skipGap
	case math.IsNaN(w.Busy + w.Used + w.People + w.Webcams + w.Hours):
		return w, skipNaN
	case w.Busy < 0 || w.People < 0 || w.Used < 0:
		return w, skipCounter
	case before("cores") != w.Cores || math.Abs(before("total")/(1<<20)-w.RAM) > 1:
		return w, skipSize
	case all["up"] != nil && get("up") < 1: // also without a sample
		return w, skipDown
	case w.Busy >= fullAt*w.Cores || w.Used >= fullAt*w.RAM:
		return w, skipFull
	case get("processing") > 0:
		return w, skipRecord
	}
	return w, ""
}
