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

// twice reports for each change whether it is a step that was done twice. A step is done
// twice if the request repeats the last accepted request for the same property of the
// same server, that one came from another process, and what it asked for holds.
//
// What does not hold any more is no repetition: the cloud's change has failed, or the
// balancer's poller has overwritten the state, and a new leader has to ask again. A
// process that repeats its own request has lost an answer; that is no step of two
// daemons.
func twice(changes []change) []bool {
	type property struct{ server, name string }
	last := map[property]change{}
	repeated := make([]bool, len(changes))
	for i, c := range changes {
		of := property{c.Server, c.Property}
		before, known := last[of]
		repeated[i] = known && before.Aim == c.Aim && before.Process != c.Process && c.Holds
		if c.Accepted {
			last[of] = c
		}
	}
	return repeated
}

// changes are all changes that were requested in a run. It is safe for concurrent use.
type changes struct {
	mu      sync.Mutex
	all     []change
	servers map[string]*sync.Mutex
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

func (c *changes) note(made change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, made)
}

// doneTwice returns the number of steps that were done twice.
func (c *changes) doneTwice() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, repeated := range twice(c.all) {
		if repeated {
			n++
		}
	}
	return n
}
