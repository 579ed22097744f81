package actions

import (
	"fmt"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Pause stores a pause. Its reason and a time to end in the future are required.
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
	for at := now.UnixNano(); ; at++ { // two can come at the same time of a coarse clock
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

// Resume ends a pause by its id; "" ends all. ErrGone if there is none.
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

// Release gives a server that a person stopped, resized, cordoned or disabled
// back to the scaler, by id or name. One that runs and is not enabled is
// brought into service once BigBlueButton answers.
func (s *Scaler) Release(server string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, known := range s.servers {
		if known.ID == server || known.Name == server {
			r := s.memory.Records[known.ID]
			r.ID, r.Manual, r.Tried = known.ID, "", nil
			if r.State == fleet.StateManual && known.Power == fleet.PowerOn {
				r.SetAim(fleet.AimServe, s.deps.Now())
			}
			s.poke()
			return s.commit(fleet.Commit{Records: []fleet.Record{r}})
		}
	}
	return fmt.Errorf("server %q %w in the fleet", server, fleet.ErrGone)
}
