package actions

import (
	"fmt"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// poolsOf returns the pools of a plan with the states of their servers, or nil if no
// server has a tag.
func poolsOf(servers []fleet.ServerStatus, plans []fleet.PoolPlan) []fleet.PoolStatus {
	if !slices.ContainsFunc(plans, func(p fleet.PoolPlan) bool { return p.Pool != "" }) {
		return nil
	}
	pools := make([]fleet.PoolStatus, len(plans))
	for i, p := range plans {
		pools[i] = fleet.PoolStatus{Pool: p.Pool, Floor: p.Floor, Need: max(0, p.Need), Counts: map[fleet.State]int{}}
		for _, s := range servers {
			if s.Pool == p.Pool {
				pools[i].Counts[s.State]++
			}
		}
	}
	return pools
}

// unknownPools returns the pools that the configuration names and that have no server.
func unknownPools(cfg fleet.Config, plans []fleet.PoolPlan) []string {
	return slices.DeleteFunc(cfg.Capacity.PoolNames(), func(name string) bool { return planned(plans, name) })
}

// strayAlerts says which alerts about the fleet are of a pool that has no server: they
// change nothing.
func strayAlerts(alerts []fleet.Alert, plans []fleet.PoolPlan) (stray []fleet.Hold) {
	for _, a := range alerts {
		switch {
		case planned(plans, a.Pool()):
		case a.Pool() == "":
			stray = append(stray, fleet.Hold{Kind: fleet.HoldNoTarget, Text: fmt.Sprintf("alert %s has no label pool, and every server has a tag", a.Name)})
		default:
			stray = append(stray, fleet.Hold{Kind: fleet.HoldNoTarget, Text: fmt.Sprintf("alert %s is about pool %q, and no server has that tag", a.Name, a.Pool())})
		}
	}
	return stray
}

func planned(plans []fleet.PoolPlan, pool string) bool {
	return slices.ContainsFunc(plans, func(p fleet.PoolPlan) bool { return p.Pool == pool })
}
