// Package alertmanager reads the current alerts from Alertmanager's API, including
// those that nothing is sent of: the silenced and inhibited ones, and those that a
// mute or active time interval of their route keeps back. They correct what is
// known from notifications, which can be lost.
//
// The alerts are read by group (/api/v2/alerts/groups), since Alertmanager mutes
// groups. It tells which since 0.28. An older one lists muted alerts as active, so
// that they count; Source.Blind and one line in the log name it.
package alertmanager
