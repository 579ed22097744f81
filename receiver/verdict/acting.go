package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// acting tells what keeps the daemon from acting.
func acting(s Situation) []Reason {
	var out []Reason
	for _, b := range s.Status.Blocked {
		do := "mend the credentials, or confirm by a restart that missing servers are gone on purpose"
		if b.Kind == fleet.HoldStore {
			do = "look at the disk of --storage.path, or at the database of --storage.url; no restart is needed"
		}
		out = append(out, Reason{Level: Bad, Text: "nothing is changed: " + b.Text, Do: do, Runbook: rules.ScalerWritesBlocked})
	}
	if s.JournalError != "" {
		out = append(out, Reason{Level: Bad, Text: "the journal cannot be read: " + s.JournalError,
			Do: "look at the disk of --storage.path: without it nothing is changed"})
	}
	if p, ok := fleetPause(s.Status); ok {
		out = append(out, Reason{Level: Attention, Text: fmt.Sprintf("the whole fleet is paused until %s: %s", fleet.Clock(p.Until), p.Reason),
			Do: "bbb-scaler resume " + p.ID + " ends the pause"})
	}
	for _, b := range s.Status.Brakes {
		if r, ok := brake(b, s.Status); ok {
			out = append(out, r)
		}
	}
	return out
}

// fleetPause returns the pause that keeps the daemon from adding capacity.
func fleetPause(st fleet.Status) (fleet.Pause, bool) {
	i := slices.IndexFunc(st.Pauses, func(p fleet.Pause) bool { return p.Server == "" && !p.ScaleInOnly })
	if i < 0 {
		return fleet.Pause{}, false
	}
	return st.Pauses[i], true
}

// brake returns the reason for a brake on scale-in, unless the brake belongs to
// normal operation or something else tells of its cause.
func brake(b fleet.Hold, st fleet.Status) (Reason, bool) {
	r := Reason{Level: Attention, Text: "no scale-in: " + b.Text}
	switch b.Kind {
	case fleet.HoldDemand, fleet.HoldSchedule, fleet.HoldStarted, fleet.HoldPause:
		return Reason{}, false
	case fleet.HoldRead:
		r.Do, r.Runbook = "run bbb-scaler check", rules.ScalerFleetUnread
		return r, !slices.ContainsFunc(st.Sources, func(s fleet.SourceStatus) bool { return s.Error != "" })
	case fleet.HoldSilent:
		r.Level, r.Text, r.Runbook = Bad, b.Text, rules.ServerDown
		r.Do = "look whether a lesson can be joined, and at the network between bbb-scaler and the servers"
	case fleet.HoldUnmeasured:
		r.Do, r.Runbook = "look at Prometheus's page of targets", rules.FleetUnseen
	}
	return r, true
}

// recent is how long a failed step counts, as in the alert on failing steps.
const recent = 30 * time.Minute

// manyFailures is the number of servers from which on a failing kind of step that
// adds capacity is bad, also while others are on the way.
const manyFailures = 3

// steps names the steps that fail: the newest entry of a server and kind of step
// within the last half hour is a failure.
func steps(s Situation) []Reason {
	servers := map[fleet.Kind][]string{}
	newest := map[fleet.Kind]fleet.Entry{}
	seen := map[string]bool{}
	for _, e := range s.Journal {
		key := string(e.Step.Kind) + " " + cmp.Or(e.Step.ServerID, e.Step.Server)
		if e.Outcome == fleet.Begun || seen[key] || s.Now.Sub(e.At) > recent {
			continue
		}
		seen[key] = true
		if e.Outcome != fleet.Failed {
			continue
		}
		if len(servers[e.Step.Kind]) == 0 {
			newest[e.Step.Kind] = e
		}
		servers[e.Step.Kind] = append(servers[e.Step.Kind], e.Step.Server)
	}
	var out []Reason
	for _, kind := range fleet.Kinds() {
		names := servers[kind]
		if len(names) == 0 {
			continue
		}
		r := Reason{Level: Attention, Runbook: rules.ScalerStepsFailing, Servers: names, Do: "the journal says why; exclude a server that is stuck with fleet.exclude",
			Text: fmt.Sprintf("%s failed on %s: %s", kind, several(names), cmp.Or(newest[kind].Detail, "no error was given"))}
		if stuck := s.Status.Need > 0 && coming(s.Status) == 0; adds(kind) && (stuck || len(names) >= manyFailures) {
			r.Level = Bad
		}
		out = append(out, r)
	}
	return out
}

// adds reports whether steps of a kind add capacity.
func adds(kind fleet.Kind) bool {
	return slices.Contains([]fleet.Kind{fleet.Start, fleet.Enable, fleet.Grow, fleet.Reclaim}, kind)
}
