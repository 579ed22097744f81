// Package store has the implementations of fleet.Store that need no server:
//
//   - Bolt keeps everything in one file, which one process opens at a time. There is no
//     lease: the lock on the file has the same effect, as long as the file is on a local
//     disk.
//   - Memory keeps everything in memory, for simulations, tests and preflight checks.
//   - SharedMemory is a fleet.Shared in memory, for tests and simulations with several
//     daemons.
//
// Package postgres has the fleet.Shared for several daemons. Package storetest has the
// conformance test that all of them pass.
package store
