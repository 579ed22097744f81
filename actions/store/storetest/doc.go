// Package storetest checks implementations of fleet.Store and fleet.Shared: TestStore
// and TestShared are the same tests for all of them.
package storetest
