// Package calibrate fits a world of the simulation to the history of a real fleet: what
// an idle server holds and what people cause to the samples of the exporters in
// Prometheus, and how long the cloud takes to the daemon's journal.
//
// The history is divided into windows of one server and a few minutes. In each, the busy
// cores and the memory in use are modelled as a sum: a constant, a part for each core or
// GiB of the machine, for each hour since its boot, for each person, and for each webcam.
// The parts are those that are nowhere negative and have the least squares of errors. A
// part whose values did not vary, or only together with others, cannot be told and is left
// out.
package calibrate
