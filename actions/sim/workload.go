package sim

import "time"

// Arrival is a meeting that people want to hold from a certain time on.
type Arrival struct {
	At time.Time
	MeetingSpec
}

// Source returns arrivals one at a time, in the order of their times, until it
// returns false.
type Source interface{ Next() (Arrival, bool) }

// Follow creates the meetings of a source at their times. It reads one arrival
// ahead, so that a source may be endless. An arrival whose time has passed is
// created now; one whose specification is invalid (see CreateMeeting) is left
// out.
func (w *World) Follow(src Source) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.follow(src)
}

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
