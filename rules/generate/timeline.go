package generate

import (
	"slices"
	"strconv"
	"strings"
)

// timeline is a series over time, with one sample per evaluation interval. It is
// written in the notation of promtool's unit tests.
type timeline []span

// span is a period of a timeline with one value.
type span struct {
	samples int
	value   float64
	gap     bool // no samples, but a staleness marker at the beginning
	reset   bool // a counter starts again from 0
}

// steady is a value, or a counter's increase per sample, for a number of samples.
func steady(value float64, samples int) span { return span{samples: samples, value: value} }

// nothing is a gap of a number of samples.
func nothing(samples int) span { return span{samples: samples, gap: true} }

// length is the number of samples, gaps included.
func (t timeline) length() int {
	n := 0
	for _, s := range t {
		n += s.samples
	}
	return n
}

// each returns the timeline with each value replaced.
func (t timeline) each(by func(v float64) float64) timeline {
	out := slices.Clone(t)
	for i := range out {
		out[i].value = by(out[i].value)
	}
	return out
}

// gauge writes the timeline as a gauge's values.
func (t timeline) gauge() string {
	var parts []string
	for _, s := range t {
		switch {
		case s.samples <= 0:
		case s.gap:
			parts = append(parts, gapOf(s.samples))
		default:
			parts = append(parts, run(s.value, 0, s.samples))
		}
	}
	return strings.Join(parts, " ")
}

// counter writes the timeline as a counter that increases by each span's value
// per sample. It starts far above 0.
func (t timeline) counter() string {
	var parts []string
	at := 1024.0
	for _, s := range t {
		if s.reset {
			at = 0
		}
		switch {
		case s.samples <= 0:
		case s.gap:
			parts = append(parts, gapOf(s.samples))
		default:
			parts = append(parts, run(at, s.value, s.samples))
			at += s.value * float64(s.samples)
		}
	}
	return strings.Join(parts, " ")
}

// seldom writes a counter that grows by growth per sample, of which only every
// every-th sample exists; the others are missing without a staleness marker.
func seldom(every int, growth float64, samples int) string {
	var parts []string
	for at := 0; at < samples; at += every {
		parts = append(parts, exact(1024+growth*float64(at)), "_x"+strconv.Itoa(every-1))
	}
	return strings.Join(parts, " ")
}

func gapOf(samples int) string {
	if samples == 1 {
		return "stale"
	}
	return "stale _x" + strconv.Itoa(samples-1)
}

// run writes a start value, an increase, and the number of times that it is added.
func run(from, growth float64, samples int) string {
	sign := "+"
	if growth < 0 {
		sign, growth = "-", -growth
	}
	return exact(from) + sign + exact(growth) + "x" + strconv.Itoa(samples-1)
}

// exact formats a number with all its digits and without an exponent.
func exact(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// unmarked replaces the staleness markers at gaps by missed scrapes.
func unmarked(values string) string { return strings.ReplaceAll(values, "stale _", "_x1 _") }
