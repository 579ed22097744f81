// Package record turns the history of a fleet into a trace: a list of meetings
// that the simulation replays.
//
// # From Prometheus
//
// bbb-exporter reports, for each server, the number of people in meetings, of
// webcams, and of meetings. It does not report single meetings, so that a trace is
// an approximation:
//
//   - The number of meetings on a server at each sample is the exporter's; where
//     that metric is not recorded, it is the people divided by a usual size,
//     rounded up.
//   - When the number rises, meetings begin at that sample; when it falls, the
//     oldest end. Which ones matters little, since lessons begin and end together.
//   - All meetings on a server at one time are assumed to be of the same size.
//     A meeting's number of people is the average of that over its time, which
//     preserves the participant-minutes of each server except for rounding. The
//     remainder of rounding is added to the server's next meeting.
//   - A meeting that begins in the same step as another ends is recorded as one
//     long meeting. Meetings above a maximum length are cut, since they would
//     prevent the simulated fleet from shrinking as the real one could.
//
// A trace lacks different sizes of meetings on one server at one time, meetings
// shorter than the step, and people who come late or leave early.
//
// # From the journal
//
// The scaler's journal records when each server went into and out of service, and
// nothing about people and meetings. In a trace from it every server in service
// carries the same constant number of people: it shows the capacity that the
// scaler provided, not the demand. Use it where there is no Prometheus history. It
// contains no webcams and not the true peaks.
package record
