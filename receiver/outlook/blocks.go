package outlook

import (
	"fmt"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Blocks returns what keeps a server from its next step, the most general first. It
// is empty for a server that needs no other step.
func Blocks(st fleet.Status, s fleet.ServerStatus, now time.Time) (out []string) {
	for _, h := range st.Blocked {
		out = append(out, "nothing is changed: "+h.Text)
	}
	for _, p := range st.Pauses {
		if p.Covers(fleet.CloudServer{ServerRef: fleet.ServerRef{ID: s.ID}, Name: s.Name}, now) {
			out = append(out, "paused until "+fleet.Clock(p.Until)+": "+p.Reason)
		}
	}
	if s.InFlight != nil {
		out = append(out, fmt.Sprintf("%s is in progress, and a server has one change at a time", s.InFlight.Kind))
	}
	switch s.State {
	case fleet.StateOff:
		if st.Need > 0 {
			out = append(out, ofPool("not started: ", st.Limits, s.Pool)...)
		}
	case fleet.StateActive, fleet.StateDraining, fleet.StateEmpty:
		out = append(out, ofPool("not drained and not stopped: ", st.Brakes, s.Pool)...)
	}
	for _, cooldown := range []struct{ kind, text string }{
		{fleet.CooldownUp, "not grown before "}, {fleet.CooldownDown, "not cordoned and not shrunk before "}, {fleet.CooldownBackoff, "a step failed; not tried again before "},
	} {
		if until := s.Cooldowns[cooldown.kind]; until.After(now) {
			out = append(out, cooldown.text+fleet.Clock(until))
		}
	}
	return out
}

// ofPool returns the holds that are about a pool or about the whole fleet.
func ofPool(intro string, holds []fleet.Hold, pool string) (out []string) {
	for _, h := range holds {
		if h.Pool == "" || h.Pool == pool {
			out = append(out, intro+h.Text)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
