package actions_test

import (
	"context"
	"errors"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// growth is the cores or the MiB of RAM before a growth, and the time of the request.
type growth struct {
	at   time.Time
	from int
}

// growing returns the cores and the RAM that a resize adds to, by name, with how many
// there were before.
func growing(server string, from, to fleet.Size) map[string]int {
	all := map[string]int{}
	if to.Cores > from.Cores {
		all["cores of "+server] = int(from.Cores)
	}
	if to.RAM > from.RAM {
		all["RAM of "+server] = int(from.RAM)
	}
	return all
}

func (check checkedCloud) Resize(ctx context.Context, ref fleet.ServerRef, to fleet.Size) (string, error) {
	var from fleet.Size
	var smaller bool
	request, err := check.Cloud.Resize(check.sent(ctx, ref.ID, func() { from, smaller = check.resizes(ref, to) }), ref, to)
	if from != (fleet.Size{}) && !smaller && (err == nil || errors.Is(err, fleet.ErrUnknown)) {
		check.mu.Lock()
		defer check.mu.Unlock()
		for what, had := range growing(check.name(ref.ID), from, to) {
			check.grown[what] = growth{check.fx.w.Now(), had}
		}
	}
	return request, err
}

func (check *promiseChecker) resizes(ref fleet.ServerRef, to fleet.Size) (from fleet.Size, smaller bool) {
	r := check.change(ref.ID, "resize")
	check.arrives(r, "size", to.String(), r.Size == to, inFlight(fleet.Grow, fleet.Shrink))
	z := check.fx.cfg.Sizes
	smaller = to.Cores < r.Size.Cores || to.RAM < r.Size.RAM
	if smaller {
		check.paused(r, "shrink", true)
	}
	switch {
	case smaller && r.Power == fleet.PowerOn && (r.Meetings > 0 || r.State == fleet.Enabled):
		check.say(r, "shrunk with %d meetings, %s", r.Meetings, r.State)
	case to.Cores > max(z.Max.Cores, r.Size.Cores), to.RAM > max(z.Max.RAM, r.Size.RAM), to.RAM%z.Step.RAM != 0:
		check.say(r, "resized to %v, beyond %v or between steps", to, z.Max)
	case !smaller:
		check.cooled(r, to)
	}
	return r.Size, smaller
}

// cooled checks that what a resize adds to has not grown within the cooldown. It may be
// asked for again while the cloud shows that nothing came of it.
func (check *promiseChecker) cooled(r sim.Reading, to fleet.Size) {
	for what, has := range growing(r.Name, r.Size, to) {
		check.mu.Lock()
		grown := check.grown[what]
		check.mu.Unlock()
		if has != grown.from && check.fx.w.Now().Sub(grown.at) < check.fx.cfg.Cooldowns.ServerUp-2*check.skew {
			check.say(r, "%s grown again within the cooldown", what)
		}
	}
}
