package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// The limits of a rule of recurrence, so that it is computed in milliseconds.
const (
	maxInterval = 1000
	maxSteps    = 50_000 // occurrences from the first one on: a daily event for 136 years
)

// starts returns when the occurrences of an event begin that have a part in the window.
func (p parser) starts(e *ics.VEvent, s span) ([]time.Time, error) {
	starts := []time.Time{s.start}
	if value := text(e, ics.ComponentPropertyRrule); value != "" {
		var err error
		if starts, err = p.recur(value, s); err != nil {
			return nil, fmt.Errorf("RRULE: %w", err)
		}
	}
	more, err := p.times(e.GetProperties(ics.ComponentPropertyRdate))
	if err != nil {
		return nil, fmt.Errorf("RDATE: %w", err)
	}
	without, err := p.times(e.GetProperties(ics.ComponentPropertyExdate))
	if err != nil {
		return nil, fmt.Errorf("EXDATE: %w", err)
	}
	if e.GetProperty(ics.ComponentPropertyRecurrenceId) == nil {
		replaced, err := p.times(p.moved[text(e, ics.ComponentPropertyUniqueId)])
		if err != nil {
			return nil, fmt.Errorf("RECURRENCE-ID: %w", err)
		}
		without = append(without, replaced...)
	}
	gone := map[int64]bool{}
	for _, t := range without {
		gone[t.Unix()] = true
	}
	starts = slices.DeleteFunc(append(starts, more...), func(t time.Time) bool {
		return gone[t.Unix()] || !t.Before(p.to) || !s.end(t).After(p.from)
	})
	slices.SortFunc(starts, time.Time.Compare)
	return slices.CompactFunc(starts, time.Time.Equal), nil
}

// times returns the times in properties, each of which may list several.
func (p parser) times(of []*ics.IANAProperty) (all []time.Time, err error) {
	for _, property := range of {
		for value := range strings.SplitSeq(property.Value, ",") {
			one := *property
			one.Value, _, _ = strings.Cut(value, "/") // of a period, its begin
			at, _, err := p.time(&one)
			if err != nil {
				return nil, err
			}
			all = append(all, at)
		}
	}
	return all, nil
}

// recur returns the occurrences of a rule that have a part in the window.
func (p parser) recur(value string, s span) (starts []time.Time, err error) {
	option, err := optionOf(value, s.start)
	if err != nil {
		return nil, err
	}
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, errors.New(outbound.Brief(err.Error()))
	}
	next := rule.Iterator()
	for range maxSteps {
		at, ok := next()
		if !ok || !at.Before(p.to) {
			return starts, nil
		}
		if s.end(at).After(p.from) {
			starts = append(starts, at)
		}
	}
	return nil, fmt.Errorf("it has more than %d occurrences since its begin; at most that many are allowed", maxSteps)
}

// optionOf returns a rule, or an error if it is one that could take long to compute: with
// occurrences within a day, or with days that do not exist.
func optionOf(value string, start time.Time) (*rrule.ROption, error) {
	if len(value) > 500 {
		return nil, errors.New("it is longer than 500 bytes, the maximum")
	}
	option, err := rrule.StrToROptionInLocation(value, start.Location())
	if err != nil {
		return nil, errors.New(outbound.Brief(err.Error()))
	}
	option.Dtstart = start
	switch o := option; {
	case o.Freq != rrule.YEARLY && o.Freq != rrule.MONTHLY && o.Freq != rrule.WEEKLY && o.Freq != rrule.DAILY:
		return nil, errors.New("FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY")
	case o.Interval < 0 || o.Interval > maxInterval:
		return nil, fmt.Errorf("INTERVAL must be from 1 to %d", maxInterval)
	case len(o.Byhour)+len(o.Byminute)+len(o.Bysecond)+len(o.Byyearday)+len(o.Byweekno)+len(o.Byeaster) > 0:
		return nil, errors.New("only BYDAY, BYMONTHDAY, BYMONTH and BYSETPOS are allowed")
	case len(o.Bysetpos) > 0 && o.Freq != rrule.MONTHLY && o.Freq != rrule.YEARLY:
		return nil, errors.New("BYSETPOS needs FREQ=MONTHLY or FREQ=YEARLY")
	case !exist(o.Bymonth, o.Bymonthday):
		return nil, errors.New("BYMONTH and BYMONTHDAY name no day that exists")
	}
	return option, nil
}

// exist reports whether any of the days of a month exists in any of the months. Nothing
// given means all.
func exist(months, days []int) bool {
	if len(days) == 0 || len(months) == 0 {
		return true
	}
	last := []int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	return slices.ContainsFunc(months, func(m int) bool {
		return m >= 1 && m <= 12 && slices.ContainsFunc(days, func(d int) bool { return max(d, -d) <= last[m-1] && d != 0 })
	})
}
