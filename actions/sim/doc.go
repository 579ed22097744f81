// Package sim simulates a fleet in virtual time: the machines of a cloud, a balancer
// with its poller, BigBlueButton servers with meetings, and the load that these cause.
//
// The time of a World starts at Config.Start and passes only when Advance is called,
// which carries out all events up to that time in order. A World never reads the clock
// of the machine and starts no goroutine. The same seed and the same calls give the same
// results. All methods may be called concurrently.
//
// The scaler's tests and the simulated weeks use a World directly, through Cloud,
// Balancer, Meetings and Resolve. The packages ionostest, scalelitetest, bbbtest and
// exportertest serve the same World over HTTP. Unknown properties of the real cloud are
// settings (CloudConfig); failures are Faults.
package sim
