// Package monitor runs a real Prometheus and a real Alertmanager inside this
// process: their own packages for discovery, scraping, storage, rules and
// notification, wired as their own main programs wire them, without their web
// pages. What they do with a configuration file is therefore what the servers
// do with it; only how fast a change of targets is noticed is set shorter.
package monitor
