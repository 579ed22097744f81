package verdict

import (
	"cmp"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// badShare is the share of the servers in service from which on servers that are
// lost make the verdict bad.
const badShare = 0.25

// broken names the servers that should serve and do not.
func broken(s Situation) []Reason {
	var out []Reason
	if names := namesIn(s.Status, fleet.StateDown); len(names) > 0 {
		out = append(out, Reason{Level: lostLevel(len(names), s.Status.Counts[fleet.StateActive]+len(names)), Servers: names, Runbook: rules.ServerDown,
			Text: fleet.Plural(len(names), "server is", "servers are") + " down and out of service: " + several(names),
			Do:   "log in and run bbb-conf --check, look at disk space and memory; bbb-scaler does not restart servers"})
	}
	known := byServer(s)
	var names []string
	for _, sv := range s.Status.Servers {
		if inService(sv) && slices.ContainsFunc(alertNames(sv, known[sv.ID]), func(n string) bool { return s.Asks[n].Ask == rules.AskDisable }) {
			names = append(names, cmp.Or(sv.Name, sv.ID))
		}
	}
	if len(names) > 0 {
		out = append(out, Reason{Level: lostLevel(len(names), s.Status.Counts[fleet.StateActive]), Servers: names, Runbook: rules.ServerDown,
			Text: fleet.Plural(len(names), "server in service does", "servers in service do") + " not answer: " + several(names),
			Do:   "look whether they can be joined; BigBlueButton is asked before they are taken out"})
	}
	return out
}

// lostLevel is the level at which lost servers, of so many, count.
func lostLevel(lost, of int) Level {
	if lost > 1 && float64(lost) >= badShare*float64(of) {
		return Bad
	}
	return Attention
}

// namesIn returns the names of the servers in a state.
func namesIn(st fleet.Status, state fleet.State) (names []string) {
	for _, sv := range st.Servers {
		if sv.State == state {
			names = append(names, cmp.Or(sv.Name, sv.ID))
		}
	}
	return names
}
