// Package outlook says what will happen to a fleet next, when, and why: from its
// status as of the last cycle, and from the schedule in the configuration.
//
// Next, Floors and Blocks are pure functions. They plan nothing: the scaler decides in
// each cycle anew, so that an item may not come, and others may come before it.
package outlook
