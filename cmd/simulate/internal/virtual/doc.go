// Package virtual runs Prometheus's rules and Alertmanager's timing in virtual
// time.
//
// The rules are evaluated by Prometheus's own engine and rule groups, at the
// given timestamps, over Samples, which keeps no more of each series than the
// rules can read. Alertmanager's dispatcher depends on timers, so its timing is
// modelled by Dispatcher; a test runs both in a synctest bubble and compares every
// notification.
package virtual
