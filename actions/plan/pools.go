package plan

import (
	"cmp"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// pools returns a decision for each pool of the view, in the order of their tags,
// which has the servers without one first. A pool needs a server that the balancer
// has: one that it does not know is in none, as far as anybody can tell. In a fleet
// of which the balancer has no server, all are in the pool without a tag.
func (all *shared) pools() []*decision {
	byTag := map[string]*decision{}
	var pools []*decision
	add := func(tag string) *decision {
		d := &decision{shared: all, pool: tag}
		byTag[tag] = d
		pools = append(pools, d)
		return d
	}
	known := map[string]bool{}
	last := add("")
	last.servers = make([]*fleet.Server, 0, len(all.v.Servers))
	for i := range all.v.Servers {
		s := &all.v.Servers[i]
		if tag := s.Pool(); last.pool != tag {
			if last = byTag[tag]; last == nil {
				last = add(tag)
			}
		}
		last.servers = append(last.servers, s)
		if s.Balancer != nil && s.State != fleet.StateExcluded && !known[last.pool] {
			known[last.pool] = true
		}
	}
	pools = slices.DeleteFunc(pools, func(d *decision) bool { return !known[d.pool] && (d.pool != "" || len(known) > 0) })
	slices.SortFunc(pools, func(a, b *decision) int { return cmp.Compare(a.pool, b.pool) })
	all.several = len(pools) > 1
	each(pools, (*decision).begin)
	return pools
}

// each lets every pool answer one question.
func each(pools []*decision, answer func(*decision)) {
	for _, d := range pools {
		answer(d)
	}
}

// begin takes stock of the pool: its alerts, totals and floor.
func (d *decision) begin() {
	n := usable(d.servers)
	d.byState = map[fleet.State][]*fleet.Server{}
	for _, s := range d.servers {
		d.byState[s.State] = append(d.byState[s.State], s)
	}
	d.capacity = d.cfg.Capacity
	d.capacity.Events = d.capacity.Events.Within(d.pool, d.v.Now, d.v.Now.Add(maxLead+time.Minute))
	d.sortAlerts()
	d.idle = idleOf(d.asks, d.low)
	d.count()
	d.floorNow = d.capacity.FloorAt(d.pool, d.v.Now, n)
	d.floor = d.floorAhead(n)
}

func (d *decision) sortAlerts() {
	for _, a := range d.v.Alerts {
		if a.Pool() != d.pool {
			continue
		}
		switch d.cfg.Asks[a.Name].Ask {
		case rules.AskStart:
			d.asks = append(d.asks, a)
		case rules.AskCordon:
			d.low = append(d.low, a)
		case rules.AskFloor:
			d.learn()
		}
	}
	slices.SortFunc(d.asks, fleet.CompareAlerts)
	slices.SortFunc(d.low, fleet.CompareAlerts)
}

// hold returns a reason of this pool not to do something.
func (d *decision) hold(kind fleet.HoldKind, text string) fleet.Hold {
	switch {
	case d.pool != "":
		text = "pool " + d.pool + ": " + text
	case d.several:
		text = "servers without a tag: " + text
	}
	return fleet.Hold{Kind: kind, Pool: d.pool, Text: text}
}

// in names the pool in reasons, if there can be another.
func (d *decision) in() string {
	switch {
	case d.pool != "":
		return " in pool " + d.pool
	case d.several:
		return " without a tag"
	}
	return ""
}

// sum adds up what the pools have in the plan.
func (all *shared) sum(pools []*decision) {
	for _, d := range pools {
		all.plan.Floor += d.floorNow
		all.plan.Need += d.need
		all.plan.Pools = append(all.plan.Pools, fleet.PoolPlan{Pool: d.pool, Floor: d.floorNow, Need: d.need})
		for _, h := range d.brakes {
			if !slices.Contains(all.plan.Brakes, h) {
				all.plan.Brakes = append(all.plan.Brakes, h)
			}
		}
	}
}
