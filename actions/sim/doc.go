// Package sim is a world for the scaler to act on, in virtual time: machines
// of a cloud, a balancer with its poller, BigBlueButton servers with meetings,
// and the load that these cause.
//
// A World starts at Config.Start and moves only when Advance is called: it
// then does everything that falls due until then, in order. It never reads the
// wall clock, starts no goroutine, and with one seed and the same calls gives
// the same results. All methods may be called concurrently.
//
// The scaler's tests and the simulated weeks use it directly, through Cloud,
// Balancer, Meetings and Resolve; the packages ionostest, scalelitetest,
// bbbtest and exportertest serve the same World over HTTP. What is not known
// of the real cloud is a setting (CloudConfig), and what goes wrong is a Fault.
package sim
