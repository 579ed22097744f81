package sim

import "time"

// Arrival is a meeting that people want to hold from At on.
type Arrival struct {
	At time.Time
	MeetingSpec
}

// Source is a sequence of meetings, ordered by time.
type Source interface {
	// Next returns the next meeting, or false after the last one.
	Next() (Arrival, bool)
}

// Follow creates the meetings of a source at their times. It reads one arrival ahead, so
// that the source may be endless. An arrival in the past is created now. An arrival with
// an invalid specification (see CreateMeeting) is skipped.
func (w *World) Follow(src Source) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.follow(src)
}

// follow does the same as Follow, with the lock held.
func (w *World) follow(src Source) {
	a, ok := src.Next()
	if !ok {
		return
	}
	w.after(max(0, a.At.Sub(w.cfg.Start)-w.now), func() {
		if m, err := w.want(a.MeetingSpec); err == nil {
			_ = w.create(m) // counted
		}
		w.follow(src)
	})
}
