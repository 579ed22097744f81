package generate

// edge is a set of workloads on both sides of a threshold.
type edge struct {
	bad  float64 // at the threshold, so that the condition is just true
	ok   float64 // next to the threshold, so that the condition is just false
	hold float64 // at the end of the hysteresis, so that a firing alert just keeps firing
	free float64 // just outside the hysteresis, so that a firing alert resolves
	far  float64 // far from the threshold, where the alert does not fire
}

// tooHigh and tooLow are the edges of a band with hysteresis.
func tooHigh(limit, hysteresis float64) edge {
	return edge{reached(limit), missed(limit), reached(limit - hysteresis), missed(limit - hysteresis), 0}
}

func tooLow(limit, hysteresis float64) edge {
	return edge{missed(limit), reached(limit), missed(limit + hysteresis), reached(limit + hysteresis), 1}
}

// reached returns the lowest workload that a test can rely on to be at or above a
// threshold: the threshold itself where it has no rounding error, else a value
// just above it.
func reached(threshold float64) float64 {
	if scaled := threshold * 1024; scaled == float64(int(scaled)) {
		return threshold
	}
	return threshold + hair
}

// missed returns a workload just below a threshold.
func missed(threshold float64) float64 { return threshold - hair }

const hair = 1.0 / (1 << 20)

// walk is a timeline that crosses a threshold, and the samples at which an alert
// must and must not fire.
type walk struct {
	timeline timeline
	quiet    []int // samples at which it must not fire
	fires    int   // the first sample at which it must
	held     int   // a sample at which hysteresis must keep it
	freed    int   // a sample at which it must be resolved
}

// over returns a walk with five phases: long just outside the threshold; inside,
// one sample too short; inside until the alert fires; back to within the
// hysteresis; and outside it. lag is the number of samples until a change shows in
// the workload.
func (s setup) over(e edge, alert string, lag int) walk {
	n, calm := s.patience(alert), s.settled()
	var w walk
	put := func(spans ...span) int {
		w.timeline = append(w.timeline, spans...)
		return w.timeline.length() - 1
	}
	w.quiet = append(w.quiet, put(steady(e.ok, n+calm)))
	put(nothing(s.forgotten()))
	w.quiet = append(w.quiet, put(steady(e.bad, n+lag)), put(steady(e.far, 2)))
	start := put(nothing(s.forgotten())) + 1
	w.quiet = append(w.quiet, start+lag+n-1)
	w.fires = start + lag + n
	put(steady(e.bad, n+lag+2))
	w.held = put(steady(e.hold, calm))
	w.freed = put(steady(e.free, calm))
	put(steady(e.free, 1))
	return w
}

// checks returns the checks of a walk.
func (s setup) checks(w walk, alert string, more ...matcher) []Check {
	var checks []Check
	for _, at := range w.quiet {
		checks = append(checks, s.firingAt(at, alert, 0, more...))
	}
	return append(checks, s.firingAt(w.fires, alert, 1, more...), s.firingAt(w.held, alert, 1, more...),
		s.firingAt(w.freed, alert, 0, more...))
}
