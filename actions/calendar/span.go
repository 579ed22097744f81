package calendar

import (
	"errors"
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// maxLength is the maximum length of an event: the longest holidays, and more.
const maxLength = 120 * 24 * time.Hour

// span is when the first occurrence of an event is, and how long each lasts.
type span struct {
	start time.Time
	days  bool          // whole days
	count int           // with days: how many
	lasts time.Duration // without
}

// end returns the end of the occurrence that begins at start. Days are counted by the
// calendar, since a day on which the clocks change is not 24 h long.
func (s span) end(start time.Time) time.Time {
	if s.days {
		return start.AddDate(0, 0, s.count)
	}
	return start.Add(s.lasts)
}

// spanOf returns the span of an event. Without an end, it lasts a day if it has no time
// of day.
func (p parser) spanOf(e *ics.VEvent) (s span, err error) {
	begin := e.GetProperty(ics.ComponentPropertyDtStart)
	if begin == nil {
		return span{}, errors.New("it has no DTSTART, which is required")
	}
	if s.start, s.days, err = p.time(begin); err != nil {
		return span{}, fmt.Errorf("DTSTART: %w", err)
	}
	end := s.start
	if s.days {
		end = s.start.AddDate(0, 0, 1)
	}
	if finish := e.GetProperty(ics.ComponentPropertyDtEnd); finish != nil {
		if end, _, err = p.time(finish); err != nil {
			return span{}, fmt.Errorf("DTEND: %w", err)
		}
	} else if d := text(e, ics.ComponentPropertyDuration); d != "" {
		lasts, err := durationOf(d)
		if err != nil {
			return span{}, fmt.Errorf("DURATION: %w", err)
		}
		end = s.start.Add(lasts)
	}
	s.lasts = end.Sub(s.start)
	if s.lasts <= 0 || s.lasts > maxLength {
		return span{}, fmt.Errorf("it lasts %v, and must last more than 0s and at most %d days", s.lasts, int(maxLength/(24*time.Hour)))
	}
	s.count = max(1, int((s.lasts+12*time.Hour)/(24*time.Hour)))
	return s, nil
}

// time returns the time of a property, and whether it is a day without a time.
func (p parser) time(of *ics.IANAProperty) (at time.Time, day bool, err error) {
	zone := p.zone
	if name := of.ICalParameters["TZID"]; len(name) > 0 {
		if zone, err = zoneOf(name[0]); err != nil {
			return time.Time{}, false, err
		}
	}
	return timeIn(of.Value, zone)
}

// timeIn returns the time that a value of type DATE or DATE-TIME means.
func timeIn(value string, zone *time.Location) (at time.Time, day bool, err error) {
	for _, form := range []struct {
		layout string
		zone   *time.Location
		day    bool
	}{{"20060102", zone, true}, {"20060102T150405Z", time.UTC, false}, {"20060102T150405", zone, false}} {
		if at, err := time.ParseInLocation(form.layout, value, form.zone); err == nil {
			return at, form.day, nil
		}
	}
	return time.Time{}, false, fmt.Errorf("%q must be a day such as 20260302 or a time such as 20260302T080000", outbound.Brief(value))
}

// zoneOf returns the time zone of a TZID: a name of the IANA database, with or without a
// prefix as some programs write it, or one of the names that Windows has for the zones
// of Western and Central Europe.
func zoneOf(name string) (*time.Location, error) {
	iana := name
	if windows, ok := map[string]string{
		"W. Europe Standard Time": "Europe/Berlin", "Central Europe Standard Time": "Europe/Budapest", "Central European Standard Time": "Europe/Warsaw",
		"Romance Standard Time": "Europe/Paris", "GMT Standard Time": "Europe/London",
	}[name]; ok {
		iana = windows
	}
	if parts := strings.Split(strings.TrimPrefix(iana, "/"), "/"); len(parts) > 2 {
		iana = strings.Join(parts[len(parts)-2:], "/")
	}
	zone, err := time.LoadLocation(iana)
	if err != nil || iana == "" || iana == "Local" {
		return nil, fmt.Errorf("the time zone %q is not known; it must be one of the IANA database, such as Europe/Berlin", outbound.Brief(name))
	}
	return zone, nil
}

// durationOf returns the duration of a value such as PT1H30M or P2D.
func durationOf(value string) (d time.Duration, err error) {
	wrong := fmt.Errorf("%q must be a duration such as PT1H30M or P2D", outbound.Brief(value))
	rest, ok := strings.CutPrefix(strings.TrimPrefix(value, "+"), "P")
	if !ok || len(value) > 40 {
		return 0, wrong
	}
	units := map[byte]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour, 'H': time.Hour, 'M': time.Minute, 'S': time.Second}
	n, digits := time.Duration(0), 0
	for i := range len(rest) {
		c := rest[i]
		switch unit, known := units[c]; {
		case c >= '0' && c <= '9' && digits < 6:
			n, digits = 10*n+time.Duration(c-'0'), digits+1
		case c == 'T' && digits == 0:
		case known && digits > 0:
			d, n, digits = d+n*unit, 0, 0
		default:
			return 0, wrong
		}
	}
	if digits > 0 {
		return 0, wrong
	}
	return d, nil
}
