// Package actions is the core of the scaler: it reads the fleet, decides, and
// acts.
//
// A notification is only a hint. It updates the table of active alerts and
// wakes the Scaler, whose cycle reads the world again, joins it to a Fleet,
// has the pure function Decide compute a Plan, checks each step again, and
// carries it out in small, journaled, idempotent writes. A step in progress is
// a record with a deadline, never a waiting goroutine: the next cycle sees from
// the world whether it came true, also after a crash. What a look has planned
// and not begun when its patience is over is dropped: the next look plans anew,
// from what is then true.
//
// Cloud, Balancer, Meetings and Store are what it needs from outside; the
// packages below implement them for IONOS, Scalelite, BigBlueButton, and, in
// sim, for a simulated world.
package actions
