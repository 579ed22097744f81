// Package plan computes the next steps of the scaler: Decide takes one View of the
// fleet and returns a fleet.Plan with at most one step for each server and a reason
// for every server, including those that get no step. The package is pure: it reads
// no clock, no file and no network. The layout test enforces this.
//
// Each file answers one question:
//
//	which servers form a pool?                pools.go
//	what does the fleet have now?             totals.go
//	how much capacity is needed?              demand.go, and floor.go for the schedule
//	how many servers start, and which?        scale_out.go
//	why does a server grow or shrink?         resize.go
//	which servers drain, and which may not?   scale_in.go
//	how does one leave that the floor needs?  exchange.go
//	why is a drained server not stopped?      drain.go
//	what if a server does not answer?         repair.go
//	what if the balancer does not take one?   not_taken.go
//
// Capacity is counted in cores and MiB of RAM. An alert about the fleet has the
// fleet's load in its annotations. The plan computes the total size at which this
// load leaves Capacity.Headroom free, and reaches it in three ways, in this order:
//
//  1. It takes draining servers back, which takes effect immediately.
//  2. It grows all servers in service to the same size. This takes seconds and
//     costs less than another server with its own operating system. The sizes are
//     equal because the balancer spreads meetings by their number, so that servers
//     of equal size get equal workload.
//  3. It starts stopped servers for the rest.
//
// Floor, load, need and scale-in are computed for each pool. A pool is the servers
// with the same tag in the balancer, or those without a tag: the balancer places
// meetings by tag, so that a server of one pool is no capacity for the meetings of
// another. The label pool of a fleet alert names its pool. The contract, the budget,
// the ceiling and the max step are those of the whole fleet; the pools take turns
// when servers start, and all floors are filled first.
//
// A shortage within Capacity.Tolerance is accepted. Starting a few servers for it
// would do harm: the balancer sends all new meetings of a poll interval to servers
// that have just joined.
//
// The balancer does not take a server's workload into account, and a meeting cannot
// be moved. Two reserves compensate for this. A server's own alerts grow it up to
// Sizes.Max, beyond the size of the others and also while it drains. And the floor
// is at least a share of the fleet (Capacity.MinActiveShare), so that a sudden rise
// of the load meets servers that can grow within seconds.
package plan
