package actions

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// observe brings the records up to what the look shows and stores them; it
// returns why nothing may be written.
func (s *Scaler) observe(ctx context.Context, cfg Config, w seen, servers []Server, now time.Time) ([]string, error) {
	failed := s.failedRequests(ctx, cfg, servers)
	s.mu.Lock()
	defer s.mu.Unlock()
	var c Commit
	pauses := s.pausesAt(now, &c)
	if f, changed := s.memory.Fleet.pulled(now); changed {
		c.Fleet = &f
	}
	for i := range servers {
		v := &servers[i]
		v.Record = s.memory.Records[v.ID] // a write may have ended meanwhile
		v.Record.pull(now, cfg.Cooldowns)
		if w.unsure[v.Datacenter] == "" && w.missing[v.ID] == "" && w.balanced == "" && !s.applying[v.ID] {
			flight := v.Record.Flight
			ended := v.observe(cfg, failed[v.ID], w.cloudAt[v.Datacenter], w.balancerAt, now)
			s.forgive(&c, flight, ended)
			c.Entries = append(c.Entries, ended...)
		}
		v.classify(cfg, w.world, now)
		v.hold(pauses, now)
		if s.applying[v.ID] {
			v.Hold = "a write is under way"
		}
		v.since(now)
		if last := s.memory.Records[v.ID]; v.Record != last && !reflect.DeepEqual(v.Record, last) { // the first is quick
			c.Records = append(c.Records, v.Record)
		}
	}
	frozen := s.freeze(cfg, w, now, &c)
	if err := s.commit(c); err != nil {
		return nil, fmt.Errorf("storing a look: %w", err)
	}
	return append(frozen, s.refused.why(now)...), nil
}

// forgive takes a start that failed out of the scale-out cooldown: another is to
// be started in its place at once.
func (s *Scaler) forgive(c *Commit, flight *Flight, ended []Entry) {
	for _, e := range ended {
		if e.Step.Kind != Start || e.Outcome == Done {
			continue
		}
		if c.Fleet == nil {
			c.Fleet = &s.memory.Fleet
		}
		c.Fleet = c.Fleet.forgiven(flight.At)
	}
}

// since notes when the state changed.
func (v *Server) since(now time.Time) {
	v.Record.ID = v.ID
	if v.Record.State != v.State {
		v.Record.State, v.Record.Since = v.State, now
	}
}

// pausesAt returns the pauses in force and drops those that are over.
func (s *Scaler) pausesAt(now time.Time, c *Commit) []Pause {
	var out []Pause
	for _, p := range s.memory.Pauses {
		if now.Before(p.Until) {
			out = append(out, p)
		} else {
			c.DropPauses = append(c.DropPauses, p.ID)
		}
	}
	slices.SortFunc(out, func(a, b Pause) int { return a.From.Compare(b.From) })
	return out
}

// failedRequests asks the cloud about flights whose server shows no pending
// change and not their goal either.
func (s *Scaler) failedRequests(ctx context.Context, cfg Config, servers []Server) map[string]string {
	ids := map[string]string{}
	var ask []string
	for i := range servers {
		if f := servers[i].Record.Flight; f != nil && f.Request != "" && !servers[i].Busy && !servers[i].reached(f.Step) {
			ids[f.Request] = servers[i].ID
			ask = append(ask, f.Request)
		}
	}
	failed := map[string]string{}
	for request, r := range s.requests.Read(ctx, ask, cfg.Deadlines.Patience) {
		if r.Err == nil && r.Value.Phase == RequestFailed {
			failed[ids[request]] = "the cloud's request " + request + " failed: " + r.Value.Message
		}
	}
	return failed
}
