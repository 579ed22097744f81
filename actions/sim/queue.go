package sim

import "time"

// event is a scheduled function. Events at the same time run in the order in which they
// were scheduled.
type event struct {
	at  time.Duration // since Config.Start
	seq uint64
	do  func()
	// outside is set for the functions of At, which run without the lock.
	outside bool
}

// before reports whether e runs before o.
func (e event) before(o event) bool {
	return e.at < o.at || e.at == o.at && e.seq < o.seq
}

// queue is a binary heap with the earliest event first. It does not use container/heap,
// which would allocate an interface value for each of the millions of events of a run.
type queue struct {
	events []event
	seq    uint64
}

// push adds an event.
func (q *queue) push(e event) {
	q.seq++
	e.seq = q.seq
	q.events = append(q.events, e)
	h := q.events
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h[i].before(h[parent]) {
			return
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

// due reports whether there is an event at t or before.
func (q *queue) due(t time.Duration) bool { return len(q.events) > 0 && q.events[0].at <= t }

// pop removes and returns the earliest event.
func (q *queue) pop() event {
	h := q.events
	first, last := h[0], len(h)-1
	h[0], h[last] = h[last], event{}
	q.events = h[:last]
	q.sink()
	return first
}

// sink moves the first event down to its position.
func (q *queue) sink() {
	h := q.events
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h[child].before(h[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
