// Package fleet holds the words of the scaler: what a server, an alert, a step
// and a record are, the configuration, and the interfaces through which the
// scaler reaches the outside. It decides nothing and calls nothing.
//
// # A server
//
// A Server is joined anew in every cycle from what the cloud, the balancer and
// the alerts tell (Join), and from the scaler's own Record of it, which alone is
// stored. Its State follows from these (Server.Classify) and is never stored.
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
// A server that is off and larger than Sizes.Default is resizing for a while
// (shrink). The states manual, excluded, unjoined and uncertain are outside of the
// diagram: the scaler leaves such servers alone, and Server.Problem says what ends
// the state.
//
// Three things of the Record move a server through it:
//   - Aim is what the scaler brings the server to: serve, drain, repair or off. It
//     is also the proof of ownership. A server that is out of service without an
//     aim was taken out by a person, and is left alone.
//   - Flight is a change of the cloud that was asked for and does not show yet. It
//     ends when the cloud shows its goal, when the cloud says that the request
//     failed, or at its deadline (Server.Observe). One server has at most one.
//   - Wrote and Confirmed are the last state written to the balancer, and whether a
//     read shows it after a poll interval. Scalelite's poller may overwrite a state
//     that is written while it polls; before the confirmation a difference is
//     repaired, after it a difference is a person's doing and ends the aim.
//
// # Alerts
//
// The AlertTable holds what Alertmanager told, by fingerprint. A notification is a
// hint: lost, repeated, late and reordered ones change nothing in the end.
//
// # The outside
//
// Cloud, Balancer, Meetings, AlertSource and Store are implemented elsewhere. A
// second cloud is one more package beside actions/ionos, with its own section of
// the configuration file, and one line of wiring in cmd/internal/daemon. It must
//   - list a datacenter, or what it calls a region, in one call, with power, size,
//     addresses of all interfaces, and whether a change is pending (CloudServer);
//   - map its states to on, off and other, and never report off for a server that
//     may still run;
//   - accept start, stop and resize as requests that can be repeated without harm,
//     and return the id of a request that Request can follow;
//   - say in HotPlug what can grow while the server runs, and never reboot a server
//     for a growth;
//   - return errors that match ErrAuth, ErrGone, ErrBusy, ErrUnknown and
//     ErrThrottled where they apply, and own its timeouts, retries and rate limits.
//
// Nothing else in the module names a cloud.
package fleet
