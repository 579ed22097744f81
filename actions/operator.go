package actions

import (
	"fmt"
	"path"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Pause stores a pause, which is in force from then on, and returns it with its id. From
// defaults to now. The error matches fleet.ErrInvalid if the pause is not valid
// (fleet.Pause.Validate), or if it is for a server that the last cycle did not see.
func (s *Scaler) Pause(p fleet.Pause) (fleet.Pause, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.deps.Now()
	if p.From.IsZero() {
		p.From = now
	}
	if err := p.Validate(now); err != nil {
		return fleet.Pause{}, err
	}
	if err := s.knows(p); err != nil {
		return fleet.Pause{}, err
	}
	for at := now.UnixNano(); ; at++ { // with a coarse clock, two pauses can get the same time
		p.ID = fmt.Sprintf("p%d", at)
		if _, taken := s.memory.Pauses[p.ID]; !taken {
			break
		}
	}
	if err := s.commit(fleet.Commit{Pauses: []fleet.Pause{p}}); err != nil {
		return fleet.Pause{}, fmt.Errorf("storing a pause: %w", err)
	}
	s.poke()
	return p, nil
}

// knows returns an error if the pause matches no server of the last cycle. Every pause
// is accepted while the last cycle did not see the whole fleet. The caller holds mu.
func (s *Scaler) knows(p fleet.Pause) error {
	servers := s.status.Servers
	if p.Server == "" || !s.sawAll() {
		return nil
	}
	for _, known := range servers {
		if p.Matches(s.servers[known.ID].CloudServer) {
			return nil
		}
	}
	some := ""
	if len(servers) > 0 {
		some = fmt.Sprintf(", such as %s (%s)", servers[0].Name, servers[0].ID)
	}
	return fmt.Errorf("%w pause: server %q must be the name or the id of a server of the fleet%s, or a pattern of names such as bbb-1*; leave it out to pause the whole fleet",
		fleet.ErrInvalid, p.Server, some)
}

// sawAll reports whether the whole fleet was read once, and the cloud lists as many
// servers as before. Otherwise, a server that the last cycle did not see may exist. The
// caller holds mu.
func (s *Scaler) sawAll() bool {
	return s.complete > 0 && s.memory.Fleet.Listed >= s.memory.Fleet.Known
}

// Resume ends the pause with the given id, or all pauses if id is empty. The error
// matches fleet.ErrGone if there is no pause with that id.
func (s *Scaler) Resume(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var drop []string
	for _, p := range s.memory.Pauses {
		if id == "" || p.ID == id {
			drop = append(drop, p.ID)
		}
	}
	if len(drop) == 0 && id != "" {
		return fmt.Errorf("pause %q %w", id, fleet.ErrGone)
	}
	s.poke()
	return s.commit(fleet.Commit{DropPauses: drop})
}

// Release gives a server that a person stopped, resized, cordoned or disabled back to
// the scaler. server is its id or name, or a pattern of the names of several. A server
// that runs and is not enabled is brought into service once BigBlueButton answers. The
// error matches fleet.ErrGone if there is no such server. It can be called again later if
// the last cycle did not see the whole fleet.
func (s *Scaler) Release(server string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, found := fleet.Commit{}, false
	for _, known := range s.servers {
		r, named := s.memory.Records[known.ID], known.ID == server || known.Name == server
		matched, _ := path.Match(server, known.Name)
		found = found || named || matched
		if named || (matched && (r.Manual != "" || r.State == fleet.StateManual)) {
			r.ID = known.ID
			r.GiveBack(known.Power, s.deps.Now())
			c.Records = append(c.Records, r)
		}
	}
	if !found {
		return s.unseen(server)
	}
	s.poke()
	return s.commit(c)
}

// unseen returns the error for a server that the last cycle did not see. The caller holds
// mu.
func (s *Scaler) unseen(server string) error {
	if !s.sawAll() {
		return fmt.Errorf("server %q cannot be released before the whole fleet is read: try again", server)
	}
	return fmt.Errorf("server %q %w in the fleet", server, fleet.ErrGone)
}
