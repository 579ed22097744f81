package sim

import (
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// killAfter is how long past POLLER_WAIT_TIMEOUT Scalelite lets a poll's
// threads finish before it ends them (its poll.rake).
const killAfter = 5 * time.Second

// polls polls now and again and again, with the interval between two polls.
func (w *World) polls() {
	took := w.poll()
	w.after(took+w.cfg.Balancer.PollInterval, w.polls)
}

// poll asks every member, disabled ones too, for its meetings. It returns how
// long that took: no time worth counting, unless a server hangs.
func (w *World) poll() (took time.Duration) {
	if w.hit(BalancerDown, nil) != nil {
		return 0
	}
	var threads []time.Duration // each: when it is free, since the poll began
	for _, m := range w.balancer.members {
		answer := w.answer(m.s)
		if answer == bbbHangs {
			var timedOut bool
			if threads, timedOut = w.occupy(threads); !timedOut {
				continue // still waiting, or never asked, when the poll was cut short
			}
		} else if w.starved(threads) {
			continue
		}
		w.polled(m, answer == bbbAnswers)
	}
	if threads == nil {
		return 0
	}
	return min(slices.Max(threads), w.cutoff())
}

// cutoff is when a poll's threads are ended.
func (w *World) cutoff() time.Duration { return w.cfg.Balancer.PollerWait + killAfter }

// occupy has a hanging server take the thread that is free first. It waits
// twice the response timeout, since Ruby's Net::HTTP repeats a GET; timedOut
// tells whether that ended within the poll. One of the threads is not for
// polling (poll.rake takes POLLER_THREADS - 1).
func (w *World) occupy(threads []time.Duration) (_ []time.Duration, timedOut bool) {
	if threads == nil {
		threads = make([]time.Duration, max(1, w.cfg.Balancer.PollerThreads-1))
	}
	i := slices.Index(threads, slices.Min(threads))
	threads[i] += 2 * w.cfg.Balancer.ResponseTimeout
	return threads, threads[i] < w.cutoff()
}

// starved tells whether no thread comes free before the poll is cut short.
func (w *World) starved(threads []time.Duration) bool {
	return threads != nil && slices.Min(threads) >= w.cutoff()
}

// polled books the result of one member's poll.
func (w *World) polled(m *member, well bool) {
	if !well {
		w.polledBadly(m)
		return
	}
	m.bad = 0
	if m.good++; !m.online && m.good < w.cfg.Balancer.HealthyThreshold {
		return
	}
	m.online = true
	m.forget()
	if m.state == fleet.Disabled {
		return
	}
	m.load, m.loadKnown = w.loadOf(m), true
	if m.state == fleet.Cordoned && m.load == 0 {
		m.set(fleet.Disabled)
	}
}

func (w *World) polledBadly(m *member) {
	m.good = 0
	if !m.online {
		return
	}
	if m.bad++; m.bad >= w.cfg.Balancer.UnhealthyThreshold {
		m.online, m.loadKnown, m.raced, m.bad = false, false, false, 0
		m.forget()
	}
}

// What a young meeting counts at least, and until when (LOAD_MIN_USER_COUNT,
// LOAD_JOIN_BUFFER_TIME).
const (
	youngLoad = 15
	youngFor  = 15 * time.Minute
)

// loadOf is the load at a poll: of each meeting the people, and its moderators
// once more.
func (w *World) loadOf(m *member) float64 {
	sum := 0
	for _, t := range m.s.meetings {
		if !t.running {
			continue
		}
		n := t.joined + t.moderators()
		if w.now-t.born < youngFor {
			n = max(n, youngLoad)
		}
		sum += n
	}
	return float64(sum) * m.multiplier
}

// forget has the balancer drop the meetings that it believes to be on a server
// and that do not run there. (Of a server that went offline it would drop the
// running ones too; people who are in one notice nothing of that.)
func (m *member) forget() {
	if m.s == nil {
		return
	}
	m.s.meetings = slices.DeleteFunc(m.s.meetings, func(t *meeting) bool {
		gone := t.via == m && !t.running
		if gone {
			t.on, t.via = nil, nil
		}
		return gone
	})
}
