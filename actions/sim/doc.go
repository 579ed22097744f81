// Package sim simulates what the scaler acts on, in virtual time: the machines
// of a cloud, a balancer with its poller, BigBlueButton servers with meetings,
// and the load that these cause.
//
// The time of a World starts at Config.Start and passes only when Advance is
// called, which carries out all events that are due by then in order. A World
// never reads the clock of the machine and starts no goroutine; the same seed and
// the same calls give the same results. All methods may be called concurrently.
//
// The scaler's tests and the simulated weeks use it directly, through Cloud,
// Balancer, Meetings and Resolve; the packages ionostest, scalelitetest,
// bbbtest and exportertest serve the same World over HTTP. Properties of the real
// cloud that are not known are settings (CloudConfig); failures are Faults.
package sim
