// Package rules turns workload thresholds into Prometheus rules, and owns the
// words that the rules and the receiver share: alert names, the labels and
// annotations that carry meaning, what each alert asks for, and the names of
// the daemon's metrics that rules read.
package rules
