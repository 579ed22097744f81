package sim

// Pool is a number of servers that share a tag in the balancer.
type Pool struct {
	Tag     string // empty for a pool without one
	Servers int
	// Running is how many of them, from the first on, are on and enabled, beside
	// those that Config.Running counts.
	Running int
}

// pooled is the number of servers in all pools.
func (c Config) pooled() (n int) {
	for _, p := range c.Pools {
		n += p.Servers
	}
	return n
}

// poolOf returns the pool of the server that n servers come before, and how many
// of that pool come before it; nil is none.
func (c Config) poolOf(n int) (_ *Pool, nth int) {
	for i := range c.Pools {
		if n < c.Pools[i].Servers {
			return &c.Pools[i], n
		}
		n -= c.Pools[i].Servers
	}
	return nil, 0
}
