// Package e2e tests the daemon as an operator runs it: the built program runs as a
// process with a configuration file. Real Prometheus and Alertmanager processes
// evaluate the generated rules on the metrics of a real node exporter and notify the
// daemon. Only IONOS, Scalelite and the BigBlueButton servers are simulated, behind
// their own HTTP interfaces.
//
// .ci/install installs the programs that the tests need on the first run.
package e2e
