package actions_test

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// guard stands between the Scaler and the world, knows the truth, and notes
// every write that breaks a promise.
type guard struct {
	actions.Cloud
	actions.Balancer
	sc     *school
	touch  map[string]bool // servers that belong to a person now, by name
	pauses []actions.Pause

	mu     sync.Mutex // writes may be made side by side
	broken []string
	grown  map[string]growth
	listed map[string]bool // servers that the cloud ever listed, by id
}

// growth is what a server was asked to grow from, and when.
type growth struct {
	at   time.Time
	from actions.Size
}

// guardCloud and guardBalancer split the guard by interface: both have a
// method Servers.
type (
	guardCloud    struct{ *guard }
	guardBalancer struct{ *guard }
)

func (sc *school) guard() *guard {
	g := &guard{sc: sc, touch: map[string]bool{}, grown: map[string]growth{}, listed: map[string]bool{}}
	sc.watch = func(c actions.Cloud, b actions.Balancer) (actions.Cloud, actions.Balancer) {
		g.Cloud, g.Balancer = c, b
		return guardCloud{g}, guardBalancer{g}
	}
	sc.restart()
	return g
}

func (g *guard) say(r sim.Reading, format string, args ...any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.broken = append(g.broken, fmt.Sprintf("%s %s: ", g.sc.w.Now().Format("15:04:05"), r.Name)+fmt.Sprintf(format, args...))
}

// see returns the truth of a server, and checks what holds for every write.
func (g *guard) see(id, what string) sim.Reading {
	for _, r := range g.sc.w.Servers() {
		if r.ID != id && r.BalancerID != id {
			continue
		}
		if g.touch[r.Name] {
			g.say(r, "%s although a person has it", what)
		}
		g.paused(r, what, false)
		return r
	}
	return sim.Reading{}
}

// paused checks that no pause covers the server; takes tells a write that takes
// capacity away.
func (g *guard) paused(r sim.Reading, what string, takes bool) {
	for _, p := range g.pauses {
		match, _ := path.Match(p.Server, r.Name)
		if now := g.sc.w.Now(); p.ScaleInOnly == takes && (match || p.Server == "") && !now.Before(p.From) && now.Before(p.Until) {
			g.say(r, "%s although it is paused: %+v", what, p)
		}
	}
}

func (g *guard) change(id, what string) sim.Reading {
	r := g.see(id, what)
	if r.Busy {
		g.say(r, "%s while another change is pending", what)
	}
	return r
}

func (g guardCloud) Servers(ctx context.Context, dc string) ([]actions.CloudServer, error) {
	list, err := g.Cloud.Servers(ctx, dc)
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range list {
		g.listed[s.ID] = true
	}
	return list, err
}

func (g guardCloud) Start(ctx context.Context, ref actions.ServerRef) (string, error) {
	r := g.change(ref.ID, "start")
	on := 0
	for _, other := range g.sc.w.Servers() {
		if other.Power == actions.PowerOn && other.Name != r.Name && g.known(other) {
			on++
		}
	}
	if c := g.sc.cfg.Capacity.Ceiling; c > 0 && on >= c {
		g.say(r, "started beyond the ceiling of %d", c)
	}
	return g.Cloud.Start(ctx, ref)
}

// known reports whether the cloud ever listed the server: nobody can count one
// that it has left out of every list.
func (g *guard) known(r sim.Reading) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.listed[r.ID]
}

func (g guardCloud) Stop(ctx context.Context, ref actions.ServerRef) (string, error) {
	r := g.change(ref.ID, "stop")
	g.paused(r, "stop", true)
	if r.Meetings > 0 || r.State == actions.Enabled {
		g.say(r, "stopped with %d meetings, %s", r.Meetings, r.State)
	}
	return g.Cloud.Stop(ctx, ref)
}

func (g guardCloud) Resize(ctx context.Context, ref actions.ServerRef, to actions.Size) (string, error) {
	r := g.change(ref.ID, "resize")
	z := g.sc.cfg.Sizes
	smaller := to.Cores < r.Size.Cores || to.RAM < r.Size.RAM
	if smaller {
		g.paused(r, "shrink", true)
	}
	g.mu.Lock()
	grown := g.grown[r.Name]
	g.mu.Unlock()
	switch {
	case smaller && r.Power == actions.PowerOn && (r.Meetings > 0 || r.State == actions.Enabled):
		g.say(r, "shrunk with %d meetings, %s", r.Meetings, r.State)
	case to.Cores > max(z.Max.Cores, r.Size.Cores), to.RAM > max(z.Max.RAM, r.Size.RAM), to.RAM%z.Step.RAM != 0:
		g.say(r, "resized to %v, beyond %v or between steps", to, z.Max)
	case !smaller && r.Size != grown.from && g.sc.w.Now().Sub(grown.at) < g.sc.cfg.Cooldowns.ServerUp:
		g.say(r, "grown again within the cooldown")
	}
	request, err := g.Cloud.Resize(ctx, ref, to)
	if !smaller && (err == nil || errors.Is(err, actions.ErrUnknown)) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.grown[r.Name] = growth{g.sc.w.Now(), r.Size}
	}
	return request, err
}

func (g guardBalancer) Servers(ctx context.Context) ([]actions.BalancerServer, error) {
	return g.Balancer.Servers(ctx)
}

func (g guardBalancer) SetState(ctx context.Context, id string, to actions.BalancerState) error {
	r := g.see(id, string(to))
	if to == actions.Disabled {
		g.paused(r, "disable", true)
	}
	switch {
	case to == actions.Disabled && r.Meetings > 0:
		g.say(r, "disabled with %d meetings", r.Meetings)
	case to == actions.Cordoned && r.BBBUp && r.State == actions.Enabled:
		g.leaves(r)
	}
	return g.Balancer.SetState(ctx, id, to)
}

// leaves checks a healthy server's way out of service.
func (g *guard) leaves(r sim.Reading) {
	rest := 0
	for _, other := range g.sc.w.Servers() {
		if other.Name != r.Name && other.State == actions.Enabled && other.Power == actions.PowerOn {
			rest++
		}
	}
	now := g.sc.w.Now()
	if floor := g.sc.cfg.Capacity.FloorAt(now, len(g.sc.w.Servers())); rest < floor && r.Takes {
		g.say(r, "cordoned, with %d others for a floor of %d", rest, floor)
	}
}

// outs is the largest number of starts that came true and were asked for
// within one cooldown. Starts that the cloud reported failed do not count, nor
// those that came true only after they were given up: others took their place.
func (g *guard) outs() (most int) {
	lines, err := g.sc.store.Journal(1<<20, "")
	must(g.sc.t, err)
	var asked []time.Time
	for _, e := range lines {
		if e.Step.Kind == actions.Start && e.Outcome == actions.Done {
			took := time.Duration(float64(e.Took) * float64(time.Second)) // exact to a few nanoseconds
			asked = append(asked, e.At.Add(-took).Round(time.Microsecond))
		}
	}
	slices.SortFunc(asked, time.Time.Compare)
	for i, from := range asked {
		n := 0
		for _, at := range asked[i:] {
			if at.Sub(from) < g.sc.cfg.Cooldowns.Out {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}
