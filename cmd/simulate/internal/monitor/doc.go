// Package monitor runs a real Prometheus and a real Alertmanager inside this
// process: their own packages for discovery, scraping, storage, rules and
// notification, wired as their own main programs wire them, without their web
// pages. They therefore treat a configuration file as the servers do; the only
// difference is that they notice a change of targets sooner.
package monitor
