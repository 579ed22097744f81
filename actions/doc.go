// Package actions executes: its Scaler runs cycles that read the fleet, have
// package plan decide, and carry the plan out in small, journaled steps.
//
// A notification is only a hint. It updates the table of alerts and wakes the
// Scaler, which reads the cloud and the balancer again before it decides. A step in
// progress is a record with a deadline, never a waiting goroutine: a later cycle
// sees from the cloud whether it came true, also after a crash.
//
// # The way of an alert
//
// From POST /webhook to the PATCH, and to the journal's line "done":
//
//  1. receiver/webhook.go reads the notification, whole or not at all.
//  2. scaler.go, Notify: the change that it makes to the table
//     (fleet/alert_table.go) is committed to the store.
//  3. pace.go, Run: the next cycle begins once notifications are quiet.
//  4. cycle.go, Cycle: the list of the steps that follow.
//  5. reads.go: the datacenters, the balancer, the contract and Alertmanager
//     (resync.go) are read side by side (reader.go), and joined to servers
//     (fleet/join.go).
//  6. probes.go: BigBlueButton is asked on the servers that are on their way.
//  7. update.go: each record is brought up to what was read
//     (fleet/transitions.go), each state is set (fleet/classify.go), and the
//     changes are committed. The view is complete now.
//  8. plan/decide.go: the view becomes a plan. For an alert on a server's own
//     workload, plan/resize.go plans a growth.
//  9. publish.go: the page, the API and the metrics show the plan.
//  10. apply.go: the step is checked (recheck.go).
//  11. write.go: the journal's line "begun" and the record's flight are committed;
//     then the cloud is called. Its client (ionos/client.go) has the step checked
//     again before each attempt to send the PATCH.
//  12. write.go, settle: the request's id is committed, or failures.go says what a
//     failure means for the server.
//  13. A later cycle's step 7 sees the new size and commits the line "done".
//
// # Rules that hold everywhere
//
// Inputs of the plan are complete before it is made; nothing is read while it is.
// Whatever can do harm is checked by whoever sends it, immediately before it is
// sent, and is not sent when an answer is missing. Everything of a step that has
// not begun when Deadlines.Patience is over is dropped, and the next cycle plans
// anew. Without a store that can be written, nothing is changed.
//
// # The cut
//
// fleet has the words and the interfaces, plan decides, store keeps, and actions
// executes. plan depends on fleet and rules alone, and the layout test holds it to
// that; so do the adapters below and the simulation in sim, which know nothing of
// the Scaler. View and Decide's input stand in plan, since nothing else needs them;
// Plan and Step stand in fleet, since the journal, the API and the page show them.
package actions
