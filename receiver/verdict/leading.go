package verdict

import (
	"cmp"
	"fmt"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// standingBy is the reason of a daemon that does not lead. What it shows is not the
// present state of the fleet: if the leader answered, its own verdict would be shown.
func standingBy(l fleet.Leadership) Reason {
	if l.Holder != "" {
		return Reason{Level: Bad, Runbook: rules.ScalerDown, Text: fmt.Sprintf("this daemon stands by for %s, which it does not reach: what is shown may be old", l.Holder),
			Do: "call " + cmp.Or(l.Address, l.Holder) + " directly, and look at the network between the two"}
	}
	return Reason{Level: Bad, Runbook: rules.ScalerDown, Text: "no daemon leads, and nothing is changed: " + cmp.Or(l.Problem, "the last lease has not ended yet"),
		Do: "wait 15 seconds; if it stays, look at the database of --storage.url and at the logs"}
}
