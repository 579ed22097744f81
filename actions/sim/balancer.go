package sim

import (
	"fmt"
	"net/http"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
)

// member is a server's place in the balancer.
type member struct {
	id         string
	registered bool
	state      actions.BalancerState
	online     bool
	load       float64
	loadKnown  bool
	raced      bool // cordoned during a poll: still takes meetings
	multiplier float64
	tag        string
	bad, good  int // polls in a row that failed, that went well
}

// takes tells whether placement considers the server.
func (m *member) takes() bool {
	return m.registered && m.online && m.loadKnown && (m.state == actions.Enabled || m.raced)
}

// set moves the member as the balancer's updateServer does.
func (m *member) set(to actions.BalancerState) {
	if to == m.state {
		return
	}
	if m.state == actions.Disabled || to == actions.Disabled {
		m.loadKnown = false // until the next poll
	}
	m.state, m.raced = to, false
}

// Member is a server as the balancer's API describes it.
type Member struct {
	actions.BalancerServer
	Multiplier float64
	Tag        string
}

// BalancerError is a refusal by the balancer, as its HTTP answer would say it.
type BalancerError struct {
	Status  int // 0: it cannot be reached at all
	Message string
}

// Error says what the balancer answered.
func (e *BalancerError) Error() string {
	if e.Status == 0 {
		return "balancer: " + e.Message
	}
	return fmt.Sprintf("balancer answered %d: %s", e.Status, e.Message)
}

// Unwrap returns actions.ErrGone for an unknown server.
func (e *BalancerError) Unwrap() error {
	if e.Status == http.StatusNotFound {
		return actions.ErrGone
	}
	return nil
}

// ask counts a call of the balancer and meets its faults.
func (w *World) ask(op string) *BalancerError {
	w.calls["balancer."+op]++
	switch {
	case w.strike(BalancerDown, op, nil, nil) != nil:
		return &BalancerError{Message: "connection refused"}
	case w.strike(BalancerFail, op, nil, nil) != nil:
		return &BalancerError{Status: http.StatusInternalServerError, Message: "Internal Server Error"}
	case writes[op] && w.strike(BalancerBusy, op, nil, nil) != nil:
		return &BalancerError{Status: http.StatusBadRequest, Message: "Servers list concurrently modified"}
	}
	return nil
}

// Members lists the balancer's servers as one call of it. Errors are
// *BalancerError.
func (w *World) Members() ([]Member, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e := w.ask("servers"); e != nil {
		return nil, e
	}
	members := make([]Member, 0, len(w.servers))
	for _, s := range w.servers {
		if s.member.registered {
			members = append(members, s.describe())
		}
	}
	return members, nil
}

// Member reads one server as one call of the balancer. Errors are
// *BalancerError.
func (w *World) Member(id string) (Member, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e := w.ask("server"); e != nil {
		return Member{}, e
	}
	s, err := w.memberOf(id)
	if err != nil {
		return Member{}, err
	}
	return s.describe(), nil
}

// SetState sends one change of state to the balancer. Errors are
// *BalancerError.
func (w *World) SetState(id string, to actions.BalancerState) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e := w.ask("state"); e != nil {
		return e
	}
	s, err := w.memberOf(id)
	if err != nil {
		return err
	}
	w.setState(s, to)
	return nil
}

func (w *World) memberOf(id string) (*server, error) {
	s := w.byName[id]
	if s == nil || s.member.id != id || !s.member.registered {
		return nil, &BalancerError{Status: http.StatusNotFound, Message: "Couldn't find server with id=" + id}
	}
	return s, nil
}

func (s *server) describe() Member {
	m := &s.member
	return Member{
		BalancerServer: actions.BalancerServer{
			ID: m.id, URL: s.spec.URL, Secret: s.spec.Secret, State: m.state, Online: m.online,
			Load: m.load * btof(m.loadKnown), LoadKnown: m.loadKnown,
		},
		Multiplier: m.multiplier, Tag: m.tag,
	}
}

func btof(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// kindOf is the step that a change of state counts as.
func kindOf(from, to actions.BalancerState) actions.Kind {
	switch {
	case to == actions.Cordoned:
		return actions.Cordon
	case to == actions.Disabled:
		return actions.Disable
	case from == actions.Cordoned:
		return actions.Reclaim
	}
	return actions.Enable
}

// setState changes a member's state, and lets it collide with a poll when that
// is its fate.
func (w *World) setState(s *server, to actions.BalancerState) {
	m := &s.member
	from := m.state
	if to == from {
		return
	}
	w.noteStep(kindOf(from, to))
	m.set(to)
	switch {
	case to == actions.Cordoned && from == actions.Enabled && m.loadKnown && w.collides(CordonRaces, s, w.cfg.Balancer.CordonRace):
		m.raced = true
	case to == actions.Enabled && w.collides(EnableRaces, s, w.cfg.Balancer.EnableRace):
		w.after(raceTime, func() { m.set(actions.Disabled) })
	}
}

// raceTime is how long after an enable the poll that it collided with writes
// its own result (assumption; polls of a large fleet take seconds).
const raceTime = 3 * time.Second

func (w *World) collides(kind FaultKind, s *server, chance float64) bool {
	return w.strike(kind, "", s, s.dc) != nil || chance > 0 && w.random.Float64() < chance
}

// place picks the server for a new meeting: of those that take meetings the
// one with the lowest load, ties by id, as Redis orders equal scores. It
// returns nil when there is none. The meeting counts 1, times the server's
// multiplier, until the next poll.
func (w *World) place() *server {
	var best *server
	for _, s := range w.servers {
		m := &s.member
		if m.takes() && (best == nil || m.load < best.member.load || m.load == best.member.load && m.id < best.member.id) {
			best = s
		}
	}
	if best != nil {
		best.member.load += best.member.multiplier
	}
	return best
}
