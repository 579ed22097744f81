package actions

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
)

// update updates the records from what the cycle read, commits them, and returns the
// view for plan.Decide. It makes no outside calls.
func (s *Scaler) update(cfg fleet.Config, r reads, servers []fleet.Server, failed map[string]string, now time.Time) (plan.View, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var c fleet.Commit
	pauses := s.pausesAt(now, &c)
	if f, changed := s.memory.Fleet.CorrectClock(now); changed {
		c.Fleet = &f
	}
	var reversed []fleet.Reversal
	for i := range servers {
		if s.updateServer(cfg, r, &servers[i], failed, pauses, now, &c) {
			reversed = append(reversed, fleet.Reversal{ServerID: servers[i].ID, At: now})
		}
	}
	s.contest(cfg, servers, reversed, pauses, now, &c)
	blocked := s.shortList(cfg, r, now, &c)
	s.tryStore(&c)
	if err := s.commit(c); err != nil {
		return plan.View{}, fmt.Errorf("storing a cycle: %w", err)
	}
	v := plan.View{
		Now: now, Servers: servers, Alerts: cfg.FleetAlerts(r.Alerts), Fleet: s.memory.Fleet, Contract: r.contract,
		// Known also counts servers that are not in the fleet.
		Unknown: max(0, s.memory.Fleet.Known-len(r.Cloud)),
		Pauses:  pauses, Blocked: append(blocked, s.refused.why(now)...), Brakes: r.failing,
	}
	if contest := s.memory.Fleet.Contest; contest.Lasts() {
		v.Brakes = append(v.Brakes, contest.Hold())
	}
	if s.complete == 0 {
		v.Brakes = append(v.Brakes, fleet.Hold{Kind: fleet.HoldStarted, Text: "just started: no scale-in before all sources were read once"})
	}
	return v, nil
}

// updateServer updates the record and the state of one server from what the cycle
// read. It returns whether somebody else has reversed the scaler's last change of the
// server. The caller holds mu.
func (s *Scaler) updateServer(cfg fleet.Config, r reads, v *fleet.Server, failed map[string]string, pauses []fleet.Pause, now time.Time, c *fleet.Commit) (reversed bool) {
	stored := s.memory.Records[v.ID]
	v.Record = stored
	v.Record.CorrectClock(now, cfg.Cooldowns)
	if r.Unsure[v.Datacenter] == "" && r.Missing[v.ID] == "" && r.BalancerUnsure == "" && !s.applying[v.ID] {
		flight := v.Record.Flight
		ended := v.Observe(cfg, failed[v.ID], r.cloudAt[v.Datacenter], r.balancerAt, now)
		s.forgive(c, flight, ended)
		c.Entries = append(c.Entries, ended...)
		reversed = v.NoteReversal(cfg, r.cloudAt[v.Datacenter], r.balancerAt, now) && !leftAlone(cfg, v.CloudServer, pauses, now)
		if reversed && s.memory.Fleet.Contest.Lasts() {
			v.Record.SetAim(fleet.AimNone, now) // not repeated
		}
	}
	v.Classify(cfg, r.Snapshot, now)
	v.ApplyPauses(pauses, now)
	if s.applying[v.ID] {
		v.Hold = "a write to it is in progress"
	}
	v.NoteState(now)
	explainContest(s.memory.Fleet.Contest, v)
	if v.Record != stored && !reflect.DeepEqual(v.Record, stored) { // != is fast and usually enough; DeepEqual decides if a pointer differs
		c.Records = append(c.Records, v.Record)
	}
	return reversed
}

// forgive removes failed starts from the scale-out cooldown, so that other servers can
// be started instead without a wait.
func (s *Scaler) forgive(c *fleet.Commit, flight *fleet.Flight, ended []fleet.Entry) {
	for _, e := range ended {
		if e.Step.Kind != fleet.Start || e.Outcome == fleet.Done {
			continue
		}
		if c.Fleet == nil {
			c.Fleet = &s.memory.Fleet
		}
		c.Fleet = c.Fleet.WithoutStart(flight.At)
	}
}

// pausesAt returns the pauses that have not ended at now, sorted by their begin, and
// adds the others to c, to be dropped.
func (s *Scaler) pausesAt(now time.Time, c *fleet.Commit) []fleet.Pause {
	var out []fleet.Pause
	for _, p := range s.memory.Pauses {
		if now.Before(p.Until) {
			out = append(out, p)
		} else {
			c.DropPauses = append(c.DropPauses, p.ID)
		}
	}
	slices.SortFunc(out, func(a, b fleet.Pause) int { return a.From.Compare(b.From) })
	return out
}

// shortList returns a hold while the cloud lists far fewer servers than before
// (fleet.FleetRecord.Frozen): an incomplete list is more likely than a smaller fleet.
// The caller holds mu.
func (s *Scaler) shortList(cfg fleet.Config, r reads, now time.Time, c *fleet.Commit) []fleet.Hold {
	f := s.memory.Fleet
	if c.Fleet != nil {
		f = *c.Fleet
	}
	if r.unread {
		return nil
	}
	f.NoteListed(r.listed, cfg.Fleet.Datacenters, now)
	if !reflect.DeepEqual(f, s.memory.Fleet) {
		c.Fleet = &f
	}
	return f.Frozen(r.listed, cfg.ScaleIn.MaxVanished)
}
