// Package alertmanager reads the alerts that Alertmanager holds now, silenced
// ones included: the truth behind notifications, which can be lost.
package alertmanager
