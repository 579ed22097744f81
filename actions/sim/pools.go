package sim

// Pool is a group of servers with the same tag in the balancer.
type Pool struct {
	Tag     string // empty for a pool without one
	Servers int
	// Running is the number of servers of the pool, from the first, that are on and
	// enabled, in addition to those that Config.Running counts.
	Running int
}

// pooled returns the number of servers in all pools.
func (c Config) pooled() (n int) {
	for _, p := range c.Pools {
		n += p.Servers
	}
	return n
}

// poolOf returns the pool of the server with the index n, from 0, and its index within
// the pool; nil if it is in no pool.
func (c Config) poolOf(n int) (_ *Pool, nth int) {
	for i := range c.Pools {
		if n < c.Pools[i].Servers {
			return &c.Pools[i], n
		}
		n -= c.Pools[i].Servers
	}
	return nil, 0
}
