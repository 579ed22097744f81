// Package virtual runs Prometheus's rules and Alertmanager's timing in virtual
// time.
//
// The rules are evaluated by Prometheus's own engine and rule groups, at the
// timestamps they are given, over Samples, which keeps no more of each series
// than the rules can ask for. Alertmanager's dispatcher lives by timers, so
// its timing is modelled by Dispatcher; a test runs both side by side in a
// synctest bubble and compares every notification.
package virtual
