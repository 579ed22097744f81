package sim

import (
	"net/http"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// balancerState is the balancer's list of servers and its records of meetings.
type balancerState struct {
	members []*member
	byID    map[string]*member
	records map[string]*member // meeting id → the server that the balancer has recorded for it
	added   int                // number of members added by AddMember
}

// enlist adds a member. It starts disabled.
func (w *World) enlist(id, url string, secret fleet.Secret, multiplier float64, s *server) *member {
	m := &member{
		id: id, url: url, secret: secret, multiplier: multiplier, s: s, state: fleet.Disabled, records: map[string]bool{},
	}
	w.balancer.members = append(w.balancer.members, m)
	w.balancer.byID[id] = m
	w.byName[id] = s
	if s != nil {
		s.members = append(s.members, m)
	}
	return m
}

// ask counts a call of the balancer, and returns the error of the fault that applies to
// it, or nil.
func (w *World) ask(op string) error {
	w.calls["balancer."+op]++
	switch {
	case w.strike(BalancerDown, op, nil, nil) != nil:
		return &BalancerError{Message: "connection refused"}
	case w.strike(BalancerHang, op, nil, nil) != nil:
		return &BalancerError{Message: "no answer", Hangs: true, Write: writes[op]}
	case w.strike(BalancerFail, op, nil, nil) != nil:
		return &BalancerError{Status: http.StatusInternalServerError, Message: "Internal Server Error", Write: writes[op]}
	case writes[op] && w.strike(BalancerBusy, op, nil, nil) != nil:
		return &BalancerError{Status: http.StatusBadRequest, Message: contention}
	}
	return nil
}

// balancerAnswers reports whether the balancer answers the calls of people.
func (w *World) balancerAnswers() bool {
	return w.hit(BalancerDown, nil) == nil && w.hit(BalancerHang, nil) == nil && w.hit(BalancerFail, nil) == nil
}

// askFor does the same as ask for a call that names a member, and returns the member.
func (w *World) askFor(op, id string) (*member, error) {
	if err := w.ask(op); err != nil {
		return nil, err
	}
	m := w.balancer.byID[id]
	if m == nil {
		return nil, &BalancerError{Status: http.StatusNotFound, Message: "Couldn't find server with id=" + id}
	}
	return m, nil
}

// Members returns the balancer's servers; it counts as one call. Errors are
// *BalancerError.
func (w *World) Members() ([]Member, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.ask("servers"); err != nil {
		return nil, err
	}
	members := make([]Member, len(w.balancer.members))
	for i, m := range w.balancer.members {
		members[i] = m.describe()
	}
	return members, nil
}

// Member returns one server by its id in the balancer; it counts as one call.
// Errors are *BalancerError.
func (w *World) Member(id string) (Member, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, err := w.askFor("server", id)
	if err != nil {
		return Member{}, err
	}
	return m.describe(), nil
}

// SetState changes the state of a server by its id in the balancer; it counts as
// one call. Errors are *BalancerError.
func (w *World) SetState(id string, to fleet.BalancerState) error {
	_, err := w.UpdateMember(id, MemberChange{State: &to})
	return err
}

// MemberChange is the body of an update; a nil field leaves its value unchanged.
type MemberChange struct {
	State      *fleet.BalancerState
	Multiplier *float64
	Secret     *fleet.Secret
	Tag        *string
}

// UpdateMember updates a server by its id in the balancer, and returns it as it is
// then; it counts as one call. Errors are *BalancerError.
func (w *World) UpdateMember(id string, c MemberChange) (Member, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, err := w.askFor("state", id)
	if err != nil {
		return Member{}, err
	}
	if c.State != nil {
		w.setState(m, *c.State)
	}
	assign(&m.multiplier, c.Multiplier)
	assign(&m.secret, c.Secret)
	assign(&m.tag, c.Tag)
	return m.describe(), nil
}

// assign sets *to to *from, unless from is nil.
func assign[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// AddMember adds a server to the balancer, disabled; it counts as one call. The
// URL need not be that of a simulated server, and may be listed already. Errors
// are *BalancerError.
func (w *World) AddMember(url string, secret fleet.Secret, multiplier float64, tag string) (Member, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.ask("add"); err != nil {
		return Member{}, err
	}
	w.balancer.added++
	s := w.byName[url]
	if s == nil {
		s = w.byName[hostOf(url)]
	}
	m := w.enlist(uuid("added", w.balancer.added), url, secret, multiplier, s)
	m.tag = tag
	return m.describe(), nil
}

// RemoveMember removes a server from the balancer; it counts as one call. Its
// meetings go on, and the balancer forgets them. Errors are *BalancerError.
func (w *World) RemoveMember(id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, err := w.askFor("delete", id)
	if err != nil {
		return err
	}
	w.drop(m)
	return nil
}

// drop removes a member and its records of meetings.
func (w *World) drop(m *member) {
	same := func(o *member) bool { return o == m }
	w.balancer.members = slices.DeleteFunc(w.balancer.members, same)
	delete(w.balancer.byID, m.id)
	m.set(fleet.Disabled)
	for id := range m.records {
		w.unassign(id)
	}
	if m.s != nil {
		m.s.members = slices.DeleteFunc(m.s.members, same)
	}
}

// kindOf returns the kind of step that a change of state counts as.
func kindOf(from, to fleet.BalancerState) fleet.Kind {
	switch {
	case to == fleet.Cordoned:
		return fleet.Cordon
	case to == fleet.Disabled:
		return fleet.Disable
	case from == fleet.Cordoned:
		return fleet.Reclaim
	}
	return fleet.Enable
}

// raceTime is the time from an enable until the poll that it collides with overwrites
// the state (assumption; polls of a large fleet take seconds).
const raceTime = 3 * time.Second

// setState changes a member's state. The change collides with a poll because of a fault,
// or with the probability in BalancerConfig.
func (w *World) setState(m *member, to fleet.BalancerState) {
	from, took, load := m.state, m.takes(), m.load
	if to == from {
		return
	}
	w.noteStep(kindOf(from, to))
	m.set(to)
	switch cfg := w.cfg.Balancer; {
	case to == fleet.Cordoned && took && w.collides(CordonRaces, m, cfg.CordonRace):
		m.raced, m.racedLoad = true, load
	case to == fleet.Enabled && w.collides(EnableRaces, m, cfg.EnableRace):
		w.after(raceTime, func() { m.set(fleet.Disabled) })
	}
}

// collides reports whether a change of state collides with a poll.
func (w *World) collides(kind FaultKind, m *member, chance float64) bool {
	return w.strike(kind, "", m.s, nil) != nil || chance > 0 && w.random.Float64() < chance
}
