package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// calendars reads every calendar and prints what is known of the time from now on.
func (c *preflight) calendars(ctx context.Context) {
	capacity := c.file.Actions.Capacity
	for _, calendar := range capacity.Calendars {
		ctx, cancel := context.WithTimeout(ctx, c.file.Actions.Deadlines.Read)
		feed, err := c.clients.calendars.Read(ctx, calendar.Name, capacity.Zone(), time.Now())
		cancel()
		if err != nil {
			c.wrong("calendar", fmt.Errorf("%s cannot be read: %w", calendar.Name, err), "")
			continue
		}
		for _, skipped := range feed.Skipped {
			c.wrong("calendar", fmt.Errorf("%s: %s", calendar.Name, skipped), "")
		}
		c.ok("calendar", "%s: %s", calendar.Name, describe(feed.Events, time.Now(), capacity.Zone()))
	}
}

// describe counts the days off and the events that have not ended, and names the next
// one.
func describe(events fleet.Events, now time.Time, zone *time.Location) string {
	var next *fleet.Event
	off, floors := 0, 0
	for i, e := range events {
		switch {
		case !e.To.After(now):
			continue
		case e.DayOff:
			off++
		default:
			floors++
		}
		if next == nil {
			next = &events[i]
		}
	}
	text := fmt.Sprintf("%d times without lessons and %d events with a floor within 60 days", off, floors)
	if next != nil {
		text += fmt.Sprintf("; the next is %q from %s", next.Summary, next.From.In(zone).Format("2006-01-02 15:04"))
	}
	return text
}
