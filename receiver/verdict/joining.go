package verdict

import (
	"fmt"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// joining tells what one side knows and another does not.
func joining(s Situation) []Reason {
	var out []Reason
	do := "bbb-scaler check says why; mostly a name or DNS, see scalelite.host_names"
	if names := namesIn(s.Status, fleet.StateUnjoined); len(names) > 0 {
		out = append(out, Reason{Level: Attention, Text: fleet.Plural(len(names), "server is", "servers are") + " not joined to Scalelite and left alone: " + several(names),
			Do: do, Runbook: rules.ScalerUnjoined, Servers: names})
	}
	if holds := s.Status.Unjoined; len(holds) > 0 {
		text := holds[0].Text
		if more := len(holds) - 1; more > 0 {
			text += fmt.Sprintf(", and %d more", more)
		}
		out = append(out, Reason{Level: Attention, Text: "not joined to a server: " + text, Do: do, Runbook: rules.ScalerUnjoined})
	}
	return out
}
