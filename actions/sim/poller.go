package sim

import (
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// killAfter is how long after POLLER_WAIT_TIMEOUT Scalelite kills the threads of a poll
// that are still busy (its poll.rake).
const killAfter = 5 * time.Second

// pollCycle is one poll of all servers.
type pollCycle struct {
	left    []*member     // not polled yet, in the order of the list
	ends    time.Duration // when threads that are still busy are killed
	threads int           // threads that have not ended
}

// polls reads the meetings of every member, including disabled ones, with several
// threads. The next poll begins one interval after the last thread has ended. A server
// that answers or refuses takes no time. POLLER_THREADS - 1 threads poll (poll.rake).
func (w *World) polls() {
	if w.hit(BalancerDown, nil) != nil || w.hit(PollerDead, nil) != nil {
		w.after(w.cfg.Balancer.PollInterval, w.polls)
		return
	}
	n := max(1, w.cfg.Balancer.PollerThreads-1)
	c := &pollCycle{left: slices.Clone(w.balancer.members), ends: w.now + w.cfg.Balancer.PollerWait + killAfter, threads: n}
	for range n {
		w.pollNext(c)
	}
}

// pollNext continues a thread of a poll: it polls one member after the other until one
// takes time, none is left, or the thread is killed.
func (w *World) pollNext(c *pollCycle) {
	for len(c.left) > 0 && w.now < c.ends {
		m := c.left[0]
		c.left = c.left[1:]
		answer := w.answer(m.s)
		if cost := w.pollCost(m.s, answer); cost > 0 {
			w.after(min(cost, c.ends-w.now), func() { w.pollTimedOut(c, m) })
			return
		}
		w.polled(m, answer == bbbAnswers)
	}
	if c.threads--; c.threads == 0 {
		w.after(w.cfg.Balancer.PollInterval, w.polls)
	}
}

// pollTimedOut records that a member did not answer, unless the thread was killed before,
// and continues the thread.
func (w *World) pollTimedOut(c *pollCycle, m *member) {
	if w.now < c.ends {
		w.polled(m, false)
	}
	w.pollNext(c)
}

// pollCost returns how long a thread is busy with a server. It waits twice for an answer,
// since Ruby's Net::HTTP repeats a GET, and once for a connection.
func (w *World) pollCost(s *server, answer bbbAnswer) time.Duration {
	switch {
	case answer == bbbHangs:
		return 2 * w.cfg.Balancer.ResponseTimeout
	case s != nil && s.vm != vmRunning && w.cfg.Balancer.Off == OffSilent:
		return w.cfg.Balancer.ConnectTimeout
	}
	return 0
}

// polled records the result of polling a member.
func (w *World) polled(m *member, well bool) {
	if !well {
		w.polledBadly(m)
		return
	}
	m.bad = 0
	if m.good++; !m.online && m.good < w.cfg.Balancer.HealthyThreshold {
		return
	}
	m.online, m.version = true, m.s.spec.Version
	w.forget(m)
	if m.state == fleet.Disabled {
		return
	}
	m.load, m.loadKnown = w.loadOf(m), true
	if m.state == fleet.Cordoned && m.load == 0 {
		m.set(fleet.Disabled)
	}
}

// polledBadly records a failed poll of a member.
func (w *World) polledBadly(m *member) {
	m.good = 0
	if !m.online {
		return
	}
	if m.bad++; m.bad >= w.cfg.Balancer.UnhealthyThreshold {
		m.online, m.loadKnown, m.raced, m.bad = false, false, false, 0
		w.forget(m)
	}
}

// The minimum load of a meeting that was just created.
const (
	youngLoad = 15               // LOAD_MIN_USER_COUNT
	youngFor  = 15 * time.Minute // LOAD_JOIN_BUFFER_TIME
)

// loadOf returns the load that a poll computes: for each meeting the number of
// participants plus the number of moderators.
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
