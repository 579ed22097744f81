// Package alertmanager reads the current alerts from Alertmanager's API, including
// the silenced ones. They correct what is known from notifications, which can be
// lost.
package alertmanager
