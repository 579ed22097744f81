// Package actions executes plans: its Scaler runs cycles that read the fleet, call
// plan.Decide, and carry out the plan in small, journaled steps.
//
// A notification is only a hint. It updates the table of alerts and wakes the Scaler,
// which reads the cloud and the balancer again before it makes a plan. A step in
// flight is a stored record with a deadline; no goroutine waits for it. A later cycle
// reads from the cloud whether the step has reached its goal, also after a crash.
//
// # From an alert to a change
//
// These are the steps from POST /webhook to the PATCH that grows a server, and to the
// journal entry "done":
//
//  1. receiver/webhook.go reads the notification and accepts or refuses it as a whole.
//  2. scaler.go, Notify: the change to the alert table (fleet/alert_table.go) is
//     committed to the store.
//  3. pace.go, Run: the next cycle begins when no notification has arrived for
//     FleetConfig.DebounceQuiet.
//  4. cycle.go, Cycle: calls the following steps in order.
//  5. reads.go: the datacenters, the balancer, the contract and Alertmanager
//     (resync.go) are read concurrently (reader.go), and joined to servers
//     (fleet/join.go) by names and by the addresses that DNS gives (resolve.go).
//  6. probes.go: BigBlueButton is read on the servers that have an aim, or that an
//     alert reports as down.
//  7. update.go: each record is updated from what was read (fleet/transitions.go),
//     each state is set (fleet/classify.go), and the changes are committed. The view
//     is complete now.
//  8. plan/decide.go: computes the plan from the view. For an alert about a server's
//     own workload, plan/resize.go plans a growth.
//  9. publish.go: sets the status for the page, the API and the metrics.
//  10. apply.go: checks the step again (recheck.go).
//  11. write.go: commits the journal entry "begun" and the step in flight, then calls
//     the cloud. The client (ionos/client.go) has the step checked again before each
//     attempt to send the PATCH.
//  12. write.go, settle: commits the id of the request. After a failure, failures.go
//     commits what it means for the server.
//  13. In a later cycle, step 7 sees the new size and commits the entry "done".
//
// # Rules
//
//   - The view is complete before Decide is called, and Decide reads nothing else.
//   - Every change that can do harm is checked immediately before it is sent, by the
//     code that sends it. It is not sent if the check gets no answer.
//   - A replaceable step that has not begun when Deadlines.Patience is over is
//     dropped, and the next cycle makes a new plan.
//   - Nothing is changed while the store cannot be written.
//
// # Pools
//
// Scalelite places meetings by tag, so that capacity is counted by pool: the servers
// with the same tag in the balancer, or those without a tag. The daemon exports a
// server's tag as the label pool of its state, the rules aggregate by it, and each
// alert about the fleet names its pool. plan/pools.go splits the view. A fleet without
// tags is one pool, and none of its series and alerts has the label.
//
// # Packages
//
// fleet has the domain types and interfaces, plan makes plans, store persists, and
// actions executes. plan imports only fleet and rules; the layout test enforces this.
// The adapters and the simulation in sim do not depend on the Scaler. View is in plan,
// since only Decide needs it. Plan and Step are in fleet, since the journal, the API
// and the page show them.
//
// leader decides which of two daemons that share a store acts on the fleet; the daemon
// makes a new Scaler for each term. calendar reads the calendars of the configuration.
package actions
