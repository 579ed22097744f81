// Package rules is the vocabulary that the generated Prometheus rules, the
// scaler and the receiver share: the catalogue of alerts with what each asks
// for, the labels and annotations that carry meaning, the names of the daemon's
// metrics that rules read, and the thresholds of the workloads. It imports only
// the standard library. Package rules/generate writes the rules themselves.
//
// A new alert is written in four places: its row in [Catalogue], its expression
// and its scenario in rules/generate, and its section in deploy/runbooks.md. The
// default duration, the configuration's checks, the route to the scaler, and
// the lists of alerts in tests follow from the row. Tests fail while one of the
// four is missing, or while the table in README.md lacks an alert that asks for
// something.
package rules
