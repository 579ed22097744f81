package week

import (
	"fmt"
	"math"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/plot"
)

// Names of the strategies that the picture's headline compares.
const (
	StaticName = "static" // all servers on
	OursName   = "ours"
)

// result returns the picture of a week without its series: what it is of, and what ours
// did in a sentence, if it was compared.
func (c Comparison) result(w Week) plot.Figure {
	f := plot.Figure{
		Title: fmt.Sprintf("%d servers over %d days, world %s, timetable %s, seed %d; in servers of the default size, filled to the thresholds",
			c.Servers, c.Days, c.World.Name, c.Meetings(), w.Seed),
		Unit: "servers", Money: "cost of " + days(c.Days) + " in " + c.World.Prices.Currency,
	}
	ours, compared := w.outcome(OursName)
	if !compared {
		return f
	}
	f.Headline = fmt.Sprintf("%s: %s %.0f", OursName, c.World.Prices.Currency, ours.Figures.Cost)
	if all, ok := w.outcome(StaticName); ok && all.Figures.Cost > 0 {
		f.Headline = "bbb-scaler costs " + against(ours, all)
	}
	f.Headline += "; " + harm(ours)
	return f
}

// against returns in words how the cost of a strategy differs from that of all servers on.
func against(o, all Outcome) string {
	less := 1 - o.Figures.Cost/all.Figures.Cost
	switch text := fleet.Percent(math.Abs(less), 0); {
	case text == "0 %":
		return "as much as all servers on"
	case less < 0:
		return text + " more than all servers on"
	default:
		return text + " less than all servers on"
	}
}

// days returns a number of days in words.
func days(n int) string {
	if n == 7 {
		return "the week"
	}
	return fmt.Sprintf("%d days", n)
}

// harm returns what a strategy did to meetings, in words.
func harm(o Outcome) string {
	f := o.Figures
	text := fmt.Sprintf("%d meetings refused, %d cut off", f.MeetingsRefused, f.MeetingsEndedEarly)
	if f.MeetingsEndedEarly+f.MeetingsRefused == 0 {
		text = "no meeting refused or cut off"
	}
	if share := overloaded(o); share > muchOverload {
		text += fmt.Sprintf(", %.1f %% overloaded", share)
	}
	return text
}

// overloaded returns the share of the time of people that they spent on overloaded
// servers, in percent.
func overloaded(o Outcome) float64 {
	return 100 * o.Figures.OverloadParticipantMinutes / max(1, o.Figures.ParticipantMinutes)
}

// muchOverload is the share of people's time on overloaded servers, in percent, that is
// marked as harm.
const muchOverload = 0.1

// beside returns the series of a strategy without its points: its cost, and its effects
// on money and on people.
func (c Comparison) beside(w Week, o Outcome) plot.Series {
	f := o.Figures
	s := plot.Series{
		Name: o.Name, Note: fmt.Sprintf("%.0f server-hours", f.ServerHours),
		Cost: f.Cost, Amount: fmt.Sprintf("%s %.2f", c.World.Prices.Currency, f.Cost),
	}
	if all, ok := w.outcome(StaticName); ok && o.Name != StaticName && all.Figures.Cost > 0 {
		s.Effects = append(s.Effects, plot.Effect{Text: against(o, all)})
	}
	return c.withHarm(s, o)
}

func (c Comparison) withHarm(s plot.Series, o Outcome) plot.Series {
	f, share := o.Figures, overloaded(o)
	s.Effects = append(s.Effects,
		plot.Effect{Text: fmt.Sprintf("%.3f %% of the time overloaded", share), Bad: share > muchOverload},
		plot.Effect{Text: fmt.Sprintf("%d meetings cut off, %d refused", f.MeetingsEndedEarly, f.MeetingsRefused), Bad: f.MeetingsEndedEarly+f.MeetingsRefused > 0})
	return s
}

// outcome returns the outcome of a strategy by its name.
func (w Week) outcome(name string) (Outcome, bool) {
	for _, o := range w.Outcomes {
		if o.Name == name {
			return o, true
		}
	}
	return Outcome{}, false
}
