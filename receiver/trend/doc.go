// Package trend remembers the last day of a fleet: what the page draws, and what the
// servers that were switched on cost.
//
// Note takes the status of each cycle. The day is kept in steps of five minutes, in
// memory: after a restart of the daemon it begins anew, and the page says since when
// it is known, and draws what the store has of the time before. A time in which no cycle ran counts neither as used nor as saved.
package trend
