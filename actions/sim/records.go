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
	// ErrNoServers is returned if there is no server for the meeting.
	ErrNoServers = errors.New("could not find any available servers")
	// ErrTagUnavailable is returned if there is no server with the required tag.
	ErrTagUnavailable = errors.New("there is no available server with the required tag")
	// ErrNoMeeting is returned if the balancer has no record of the meeting.
	ErrNoMeeting = errors.New("no such meeting")
	// ErrUnavailable is returned if the meeting's server is disabled or offline.
	ErrUnavailable = errors.New("the server for this meeting is disabled or offline")
)

// Assign is the balancer's part of a create: it returns the server on which the caller
// must create the meeting. A meeting with a record stays on its server, unless that is
// cordoned and the meeting has no participants. All others are placed by tags. Errors
// are *BalancerError, ErrNoServers or ErrTagUnavailable.
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

// assigned returns the member that the balancer has recorded for a meeting.
func (w *World) assigned(id string) (*member, error) {
	if !w.balancerAnswers() {
		return nil, &BalancerError{Message: "connection refused"}
	}
	if m := w.balancer.records[id]; m != nil {
		return m, nil
	}
	return nil, ErrNoMeeting
}

// assign returns the member for a meeting, and records it. See Assign.
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

// attended reports whether the server reports the meeting as running, which it does only
// once somebody has joined.
func (w *World) attended(id string, s *server) bool {
	return w.answer(s) == bbbAnswers && w.runs(id, s) && w.meetings[id].joined > 0
}

// runs reports whether a meeting exists on a server.
func (w *World) runs(id string, s *server) bool {
	m := w.meetings[id]
	return m != nil && m.running && m.on == s
}

// unassign deletes the balancer's record of a meeting.
func (w *World) unassign(id string) {
	at := w.balancer.records[id]
	delete(w.balancer.records, id)
	delete(at.records, id)
	if m := w.meetings[id]; m != nil && m.via == at && !m.running {
		m.on.without(m)
		m.on, m.via = nil, nil
	}
}

// forget deletes the balancer's records of meetings on a server that do not run there.
// (For a server that goes offline, Scalelite also deletes those of running meetings. This
// has no effect on their participants, so it is not simulated.)
func (w *World) forget(m *member) {
	for id := range m.records {
		if !w.runs(id, m.s) {
			w.unassign(id)
		}
	}
}

// PanicMember ends all meetings that the balancer has recorded for a server, one after
// the other, and then disables the server, unless keepState is set. If a meeting cannot
// be ended, for instance because it has ended since the last poll, its record is deleted
// and the call stops with status 400: the remaining meetings and the state are
// unchanged. Errors are *BalancerError.
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
