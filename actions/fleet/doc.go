// Package fleet defines the domain types of the scaler: servers, alerts, steps,
// records, the configuration, and the interfaces to the cloud, the balancer,
// BigBlueButton, Alertmanager and the store. It makes no decisions and no calls.
//
// # A server
//
// A Server is joined in every cycle (Join) from the cloud's list, the balancer's
// list, the alerts, and the scaler's own Record of it. Only the Record is stored.
// The State is computed from the Server (Server.Classify) in every cycle.
//
//	off ──start──► starting ──runs──► warming ──enable, seen by the poller──► active
//	 ▲                                   │                                    │  ▲
//	 │                              Deadlines.Warm                        cordon  reclaim
//	 │                                   ▼                                    ▼  │
//	 │                                 down ◄──does not answer── active     draining
//	 │                                   └──answers: enable──► active         │
//	 │                                                               no meeting left
//	 │                                                                        ▼
//	 └──────────── stopping ◄──stop── disabled ◄──disable──────────────── empty
//
// A server that is off and larger than Sizes.Default is in state resizing while it
// shrinks. The states manual, excluded, unjoined and uncertain are not in the
// diagram: the scaler does not change such servers, and Server.Problem says what ends
// the state.
//
// Three parts of the Record determine how a server moves through the diagram:
//   - Aim is the goal that the scaler has for the server: serve, drain, repair or
//     off. It also marks ownership: a server that is out of service without an aim
//     was taken out by a person, and the scaler does not change it.
//   - Flight is a change that was sent to the cloud and that the cloud does not show
//     yet. It ends when the cloud shows its goal, when the cloud reports that the
//     request failed, or at its deadline (Server.Observe). A server has at most one.
//   - Wrote and Confirmed are the last state written to the balancer, and whether it
//     was still read back after a poll interval. Scalelite's poller may overwrite a
//     state that is written while it polls. A difference before the confirmation is
//     repaired; a difference after it was made by a person and ends the aim.
//
// # A second scaler
//
// Another daemon or another autoscaler on the same servers cannot be told from a
// person by a single change. It is told by reversals (Server.NoteReversal): changes
// that undo, within minutes, what the scaler has just written. Several of them begin
// a Contest. While it lasts, scale-in is stopped and a change that was reversed is not
// repeated. Its end gives back what was taken out of service, if the reversals were
// too many for a person; otherwise that stays a person's. The states say nothing about
// a second scaler that never contradicts this one.
//
// # Clocks
//
// The Scaler compares its clock with times that it has stored earlier, or that another
// daemon has stored: all of them go by the clock of a shared store (package leader). What
// may do harm does not depend on these times: a pause is in force as soon as it is stored,
// and every stop, disable and shrink is preceded by reads of that server. If the clock is
// set while nobody looks, by minutes:
//   - A clock that is set back: a time more than 1 min ahead is set to now (CorrectClock),
//     so that cooldowns, backoffs and deadlines begin again. For up to 1 min, a list of the
//     balancer seems older than the last write, which is then believed instead.
//   - A clock that is set forward: cooldowns, backoffs, the draining deadlines and the time
//     for which an alert is believed without a notification end as much earlier. A step in
//     flight ends as failed that much before its deadline; another server may be started in
//     the place of one that is about to run. A write to the balancer counts as confirmed
//     before the poll interval is over: if the poller overwrites it then, that counts as a
//     change by a person, and the server stays in service.
//   - Either way, a pause ends at its time of day, and the schedule and the calendars apply
//     by the time of day. Remembered load is in steps of minutes.
//
// # Alerts
//
// The AlertTable holds the alerts that Alertmanager reported, by fingerprint. It does
// not depend on single notifications: lost, repeated, late and reordered ones lead to
// the same table, since every list of Alertmanager's API corrects it.
//
// # Interfaces
//
// Cloud, Balancer, Meetings, AlertSource and Store are implemented by other packages.
// A second cloud needs one more package beside actions/ionos, with its own section of
// the configuration file, and one line of wiring in cmd/internal/daemon. It must
//   - list a datacenter or region in one call, with power, size, the addresses of all
//     interfaces, and whether a change is pending (CloudServer);
//   - map its states to on, off and other, and never report off for a server that
//     may still run;
//   - accept start, stop and resize as requests that can be repeated without harm,
//     and return the id of a request that Request can follow;
//   - report in HotPlug what can grow while the server runs, and never reboot a
//     server to grow it;
//   - return errors that match ErrAuth, ErrGone, ErrBusy, ErrUnknown and
//     ErrThrottled where they apply, and have its own timeouts, retries and rate
//     limits.
//
// No other package of the module depends on a particular cloud.
package fleet
