package verdict

import (
	"fmt"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// capacity tells whether the servers that are needed are in service, or come.
func capacity(s Situation) []Reason {
	var out []Reason
	if len(s.Status.Pools) == 0 {
		out = below(fleet.PoolStatus{Floor: s.Status.Floor, Need: s.Status.Need, Counts: s.Status.Counts}, "")
	}
	for _, p := range s.Status.Pools {
		of := " with the tag " + p.Pool
		if p.Pool == "" {
			of = " without a tag"
		}
		out = append(out, below(p, of)...)
	}
	return append(out, needed(s)...)
}

// below tells whether a pool has fewer servers in service than its floor; of says
// which servers they are, and is empty in a fleet without tags.
func below(p fleet.PoolStatus, of string) []Reason {
	active, soon := p.Active(), p.Counts[fleet.StateStarting]+p.Counts[fleet.StateWarming]
	switch short := p.Floor - active; {
	case p.Counts[fleet.StateUncertain] > 0: // those may be in service
	case active == 0 && (p.Floor > 0 || p.Need > 0):
		return []Reason{{Level: Bad, Text: fmt.Sprintf("no server%s takes new meetings; the floor is %d, %d on the way", of, p.Floor, soon),
			Do: "start servers in the cloud's console and enable them in Scalelite", Runbook: rules.FleetBelowMinimum}}
	case short > 0 && p.Need == 0:
		return []Reason{{Level: Attention, Text: fmt.Sprintf("%d servers%s take new meetings, the floor is %d, %d on the way", active, of, p.Floor, soon),
			Runbook: rules.FleetBelowMinimum}}
	}
	return nil
}

// needed tells whether capacity that is needed can be added.
func needed(s Situation) []Reason {
	st := s.Status
	need := fleet.Plural(st.Need, "more server is", "more servers are") + " needed"
	_, paused := fleetPause(st)
	switch {
	case len(st.Limits) > 0 && st.Need > 0:
		r := Reason{Level: Bad, Text: need + ", and a limit is reached: " + texts(st.Limits),
			Do: "raise the limit, or lower the load: fewer recordings, fewer webcams", Runbook: rules.ScalerAtLimit}
		if st.Counts[fleet.StateUncertain] > 0 {
			r.Do = "end the outage first: a server that cannot be read is not started"
		}
		return []Reason{r}
	case len(st.Limits) > 0:
		return []Reason{{Level: Attention, Text: "a limit is reached: " + texts(st.Limits), Do: "raise the limit before it is needed", Runbook: rules.ScalerAtLimit}}
	case st.Need == 0:
		return nil
	case st.DryRun:
		return []Reason{{Level: Attention, Text: need + ", and the dry run starts none", Do: "start them by hand, or run without --dry-run"}}
	case len(st.Blocked) > 0:
		return []Reason{{Level: Bad, Text: need + ", and nothing is changed", Do: "start them in the cloud's console and enable them in Scalelite", Runbook: rules.ScalerWritesBlocked}}
	case paused:
		return []Reason{{Level: Bad, Text: need + ", and the fleet is paused", Do: "end the pause with bbb-scaler resume"}}
	}
	return []Reason{{Level: Attention, Text: fmt.Sprintf("%s; %d on the way", need, coming(st)), Do: "nothing, unless it stays", Runbook: rules.FleetBelowMinimum}}
}
