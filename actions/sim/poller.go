package sim

import (
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
)

// polls polls now and every interval from here on.
func (w *World) polls() {
	w.poll()
	w.after(w.cfg.Balancer.PollInterval, w.polls)
}

// poll asks every registered server, disabled ones too, for its meetings.
func (w *World) poll() {
	if w.hit(BalancerDown, nil) != nil {
		return
	}
	var threads []time.Duration // each: when it is free, since the poll began
	for _, s := range w.servers {
		if !s.member.registered {
			continue
		}
		answer := w.answer(s)
		if answer == bbbHangs {
			var timedOut bool
			if threads, timedOut = w.occupy(threads); !timedOut {
				continue // still waiting, or never asked, when the poll was cut short
			}
		} else if w.starved(threads) {
			continue
		}
		w.polled(s, answer == bbbAnswers)
	}
}

// occupy has a hanging server take the thread that is free first, for as long
// as it may wait for a response; timedOut tells whether that ended within the poll.
func (w *World) occupy(threads []time.Duration) (_ []time.Duration, timedOut bool) {
	cfg := w.cfg.Balancer
	if threads == nil {
		threads = make([]time.Duration, cfg.PollerThreads)
	}
	i := slices.Index(threads, slices.Min(threads))
	threads[i] += cfg.ResponseTimeout
	return threads, threads[i] < cfg.PollerWait
}

// starved tells whether no thread comes free before the poll is cut short.
func (w *World) starved(threads []time.Duration) bool {
	return threads != nil && slices.Min(threads) >= w.cfg.Balancer.PollerWait
}

// polled books the result of one server's poll.
func (w *World) polled(s *server, well bool) {
	m := &s.member
	if !well {
		m.good = 0
		if m.bad++; m.bad >= w.cfg.Balancer.UnhealthyThreshold {
			m.online, m.loadKnown = false, false
			s.forget()
		}
		return
	}
	m.bad = 0
	if m.good++; m.good >= w.cfg.Balancer.HealthyThreshold {
		m.online = true
	}
	s.forget()
	if m.state == actions.Disabled || !m.online {
		m.loadKnown = false
		return
	}
	m.load, m.loadKnown = w.loadOf(s), true
	if m.state == actions.Cordoned && m.load == 0 {
		m.set(actions.Disabled)
	}
}

// youngLoad is what a meeting counts at least while it is younger than
// youngFor.
const (
	youngLoad = 15
	youngFor  = 15 * time.Minute
)

// loadOf is the load at a poll: people, moderators once more, of each meeting.
func (w *World) loadOf(s *server) float64 {
	sum := 0
	for _, m := range s.meetings {
		if !m.running {
			continue
		}
		n := m.joined + m.moderators()
		if w.now-m.born < youngFor {
			n = max(n, youngLoad)
		}
		sum += n
	}
	return float64(sum) * s.member.multiplier
}
