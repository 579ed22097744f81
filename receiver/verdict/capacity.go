package verdict

import (
	"fmt"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// capacity tells whether the servers that are needed are in service, or come.
func capacity(s Situation) []Reason {
	st := s.Status
	var out []Reason
	active := st.Counts[fleet.StateActive]
	switch short := st.Floor - active; {
	case st.Counts[fleet.StateUncertain] > 0: // those may be in service
	case active == 0 && (st.Floor > 0 || st.Need > 0):
		out = append(out, Reason{Level: Bad, Text: fmt.Sprintf("no server takes new meetings; the floor is %d, %d on the way", st.Floor, coming(st)),
			Do: "start servers in the cloud's console and enable them in Scalelite", Runbook: rules.FleetBelowMinimum})
	case short > 0 && st.Need == 0:
		out = append(out, Reason{Level: Attention, Text: fmt.Sprintf("%d servers take new meetings, the floor is %d, %d on the way", active, st.Floor, coming(st)),
			Runbook: rules.FleetBelowMinimum})
	}
	return append(out, needed(s)...)
}

// needed tells whether capacity that is needed can be added.
func needed(s Situation) []Reason {
	st := s.Status
	need := fleet.Plural(st.Need, "more server is", "more servers are") + " needed"
	_, paused := fleetPause(st)
	switch {
	case len(st.Limits) > 0 && st.Need > 0:
		return []Reason{{Level: Bad, Text: need + ", and a limit is reached: " + texts(st.Limits),
			Do: "raise the limit, or lower the load: fewer recordings, fewer webcams", Runbook: rules.ScalerAtLimit}}
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
