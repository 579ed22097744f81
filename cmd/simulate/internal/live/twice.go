package live

import "sync"

// change is a request for a change of a server, as the simulated cloud or the simulated
// balancer received it.
type change struct {
	Server   string // id at IONOS
	Property string // power, size or state (in Scalelite)
	Aim      string // value of the property after the change, such as on
	// Process is the number of the daemon's process that sent it, as its login says. A
	// replica that was killed and started again is another process.
	Process int
	// Holds reports whether the server had that value already when the request came, or a
	// change of it was in progress.
	Holds bool
	// Accepted reports whether the request was carried out.
	Accepted bool
}

// property is what two changes must have in common to be the same step.
type property struct{ server, name string }

// changes finds the steps that were done twice among the changes that were requested in a
// run. The zero value is ready to use. It is safe for concurrent use.
type changes struct {
	mu       sync.Mutex
	accepted map[property]change // the last ones
	twice    int
	servers  map[string]*sync.Mutex
}

// note adds a change, and reports whether it is a step that was done twice: it repeats
// the last accepted change of the same property of the same server, that one came from
// another process, and what it asked for holds.
//
// What does not hold any more is no repetition: the cloud's change has failed, or the
// balancer's poller has overwritten the state, and a new leader has to ask again. A
// process that repeats its own request has lost an answer; that is no step of two
// daemons.
func (c *changes) note(made change) (twice bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.accepted == nil {
		c.accepted = map[property]change{}
	}
	of := property{made.Server, made.Property}
	before, known := c.accepted[of]
	twice = known && before.Aim == made.Aim && before.Process != made.Process && made.Holds
	if twice {
		c.twice++
	}
	if made.Accepted {
		c.accepted[of] = made
	}
	return twice
}

// doneTwice returns the number of steps that were done twice.
func (c *changes) doneTwice() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.twice
}

// lock locks a server while a change of it is requested, so that it is known for each of
// two simultaneous requests what held before. It returns the function that unlocks it.
func (c *changes) lock(server string) (unlock func()) {
	c.mu.Lock()
	if c.servers == nil {
		c.servers = map[string]*sync.Mutex{}
	}
	if c.servers[server] == nil {
		c.servers[server] = new(sync.Mutex)
	}
	of := c.servers[server]
	c.mu.Unlock()
	of.Lock()
	return of.Unlock
}
