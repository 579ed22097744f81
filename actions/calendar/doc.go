// Package calendar reads calendars in the format iCalendar (RFC 5545) from files and
// URLs: days off, and events for which servers must be active. Parse is pure; Client
// reads.
//
// What a calendar may cost is bounded before it is parsed: its size, the number of its
// events and of their occurrences, their length, and how lines are nested. Rules of
// recurrence may be daily, weekly, monthly or yearly.
package calendar
