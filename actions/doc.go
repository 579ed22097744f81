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
// Capacity is counted in cores and RAM. An alert about the fleet tells its load,
// and the plan brings what serves to as much as carries it with headroom: it
// takes back what drains, which is instant; has all servers in service grow to
// one size, which is done in seconds and costs less than a server with its own
// operating system; and starts others for the rest. The balancer deals meetings
// out by number, so that servers of one size are filled alike. A lack within the
// tolerance is borne: a few servers that join during a rush draw all new
// meetings of a poll interval to themselves.
//
// The balancer cannot be told how full a server is, and meetings cannot be
// moved. Two reserves make up for that. One server's own alerts, also the one on
// where its load leads, grow it beyond the size for all (Sizes.Max, Sizes.Fleet),
// also while it drains. And the floor is a share of the fleet
// (Capacity.MinActiveShare), so that a crowd which nobody announced finds as many
// servers as its size calls for, and room on them within the seconds that growth
// takes, rather than after a boot. While no history tells when the bell rings,
// that share is larger (Capacity.LearningActiveShare).
//
// Cloud, Balancer, Meetings and Store are what it needs from outside; the
// packages below implement them for IONOS, Scalelite, BigBlueButton, and, in
// sim, for a simulated world.
package actions
