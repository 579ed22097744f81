// Package leader decides when one of several daemons may change the fleet that they
// share.
//
// The daemons compete for the lease in their shared store (fleet.Leases). The one that
// holds it leads: it runs the only Scaler. The others follow: they ask for the lease
// again and again, and one of them gets it when it has ended or was released.
//
// # The clock
//
// A leader reads times that another daemon has stored: the ends of pauses and cooldowns,
// the deadline of a step in flight, the time of a write to the balancer. So that the clocks
// of the hosts do not matter, all daemons go by the clock of the store (Term.Now,
// Candidate.Now), which every answer to a question about the lease contains. The section
// on clocks of package fleet says what happens when that clock is set.
//
// # A term
//
// A Term is the time for which a daemon leads without interruption. Its end by the
// daemon's own monotonic clock is the time at which the daemon asked for the lease, plus
// what the store says is left, less a margin: it is before the end by the store's clock
// however long the answer took. Each renewal extends it. When it is over, the context of
// the term is canceled, and with it the writes in progress; and no step begins after it,
// even if the process was stopped in the meantime and no timer has fired yet
// (actions.Deps.Until).
//
// The store refuses the commits of a deposed daemon (fleet.ErrDeposed), and every write
// to the cloud or the balancer is preceded by the commit of its journal entry. A write
// that was begun stays the server's step in flight for the next leader, as after a crash.
//
// A commit whose outcome is not known (fleet.ErrUnknown) may arrive at the store later,
// when newer ones have been written. The next commit therefore begins a new epoch, under
// which the store refuses the late one.
//
// Each term has a new Scaler, which reads the store: an earlier copy of its contents may
// be out of date.
//
// candidate.go competes for the lease, term.go is one term, clock.go is the clock of the
// store, standing.go is what is known of who leads.
package leader
