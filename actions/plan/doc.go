// Package plan decides: from one View of the fleet, Decide computes a Plan, which
// has at most one step for each server and a reason for every server, also for
// doing nothing. It is pure. It reads no clock, no file and no network, and the
// layout test keeps it so.
//
// Each question has a file:
//
//	which servers are one pool?           pools.go
//	what does the fleet have now?         totals.go
//	how much capacity is in demand?       demand.go, and floor.go for the schedule
//	how many servers start, and which?    scale_out.go
//	why does a server grow or shrink?     resize.go
//	which servers leave, and why not?     scale_in.go
//	why is a drained server not stopped?  drain.go
//	what if a server does not answer?     repair.go
//
// Capacity is counted in cores and RAM. An alert about the fleet carries its load,
// and the plan brings the total size of the servers in service to what carries
// that load with Capacity.Headroom. It takes draining servers back, which is
// instant; it has all servers in service grow to one size, which takes seconds and
// costs less than another server with its own operating system; and it starts
// others for the rest. The balancer spreads meetings by their number, so servers of
// equal size fill equally. A lack within Capacity.Tolerance is accepted: a few
// servers that join during a rush draw all new meetings of a poll interval to
// themselves.
//
// All of this is by pool, which is the servers with one tag in the balancer: a meeting
// that asks for a tag is not placed elsewhere, so that a server of another pool is no
// capacity for it. An alert about the fleet names its pool. The contract, the budget,
// the ceiling and the max step are those of the whole fleet; pools take turns, with
// floors first.
//
// The balancer cannot be told how full a server is, and meetings cannot be moved.
// Two reserves make up for that. A server's own alerts grow it beyond the size of
// the others, up to Sizes.Max, also while it drains. And the floor is a share of
// the fleet (Capacity.MinActiveShare), so that a crowd which nobody announced finds
// servers that grow within seconds.
package plan
