// Package record turns what is known of a fleet's past into a trace: a list of
// meetings that the simulation replays.
//
// # From Prometheus
//
// bbb-exporter tells, for each server, how many people are in meetings, how
// many of them send their webcam, and how many meetings there are. It does not
// tell the meetings apart, so a trace of them is an approximation:
//
//   - The number of meetings on a server at each sample is the exporter's; where
//     that metric is not recorded, it is the people divided by a usual size,
//     rounded up.
//   - When the number rises, meetings begin at that sample; when it falls, the
//     oldest end. Lessons begin and end together, so it matters little which.
//   - All meetings that are on a server at one time are taken to be of one size.
//     A meeting's people are the average of that over its time, which keeps the
//     minutes that people spent in meetings on each server, exactly but for
//     rounding. The rounding is carried on to the server's next meeting.
//   - One that begins in the same step as another ends looks like one long
//     meeting. Longer ones than a given length are cut, since they would keep
//     the simulated fleet from shrinking as the real one could.
//
// What gets lost: unequal sizes on one server at one time, meetings shorter
// than the step, and people who come late or leave early.
//
// # From the journal
//
// The scaler's journal tells when each server went into service and out of it.
// It holds no people and no meetings. A trace from it has every server that was
// in service carry the same number of people throughout: the shape of what the
// scaler provided, not of what was needed, and never more than it provided. Use
// it where there is no Prometheus history; webcams and the true peaks cannot be
// had from it.
package record
