package calendar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// Window is how far before and after the present the events of a calendar are kept:
// longer than the load is remembered.
const Window = 60 * 24 * time.Hour

const (
	maxOccurrences = 2000 // within Window, of all events of a calendar
	maxSkipped     = 5    // named in Content.Skipped
)

// Content is what a calendar says about the time around the present.
type Content struct {
	Events fleet.Events // sorted by From
	// Skipped says of the first events that cannot be used which they are, why, and what
	// is allowed.
	Skipped []string
}

// skip notes an event that cannot be used.
func (c *Content) skip(e *ics.VEvent, err error) {
	if len(c.Skipped) < maxSkipped {
		c.Skipped = append(c.Skipped, fmt.Sprintf("%s: %v", nameOf(e), err))
	}
}

// nameOf names an event in a message.
func nameOf(e *ics.VEvent) string {
	return fmt.Sprintf("event %q of %s", outbound.Brief(text(e, ics.ComponentPropertySummary)), outbound.Brief(text(e, ics.ComponentPropertyDtStart)))
}

// text returns the value of a property, or "".
func text(e *ics.VEvent, name ics.ComponentProperty) string {
	if p := e.GetProperty(name); p != nil {
		return p.Value
	}
	return ""
}

// Parse returns what a calendar says about the time around now. zone is that of times
// without one, and of days. It returns an error if the text is no calendar, is too large,
// or takes longer than ctx allows. Events that cannot be used are skipped and named.
func Parse(ctx context.Context, body []byte, zone *time.Location, now time.Time) (c Content, err error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if err := bound(body); err != nil {
		return Content{}, err
	}
	events, err := decode(body)
	if err != nil {
		return Content{}, err
	}
	p := parser{ctx: ctx, zone: zone, from: now.Add(-Window), to: now.Add(Window), moved: movedOf(events)}
	for _, e := range events {
		err := p.add(&c, e)
		switch {
		case ctx.Err() != nil:
			return Content{}, fmt.Errorf("its events take too long to compute: %w", ctx.Err())
		case errors.Is(err, errMany):
			return Content{}, err
		case err != nil:
			c.skip(e, err)
		}
	}
	slices.SortStableFunc(c.Events, func(a, b fleet.Event) int { return a.From.Compare(b.From) })
	return c, nil
}

// decode returns the events of a calendar. The library panics on no known input; a
// panic is an error, because a calendar must not end the process.
func decode(body []byte) (events []*ics.VEvent, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("not a calendar in the format iCalendar: %v", p)
		}
	}()
	cal, err := ics.ParseCalendar(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("not a calendar in the format iCalendar: %s", outbound.Brief(err.Error()))
	}
	return cal.Events(), nil
}

// movedOf returns the occurrences that another event of the same UID replaces, by the UID
// and the value of RECURRENCE-ID.
func movedOf(events []*ics.VEvent) map[string][]*ics.IANAProperty {
	moved := map[string][]*ics.IANAProperty{}
	for _, e := range events {
		if id := e.GetProperty(ics.ComponentPropertyRecurrenceId); id != nil {
			uid := text(e, ics.ComponentPropertyUniqueId)
			moved[uid] = append(moved[uid], id)
		}
	}
	return moved
}

// parser turns events into occurrences.
type parser struct {
	ctx      context.Context
	zone     *time.Location
	from, to time.Time
	moved    map[string][]*ics.IANAProperty // by UID
}

// errMany is the error of a calendar with too many occurrences.
var errMany = fmt.Errorf("more than %d occurrences within %d days; at most that many are allowed", maxOccurrences, int(Window/(24*time.Hour)))

// add adds the occurrences of an event. An event that changes nothing is left out: one
// at a time of day without users or min_active.
func (p parser) add(c *Content, e *ics.VEvent) error {
	if strings.EqualFold(text(e, ics.ComponentPropertyStatus), "CANCELLED") {
		return nil
	}
	asks, err := asksOf(text(e, ics.ComponentPropertyDescription))
	if err != nil {
		return err
	}
	s, err := p.spanOf(e)
	if err != nil {
		return err
	}
	asks.DayOff = s.days && asks.Users == 0 && asks.MinActive == 0
	if !s.days && asks.Users == 0 && asks.MinActive == 0 {
		return nil
	}
	asks.Summary = outbound.Brief(text(e, ics.ComponentPropertySummary))
	starts, err := p.starts(e, s)
	if err != nil {
		return err
	}
	for _, start := range starts {
		if len(c.Events) == maxOccurrences {
			return errMany
		}
		one := asks
		one.From, one.To = start, s.end(start)
		c.Events = append(c.Events, one)
	}
	return nil
}
