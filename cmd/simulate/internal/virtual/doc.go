// Package virtual runs Prometheus's rules and Alertmanager's timing in virtual
// time.
//
// Prometheus's own engine and rule groups evaluate the rules at the given
// timestamps. Their storage is Samples, which keeps of each series only the time
// range that the rules can read. Alertmanager's own dispatcher depends on timers,
// so Dispatcher models its timing; a test runs both in a synctest bubble and
// compares every notification.
package virtual
