package fleet

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Reversal is a change by the scaler that somebody else has reversed.
type Reversal struct {
	ServerID string    `json:"server_id"`
	At       time.Time `json:"at"` // when it was seen
}

// Contest is what is known of somebody else who reverses the scaler's changes: a
// second daemon, another autoscaler, or a person who disagrees. A person at work
// changes servers, but does not reverse within minutes what the scaler has just
// written, on several servers or repeatedly.
type Contest struct {
	// Reversals are those of the last contestWindow, the oldest first, at most
	// maxReversals of them.
	Reversals []Reversal `json:"reversals,omitempty"`
	// Since is when the contest was noticed; zero: there is none.
	Since time.Time `json:"since,omitzero"`
	// From is the first reversal less contestWindow. Servers that somebody else took out
	// of service after From count as taken by the second scaler: it removes some servers
	// before the first one starts others in their place and the changes collide.
	From time.Time `json:"from,omitzero"`
	// Last is the last change that was not the scaler's.
	Last time.Time `json:"last,omitzero"`
	// Proven reports whether the reversals are too many for a person (provenOfOne,
	// provenOfAll). Only then are servers given back at the end. It is kept after the end.
	Proven bool `json:"proven,omitempty"`
	// Row is the number of contests, each of which began within contestRow after the
	// end of the previous one. It determines Quiet.
	Row int `json:"row,omitempty"`
	// Ended is when the last contest ended.
	Ended time.Time `json:"ended,omitzero"`
}

const (
	// reversalAge is the maximum time between a change and its reversal.
	reversalAge = 10 * time.Minute
	// contestWindow is the time in which contestReversals make a contest.
	contestWindow = 30 * time.Minute
	// contestReversals is the number of reversals that make a contest. A person who
	// reverses two or three changes does not make one.
	contestReversals = 4
	// provenOfOne is the number of reversals of one server within the window that
	// prove another program, and provenOfAll that of all servers together.
	provenOfOne = 3
	provenOfAll = 8
	// maxReversals limits the number of reversals that are stored.
	maxReversals = 64
	// contestQuiet is the time without a change by somebody else after which a contest
	// ends. It doubles with each contest in a row, up to contestQuietMax. Otherwise two
	// daemons that both wait would begin again every 30 min.
	contestQuiet    = 30 * time.Minute
	contestQuietMax = 4 * time.Hour
	// contestRow is the time after the end of a contest in which another one continues
	// it.
	contestRow = 4 * time.Hour
)

// Lasts reports whether there is a contest.
func (c Contest) Lasts() bool { return !c.Since.IsZero() }

// Quiet is how long nobody else must have changed anything before the contest ends.
func (c Contest) Quiet() time.Duration {
	return min(contestQuiet<<min(max(0, c.Row-1), 8), contestQuietMax)
}

// Until is when the contest ends if nobody else changes anything until then.
func (c Contest) Until() time.Time { return c.Last.Add(c.Quiet()) }

// Note is c after a cycle that saw the reversals; held reports whether any server
// was taken out of service by somebody else since the last cycle.
func (c Contest) Note(reversed []Reversal, held bool, now time.Time) Contest {
	c.Reversals = slices.DeleteFunc(slices.Concat(c.Reversals, reversed), func(r Reversal) bool { return now.Sub(r.At) > contestWindow })
	c.Reversals = c.Reversals[max(0, len(c.Reversals)-maxReversals):]
	switch {
	case !c.Lasts() && len(c.Reversals) >= c.enough(now):
		if c.Row++; !c.follows(now) {
			c.Row, c.Proven = 1, false
		}
		c.Since, c.From, c.Last = now, c.Reversals[0].At.Add(-contestWindow), now
	case c.Lasts() && (held || len(reversed) > 0):
		c.Last = now
	case c.Lasts() && !now.Before(c.Until()):
		return Contest{Proven: c.Proven, Row: c.Row, Ended: now}
	}
	c.Proven = c.Proven || c.Lasts() && c.proves()
	return c
}

// follows reports whether a contest that begins now continues the last one.
func (c Contest) follows(now time.Time) bool { return now.Sub(c.Ended) <= contestRow }

// enough is the number of reversals that make a contest now: a single one where
// another program is known to have been at work lately.
func (c Contest) enough(now time.Time) int {
	if c.Proven && c.follows(now) {
		return 1
	}
	return contestReversals
}

// proves reports whether the reversals are too many for a person.
func (c Contest) proves() bool {
	for _, n := range c.byServer() {
		if n >= provenOfOne {
			return true
		}
	}
	return len(c.Reversals) >= provenOfAll
}

// byServer counts the reversals of each server.
func (c Contest) byServer() map[string]int {
	n := map[string]int{}
	for _, r := range c.Reversals {
		n[r.ServerID]++
	}
	return n
}

// Hold says why no capacity is removed while the contest lasts.
func (c Contest) Hold() Hold {
	what := "somebody else has changed the fleet since " + Clock(c.From)
	if len(c.Reversals) > 0 {
		what = fmt.Sprintf("%s to %s reversed by somebody else since %s", Plural(len(c.Reversals), "change", "changes"),
			Plural(len(c.byServer()), "server", "servers"), Clock(c.Reversals[0].At))
	}
	return Hold{Kind: HoldContested, Text: what + "; is a second scaler running? No scale-in before " + Clock(c.Until())}
}

// Servers returns the ids of the servers that were reversed within the window.
func (c Contest) Servers() []string { return slices.Sorted(maps.Keys(c.byServer())) }

// Took reports whether the server was taken out of service by somebody else during
// the contest.
func (c Contest) Took(r Record) bool {
	since := r.HeldSince()
	return c.Lasts() && !since.IsZero() && !since.Before(c.From)
}

// HeldSince is since when the server has been out of the scaler's hands, as
// somebody else changed it; zero if it is not.
func (r Record) HeldSince() time.Time {
	switch {
	case r.State == StateManual && (r.ManualAt.IsZero() || r.Since.Before(r.ManualAt)):
		return r.Since
	case r.Manual != "":
		return r.ManualAt
	}
	return time.Time{}
}

// GiveBack gives the server back to the scaler: one that is off may be started,
// and one that runs is brought into service once BigBlueButton answers.
func (r *Record) GiveBack(power Power, now time.Time) {
	r.Manual, r.ManualAt, r.Tried = "", time.Time{}, nil
	if r.State == StateManual && power == PowerOn {
		r.SetAim(AimServe, now)
	}
}

// NoteReversal reports whether a read shows that somebody else has undone the last
// change of the server that the scaler made. It reports each one once. What the
// balancer's poller may have done is not counted.
func (s *Server) NoteReversal(cfg Config, cloudAt, balancerAt, now time.Time) bool {
	r := &s.Record
	switch {
	case r.Made == "" || r.Flight != nil:
		return false
	case now.Sub(r.MadeAt) > reversalAge:
		r.Made = ""
		return false
	}
	off := cloudAt.After(r.MadeAt) && s.Power == PowerOff
	on := cloudAt.After(r.MadeAt) && s.Power == PowerOn
	var state BalancerState
	if s.Balancer != nil && balancerAt.After(r.MadeAt) {
		state = s.Balancer.State
	}
	reversed := false
	switch r.Made {
	case Start:
		reversed = off
	case Enable, Reclaim:
		late := balancerAt.Sub(r.MadeAt) > 2*cfg.PollInterval // no poll that began before the change
		reversed = off || state == Cordoned || (state == Disabled && late)
		if state == Disabled && !late {
			r.Made = ""
		}
	case Cordon, Disable:
		reversed = state == Enabled
	case Stop:
		reversed = on
	}
	if reversed {
		r.Made = ""
	}
	return reversed
}
