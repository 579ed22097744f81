package calendar

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

var berlin = func() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return l
}()

// now is the Friday before the change to summer time.
var now = time.Date(2026, 3, 27, 12, 0, 0, 0, berlin)

// text returns a calendar with events, each given by its lines.
func calendarOf(events ...string) []byte {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n")
	for i, e := range events {
		fmt.Fprintf(&b, "BEGIN:VEVENT\r\nUID:%d\r\n%s\r\nEND:VEVENT\r\n", i, strings.ReplaceAll(e, "\n", "\r\n"))
	}
	b.WriteString("END:VCALENDAR\r\n")
	return []byte(b.String())
}

// show returns events as texts, with local times.
func show(events fleet.Events) (all []string) {
	for _, e := range events {
		s := e.From.In(berlin).Format("01-02 15:04") + "–" + e.To.In(berlin).Format("01-02 15:04")
		switch {
		case e.DayOff:
			s += " off"
		default:
			s += fmt.Sprintf(" users %d min %d", e.Users, e.MinActive)
		}
		if e.Pool != "" {
			s += " " + e.Pool
		}
		all = append(all, s)
	}
	return all
}

func TestEventsAreReadAsCalendarsWriteThem(t *testing.T) {
	for name, c := range map[string]struct {
		events []string
		want   []string
	}{
		"a holiday":                    {[]string{"DTSTART;VALUE=DATE:20260406\nDTEND;VALUE=DATE:20260407\nSUMMARY:Ostermontag"}, []string{"04-06 00:00–04-07 00:00 off"}},
		"a holiday without an end":     {[]string{"DTSTART;VALUE=DATE:20260406"}, []string{"04-06 00:00–04-07 00:00 off"}},
		"two weeks without lessons":    {[]string{"DTSTART;VALUE=DATE:20260330\nDTEND;VALUE=DATE:20260411"}, []string{"03-30 00:00–04-11 00:00 off"}},
		"a day on which clocks change": {[]string{"DTSTART;VALUE=DATE:20260329\nDURATION:P1D"}, []string{"03-29 00:00–03-30 00:00 off"}},
		"people in local time":         {[]string{"DTSTART;TZID=Europe/Berlin:20260401T080000\nDTEND;TZID=Europe/Berlin:20260401T100000\nDESCRIPTION:Abitur users=300"}, []string{"04-01 08:00–04-01 10:00 users 300 min 0"}},
		"a floor in UTC":               {[]string{"DTSTART:20260401T060000Z\nDURATION:PT1H30M\nDESCRIPTION:min_active=20"}, []string{"04-01 08:00–04-01 09:30 users 0 min 20"}},
		"a time without a zone":        {[]string{"DTSTART:20260401T080000\nDTEND:20260401T090000\nDESCRIPTION:users=5"}, []string{"04-01 08:00–04-01 09:00 users 5 min 0"}},
		"a zone of Outlook":            {[]string{"DTSTART;TZID=W. Europe Standard Time:20260401T080000\nDURATION:PT1H\nDESCRIPTION:users=5"}, []string{"04-01 08:00–04-01 09:00 users 5 min 0"}},
		"a zone with a prefix":         {[]string{"DTSTART;TZID=/example.org/Europe/Berlin:20260401T080000\nDURATION:PT1H\nDESCRIPTION:users=5"}, []string{"04-01 08:00–04-01 09:00 users 5 min 0"}},
		"several words":                {[]string{"DTSTART:20260401T060000Z\nDURATION:PT1H\nDESCRIPTION:Exam\\nusers=40\\nmin_active=3 pool=gold"}, []string{"04-01 08:00–04-01 09:00 users 40 min 3 gold"}},
		"folded lines":                 {[]string{"DTSTART:20260401T060000Z\nDURATION:PT1H\nDESCRIPTION:use\n rs=40"}, []string{"04-01 08:00–04-01 09:00 users 40 min 0"}},
		"a whole day with people":      {[]string{"DTSTART;VALUE=DATE:20260401\nDESCRIPTION:open day users=900"}, []string{"04-01 00:00–04-02 00:00 users 900 min 0"}},
		"an appointment without words": {[]string{"DTSTART:20260401T060000Z\nDURATION:PT1H\nDESCRIPTION:meeting of 300 users"}, nil},
		"a cancelled event":            {[]string{"DTSTART:20260401T060000Z\nDURATION:PT1H\nSTATUS:CANCELLED\nDESCRIPTION:users=5"}, nil},
		"one that is long past":        {[]string{"DTSTART;VALUE=DATE:20250406"}, nil},
		"every week across the change of clocks, except one": {[]string{"DTSTART;TZID=Europe/Berlin:20260320T080000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Europe/Berlin:20260327T080000\nDESCRIPTION:users=5"},
			[]string{"03-20 08:00–03-20 09:00 users 5 min 0", "04-03 08:00–04-03 09:00 users 5 min 0", "04-10 08:00–04-10 09:00 users 5 min 0"}},
		"an endless recurrence within the window": {[]string{"DTSTART;VALUE=DATE:19900403\nRRULE:FREQ=YEARLY"}, []string{"04-03 00:00–04-04 00:00 off"}},
		"every last Friday of the month":          {[]string{"DTSTART;VALUE=DATE:20260130\nRRULE:FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20260430"}, []string{"01-30 00:00–01-31 00:00 off", "02-27 00:00–02-28 00:00 off", "03-27 00:00–03-28 00:00 off", "04-24 00:00–04-25 00:00 off"}},
		"one of a series that was moved":          {[]string{"DTSTART:20260401T060000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\nDESCRIPTION:users=5"}, []string{"04-01 08:00–04-01 09:00 users 5 min 0", "04-02 08:00–04-02 09:00 users 5 min 0"}},
		"further dates":                           {[]string{"DTSTART;VALUE=DATE:20260406\nRDATE;VALUE=DATE:20260408,20260410"}, []string{"04-06 00:00–04-07 00:00 off", "04-08 00:00–04-09 00:00 off", "04-10 00:00–04-11 00:00 off"}},
		"of several, the earliest first":          {[]string{"DTSTART;VALUE=DATE:20260408", "DTSTART;VALUE=DATE:20260406"}, []string{"04-06 00:00–04-07 00:00 off", "04-08 00:00–04-09 00:00 off"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(t.Context(), calendarOf(c.events...), berlin, now)
			if err != nil || len(got.Skipped) > 0 {
				t.Fatalf("Parse() = %v, skipped %q; want neither", err, got.Skipped)
			}
			if a, b := strings.Join(show(got.Events), "\n"), strings.Join(c.want, "\n"); a != b {
				t.Errorf("Parse() =\n%s\nwant\n%s", a, b)
			}
		})
	}
}

func TestAMovedOccurrenceReplacesTheOneOfTheSeries(t *testing.T) {
	body := calendarOf("DTSTART:20260401T060000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\nDESCRIPTION:users=5",
		"RECURRENCE-ID:20260402T060000Z\nDTSTART:20260402T080000Z\nDURATION:PT1H\nDESCRIPTION:users=7")
	body = bytes.ReplaceAll(body, []byte("UID:1"), []byte("UID:0"))
	got, err := Parse(t.Context(), body, berlin, now)
	want := "04-01 08:00–04-01 09:00 users 5 min 0\n04-02 10:00–04-02 11:00 users 7 min 0"
	if all := strings.Join(show(got.Events), "\n"); err != nil || all != want {
		t.Errorf("Parse() = %v,\n%s\nwant\n%s", err, all, want)
	}
}

func TestAnEventThatCannotBeUsedIsSkippedAndNamed(t *testing.T) {
	good := "DTSTART;VALUE=DATE:20260406"
	for name, c := range map[string]struct{ event, want string }{
		"an unknown zone":           {"SUMMARY:Exam\nDTSTART;TZID=Mars/Olympus:20260401T080000\nDURATION:PT1H\nDESCRIPTION:users=5", `event "Exam" of 20260401T080000: DTSTART: the time zone "Mars/Olympus" is not known; it must be one of the IANA database, such as Europe/Berlin`},
		"no begin":                  {"SUMMARY:Exam", `event "Exam" of : it has no DTSTART, which is required`},
		"a begin that is none":      {"DTSTART:tomorrow", `DTSTART: "tomorrow" must be a day such as 20260302`},
		"an end before the begin":   {"DTSTART:20260401T080000Z\nDTEND:20260401T070000Z\nDESCRIPTION:users=5", "it lasts -1h0m0s, and must last more than 0s and at most 120 days"},
		"a year of holidays":        {"DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20270101", "at most 120 days"},
		"no people":                 {"DTSTART:20260401T080000Z\nDURATION:PT1H\nDESCRIPTION:users=0", "users=\"0\" must be a whole number from 1 to 1000000"},
		"people beyond number":      {"DTSTART:20260401T080000Z\nDURATION:PT1H\nDESCRIPTION:users=99999999999999999999", "must be a whole number from 1 to 1000000"},
		"a floor that is none":      {"DTSTART:20260401T080000Z\nDURATION:PT1H\nDESCRIPTION:min_active=many", "min_active=\"many\" must be a whole number from 1 to 10000"},
		"a rule that is none":       {"DTSTART;VALUE=DATE:20260406\nRRULE:EVERY=DAY", "RRULE: "},
		"every second":              {"DTSTART:20260401T080000Z\nDURATION:PT1H\nRRULE:FREQ=SECONDLY\nDESCRIPTION:users=5", "RRULE: FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY"},
		"every hour of a day":       {"DTSTART:20260401T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYHOUR=1,2,3\nDESCRIPTION:users=5", "RRULE: only BYDAY, BYMONTHDAY, BYMONTH and BYSETPOS are allowed"},
		"the 30th of February":      {"DTSTART;VALUE=DATE:20260406\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "RRULE: BYMONTH and BYMONTHDAY name no day that exists"},
		"every day since year one":  {"DTSTART;VALUE=DATE:00010101\nRRULE:FREQ=DAILY", "RRULE: it has more than 50000 occurrences since its begin; at most that many are allowed"},
		"an exception that is none": {"DTSTART;VALUE=DATE:20260406\nEXDATE:never", "EXDATE: "},
		"a duration that is none":   {"DTSTART:20260401T080000Z\nDURATION:1h\nDESCRIPTION:users=5", `DURATION: "1h" must be a duration such as PT1H30M or P2D`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(t.Context(), calendarOf(c.event, good), berlin, now)
			if err != nil || len(got.Skipped) != 1 || !strings.Contains(got.Skipped[0], c.want) {
				t.Errorf("Parse() = %v, skipped %q; want one that contains %q", err, got.Skipped, c.want)
			}
			if len(got.Events) != 1 || !got.Events[0].DayOff {
				t.Errorf("events = %v, want the other one", show(got.Events))
			}
		})
	}
}

func TestACalendarThatIsNoneOrTooLargeIsRefused(t *testing.T) {
	event := "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260406\r\nEND:VEVENT\r\n"
	many := func(n int, text string) []byte {
		return []byte("BEGIN:VCALENDAR\r\n" + strings.Repeat(text, n) + "END:VCALENDAR\r\n")
	}
	daily := "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20200406\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n"
	for name, c := range map[string]struct {
		body []byte
		want string
	}{
		"empty":                    {nil, "begins with BEGIN:VCALENDAR"},
		"a page of HTML":           {[]byte("<!doctype html>\n<html>"), "not a calendar in the format iCalendar, which begins with BEGIN:VCALENDAR"},
		"an event alone":           {[]byte(event), "begins with BEGIN:VCALENDAR"},
		"no lines of a calendar":   {[]byte("BEGIN:VCALENDAR\r\n\x00\xff\r\n"), "not a calendar in the format iCalendar"},
		"more events than allowed": {many(10_001, event), "more than 10000 events; at most that many are allowed"},
		"a million events":         {many(1_000_000, "BEGIN:VEVENT\nEND:VEVENT\n"), "more than 4194304 bytes; at most that many are allowed"},
		"too many occurrences":     {many(20, daily), "more than 2000 occurrences within 60 days"},
		"gigabytes":                {bytes.Repeat([]byte("x"), MaxBody+1), "more than 4194304 bytes"},
		"a line of a megabyte":     {many(1, "SUMMARY:"+strings.Repeat("x", 1<<20)+"\r\n"), "line 2: a property of more than 65536 bytes"},
		"a folded line like that":  {many(1, "SUMMARY:x\r\n"+strings.Repeat(" xxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n", 4000)), "a property of more than 65536 bytes"},
		"a thousand parameters":    {many(1, "SUMMARY"+strings.Repeat(";A=B", 1000)+":x\r\n"), "line 2: a property with 1000 parameters; at most 32"},
		"components without end":   {many(100_000, "BEGIN:X\r\n"), "line 5: components are nested 5 deep; at most 4"},
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			got, err := Parse(t.Context(), c.body, berlin, now)
			if err == nil || !strings.Contains(err.Error(), c.want) || len(got.Events) > 0 {
				t.Errorf("Parse() = %v with %d events, want an error that contains %q", err, len(got.Events), c.want)
			}
			if took := time.Since(begun); took > time.Minute {
				t.Errorf("Parse() took %v", took)
			}
		})
	}
}

func TestParsingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Parse(ctx, calendarOf("DTSTART;VALUE=DATE:20260406"), berlin, now); err == nil || !strings.Contains(err.Error(), "take too long") {
		t.Errorf("Parse() with a context that is done = %v, want an error", err)
	}
}

// FuzzParse checks that no text makes Parse panic, hang or return an event that is none.
func FuzzParse(f *testing.F) {
	for _, e := range []string{
		"DTSTART;VALUE=DATE:20260406\nDTEND;VALUE=DATE:20260407\nSUMMARY:Ostermontag",
		"DTSTART;TZID=Europe/Berlin:20260401T080000\nDURATION:PT1H30M\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,-1FR;COUNT=4\nEXDATE:20260401T080000Z\nDESCRIPTION:users=300\\, pool=gold",
		"DTSTART;VALUE=DATE:20260406\nRRULE:FREQ=DAILY;INTERVAL=7;BYDAY=TU",
		"DTSTART;VALUE=DATE:20260406\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYSETPOS=-1;UNTIL=20300101\nRDATE:20260408,20260410/P1D",
		"RECURRENCE-ID:20260401T060000Z\nSTATUS:CANCELLED",
	} {
		f.Add(calendarOf(e))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		begun := time.Now()
		got, err := Parse(t.Context(), body, berlin, now)
		if took := time.Since(begun); took > time.Minute {
			t.Fatalf("Parse() took %v", took)
		}
		if err != nil && len(got.Events)+len(got.Skipped) > 0 {
			t.Errorf("Parse() = %v and a content", err)
		}
		for _, e := range got.Events {
			if !e.To.After(e.From) || e.To.Before(now.Add(-Window)) || e.From.After(now.Add(Window)) || e.DayOff == (e.Users > 0 || e.MinActive > 0) {
				t.Errorf("event %+v", e)
			}
		}
	})
}
