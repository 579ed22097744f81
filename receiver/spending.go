package receiver

import (
	"fmt"
	"math"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/trend"
)

// spending is what was switched on today, for the page.
type spending struct {
	trend.Usage
	prices Prices
}

// spentToday returns the spending since midnight.
func (s *server) spentToday(now time.Time) spending {
	y, m, d := now.Local().Date()
	return spending{s.Trend.Used(time.Date(y, m, d, 0, 0, 0, 0, time.Local)), s.cfg.Prices}
}

// Known reports whether anything was observed today.
func (s spending) Known() bool { return s.Observed > 0 }

// Priced reports whether there are prices.
func (s spending) Priced() bool { return s.prices.CoreHour > 0 || s.prices.GiBHour > 0 }

// Used says how much was switched on.
func (s spending) Used() string {
	return fmt.Sprintf("%s server-hours, %s core-hours, %s GiB-hours", hours(s.On.Servers), hours(s.On.Cores), hours(s.On.GiB))
}

// hours formats a number of hours, small ones with a decimal.
func hours(x float64) string {
	if math.Abs(x) < 9.95 {
		return fleet.Fixed(x, 1)
	}
	return fleet.Fixed(x, 0)
}

// Cost says what that costs.
func (s spending) Cost() string { return s.money(s.cost(s.On)) }

// Saved says how much less that is than with all servers on at their present sizes.
func (s spending) Saved() string {
	on, all := s.On.Cores, s.All.Cores
	if s.Priced() {
		on, all = s.cost(s.On), s.cost(s.All)
	}
	if all == 0 {
		return ""
	}
	text := fleet.Percent(1-on/all, 0)
	if s.Priced() {
		return text + ", " + s.money(all-on)
	}
	return text + fmt.Sprintf(" of the core-hours (%s)", hours(all-on))
}

// For says how long was observed.
func (s spending) For() string {
	d := s.Observed.Round(time.Minute)
	if d < time.Hour {
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

func (s spending) cost(h trend.Hours) float64 {
	return h.Cores*s.prices.CoreHour + h.GiB*s.prices.GiBHour
}

func (s spending) money(x float64) string { return s.prices.Currency + " " + fleet.Fixed(x, 2) }
