package actions

import (
	"reflect"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// contest notes whether somebody else reverses the scaler's changes, and gives
// back at the end what a second scaler has taken. The caller holds mu.
func (s *Scaler) contest(cfg fleet.Config, servers []fleet.Server, reversed []fleet.Reversal, pauses []fleet.Pause, now time.Time, c *fleet.Commit) {
	f := s.memory.Fleet
	if c.Fleet != nil {
		f = *c.Fleet
	}
	before := f.Contest
	f.Contest = before.Note(reversed, heldNow(servers, now), now)
	if reflect.DeepEqual(before, f.Contest) {
		return
	}
	c.Fleet = &f
	switch after := f.Contest; {
	case !before.Lasts() && after.Lasts():
		s.log.Warn("somebody else reverses the scaler's changes; scale-in is stopped; look for a second scaler",
			"servers", names(servers, after.Servers()), "since", after.Reversals[0].At)
	case before.Lasts() && !after.Lasts():
		var back []string
		for i := range servers {
			if v := &servers[i]; before.Proven && before.Took(v.Record) && !leftAlone(cfg, v.CloudServer, pauses, now) {
				v.Record.GiveBack(v.Power, now)
				c.Records, back = append(c.Records, v.Record), append(back, v.Name)
			}
		}
		s.log.Info("nobody else reverses the scaler's changes any more", "last", before.Last, "given_back", back)
	}
}

// heldNow reports whether somebody else has just taken a server out of service.
func heldNow(servers []fleet.Server, now time.Time) bool {
	return slices.ContainsFunc(servers, func(v fleet.Server) bool { return v.Record.HeldSince().Equal(now) || v.Record.ManualAt.Equal(now) })
}

// leftAlone reports whether the scaler is told to leave the server to people: what
// they do to it reverses nothing.
func leftAlone(cfg fleet.Config, v fleet.CloudServer, pauses []fleet.Pause, now time.Time) bool {
	return cfg.Excluded(v) || slices.ContainsFunc(pauses, func(p fleet.Pause) bool { return !p.ScaleInOnly && p.Covers(v, now) })
}

// explainContest says of a server that somebody else took out of service during
// the contest what becomes of it.
func explainContest(contest fleet.Contest, v *fleet.Server) {
	if !contest.Took(v.Record) {
		return
	}
	why := "taken out of service by somebody who reverses the scaler's changes: release it to give it to the scaler"
	if contest.Proven {
		why = "taken out of service by another program that reverses the scaler's changes: given back at " + fleet.Clock(contest.Until()) +
			" if nobody else changes the fleet until then"
	}
	if v.State == fleet.StateManual {
		v.Problem = why
	} else {
		v.Hold = why
	}
}

func names(servers []fleet.Server, ids []string) (out []string) {
	for i := range servers {
		if slices.Contains(ids, servers[i].ID) {
			out = append(out, servers[i].Name)
		}
	}
	return out
}
