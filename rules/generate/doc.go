// Package generate writes the Prometheus rules for a configuration, and the files
// that belong to them: unit tests, the Alertmanager route, and scrape jobs, as
// plain files or as objects for the Prometheus operator.
//
// These are the steps from the configuration to a file:
//
//   - [Config] is the section rules of the configuration file, [Input] the values
//     from other sections. validate.go and asks.go check them.
//   - [Build] returns the rules: records.go, cpu.go, idle.go, join.go, workload.go and forecast.go contain the
//     recording rules; server_alerts.go, fleet_alerts.go, trend.go, forecast.go and
//     people_alerts.go the expressions of the alerts. alerts.go joins each
//     expression with its row of [rules.Catalogue].
//   - [Scenarios] returns the tests of the rules: each scenario_*.go has those of
//     the expression file with the same subject; series.go, timeline.go and walk.go
//     write their input series.
//   - [File] writes the result in one of the formats: rulefile.go, unittests.go,
//     alertmanager.go and scrape.go.
//
// One evaluation reads about 40 series for a server with four cores in the rule of the
// CPU workload, and each of the other rules about one server reads one to eight. Reading
// a series, joining two and recording one cost about 1 µs each. So a record that has
// several series for each server is reduced before it is read again, as in join.go.
//
// The same configuration always gives the same bytes. Each file names the digest
// of the configuration that it was generated from.
package generate
