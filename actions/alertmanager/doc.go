// Package alertmanager implements fleet.AlertSource: it reads the current alerts from
// Alertmanager's API. The list includes alerts for which no notification is sent: those
// that are silenced or inhibited, and those that a mute or active time interval of their
// route mutes. The list corrects what is known from notifications, which can be lost.
//
// The alerts are read by group (/api/v2/alerts/groups), because Alertmanager mutes
// groups. The API shows which groups are muted since Alertmanager 0.28. Older versions
// list muted alerts as active, so that these count as firing; Source.Blind and a line
// in the log name the peers with such a version.
package alertmanager
