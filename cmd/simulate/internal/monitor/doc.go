// Package monitor runs a real Prometheus and a real Alertmanager inside this
// process. It uses their own packages for discovery, scraping, storage, rules and
// notification, connected as in their main programs, without their web pages. They
// therefore behave like the servers with the same configuration file, except that
// they detect a change of targets sooner.
package monitor
