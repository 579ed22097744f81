package week

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// Pool is a share of the servers, which have a tag in the balancer, and of the
// meetings, which require it.
type Pool struct {
	Tag   string
	Share float64 // above 0; those of all pools together are below 1
}

// servers is how many of all the servers the pool has.
func (p Pool) servers(all int) int { return max(1, int(math.Round(p.Share*float64(all)))) }

// PooledServers is how many of all the servers have a tag.
func PooledServers(pools []Pool, all int) (n int) {
	for _, p := range pools {
		n += p.servers(all)
	}
	return n
}

// inPools returns the pools of a fleet of the given number of servers, that of the
// servers without a tag last; nil if none has one.
func inPools(pools []Pool, all int) (out []sim.Pool) {
	for _, p := range pools {
		out = append(out, sim.Pool{Tag: p.Tag, Servers: p.servers(all)})
	}
	if out != nil {
		out = append(out, sim.Pool{Servers: all - PooledServers(pools, all)})
	}
	return out
}

// tagged returns the meetings of which a share requires each tag. The same seed
// gives the same ones.
func tagged(arrivals []sim.Arrival, pools []Pool, seed uint64) []sim.Arrival {
	if len(pools) == 0 {
		return arrivals
	}
	out, r := slices.Clone(arrivals), rand.New(rand.NewPCG(seed, uint64(len(pools))))
	for i := range out {
		x := r.Float64()
		for _, p := range pools {
			if x -= p.Share; x < 0 {
				out[i].Tag = p.Tag + "!"
				break
			}
		}
	}
	return out
}

// byTag is the demand from start until end, by the tag that the meetings require.
func byTag(arrivals []sim.Arrival, m sim.LoadModel, start, end time.Time, step time.Duration) map[string]Demand {
	of := map[string][]sim.Arrival{}
	for _, a := range arrivals {
		tag := strings.TrimSuffix(a.Tag, "!")
		of[tag] = append(of[tag], a)
	}
	demand := map[string]Demand{}
	for tag, all := range of {
		demand[tag] = NewDemand(all, m, start, end, step)
	}
	return demand
}

// atFloor starts each pool with as many servers as its floor.
func atFloor(cfg *sim.Config, c fleet.Capacity) {
	if len(cfg.Pools) == 0 {
		cfg.Running = min(cfg.Servers, max(1, c.FloorAt("", cfg.Start, cfg.Servers)))
		return
	}
	cfg.Running, cfg.Pools = 0, slices.Clone(cfg.Pools)
	for i := range cfg.Pools {
		p := &cfg.Pools[i]
		p.Running = min(p.Servers, c.FloorAt(p.Tag, cfg.Start, p.Servers))
	}
}

// serversOf is how many servers have the tag.
func serversOf(cfg sim.Config, tag string) int {
	for _, p := range cfg.Pools {
		if p.Tag == tag {
			return p.Servers
		}
	}
	return cfg.Servers
}
