// Package e2e tests the daemon as its operator runs it: the built program as a
// process of its own, told by a configuration file, notified by Alertmanager
// and Prometheus servers that are processes too, with the generated rules over
// the metrics of a real node exporter. Only the cloud, Scalelite and the
// BigBlueButton servers are simulated, behind their own HTTP interfaces.
//
// What the tests need is installed by .ci/install on the first run.
package e2e
