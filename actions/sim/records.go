package sim

import (
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Errors with which the balancer refuses a create or a join.
var (
	// ErrNoServers: there is no server for the meeting.
	ErrNoServers = errors.New("could not find any available servers")
	// ErrTagUnavailable: there is none with the tag that the meeting requires.
	ErrTagUnavailable = errors.New("there is no available server with the required tag")
	// ErrNoMeeting: the balancer knows of no such meeting.
	ErrNoMeeting = errors.New("no such meeting")
	// ErrUnavailable: the meeting's server is disabled or offline.
	ErrUnavailable = errors.New("the server for this meeting is disabled or offline")
)

// Assign returns the server on which a meeting is to be created, as the balancer
// chooses it in its create call; the caller then creates it there. A meeting that
// the balancer knows stays on its server, unless that is cordoned and the meeting
// is empty; any other is placed by tags. Errors are *BalancerError, ErrNoServers
// or ErrTagUnavailable.
func (w *World) Assign(id, tags string) (Member, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.balancerAnswers() {
		return Member{}, &BalancerError{Message: "connection refused"}
	}
	m, err := w.assign(id, tags)
	if err != nil {
		return Member{}, err
	}
	return m.describe(), nil
}

// Admit is the balancer's part of a join: it returns the meeting's server, to
// which the participant is redirected. Errors are *BalancerError, ErrNoMeeting or
// ErrUnavailable.
func (w *World) Admit(id string) (Member, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, err := w.assigned(id)
	switch {
	case err != nil:
		return Member{}, err
	case !m.online || m.state == fleet.Disabled:
		return Member{}, ErrUnavailable
	}
	m.weigh(1)
	return m.describe(), nil
}

// Release is the balancer's part of an end: it deletes its record of the meeting
// and returns the server, on which the caller ends it. Errors are *BalancerError
// or ErrNoMeeting.
func (w *World) Release(id string) (Member, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, err := w.assigned(id)
	if err != nil {
		return Member{}, err
	}
	w.unassign(id)
	return m.describe(), nil
}

func (w *World) assigned(id string) (*member, error) {
	if !w.balancerAnswers() {
		return nil, &BalancerError{Message: "connection refused"}
	}
	if m := w.balancer.records[id]; m != nil {
		return m, nil
	}
	return nil, ErrNoMeeting
}

// assign does the work of Assign, and of people who create a meeting.
func (w *World) assign(id, tags string) (*member, error) {
	if m := w.balancer.records[id]; m != nil {
		if m.state != fleet.Cordoned || w.attended(id, m.s) {
			return m, nil
		}
		w.unassign(id)
	}
	m, err := w.place(tags)
	if err == nil {
		w.balancer.records[id] = m
		m.records[id] = true
	}
	return m, err
}

// attended tells whether the server says that a meeting is running there, which
// it does not of one that nobody has joined yet.
func (w *World) attended(id string, s *server) bool {
	return w.answer(s) == bbbAnswers && w.runs(id, s) && w.meetings[id].joined > 0
}

// runs tells whether a meeting exists on a server.
func (w *World) runs(id string, s *server) bool {
	m := w.meetings[id]
	return m != nil && m.running && m.on == s
}

// unassign has the balancer forget where a meeting is.
func (w *World) unassign(id string) {
	at := w.balancer.records[id]
	delete(w.balancer.records, id)
	delete(at.records, id)
	if m := w.meetings[id]; m != nil && m.via == at && !m.running {
		m.on.without(m)
		m.on, m.via = nil, nil
	}
}

// forget has the balancer drop the meetings that it believes to be on a server
// and that do not run there. (Of a server that went offline it would drop the
// running ones too; people who are in one notice nothing of that.)
func (w *World) forget(m *member) {
	for id := range m.records {
		if !w.runs(id, m.s) {
			w.unassign(id)
		}
	}
}

// PanicMember ends every meeting that the balancer knows on a server, one after
// the other, and disables it unless its state is to be kept. When one cannot be
// ended, as when it ended by itself since the last poll, the call stops there
// with status 400: the balancer forgets that meeting, leaves those that come
// after it, and the state. Errors are *BalancerError.
func (w *World) PanicMember(id string, keepState bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, err := w.askFor("panic", id)
	if err != nil {
		return err
	}
	for _, meeting := range slices.Sorted(maps.Keys(m.records)) {
		runs := w.runs(meeting, m.s)
		if w.answer(m.s) == bbbAnswers && runs {
			w.cutShort(w.meetings[meeting])
		}
		w.unassign(meeting)
		if !runs || w.answer(m.s) != bbbAnswers {
			return &BalancerError{Status: http.StatusBadRequest, Message: "Couldn't disable server id=" + id}
		}
	}
	if !keepState {
		w.setState(m, fleet.Disabled)
	}
	return nil
}
