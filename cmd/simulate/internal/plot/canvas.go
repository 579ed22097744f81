package plot

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Dimensions of the picture, in pixels.
const (
	left, right  = 64, 24  // margins beside the axes and the money
	above, below = 116, 42 // margins above and below the rows
	inner        = 800     // width of the axes
	gap          = 28      // between the axes and the money
	money        = 220     // width of the column with the money
	high         = 92      // height of the axes of a row
	apart        = 42      // distance between two rows, which contains the title
	effect       = 17      // distance between two lines of text beside a row
)

// clipAbove is how many times the greatest need the vertical axis may show. Strategies
// with more servers are cut off.
const clipAbove = 2.5

// canvas holds the positions and texts of everything in the picture, for the
// template.
type canvas struct {
	Title, Unit   string
	Headline      string
	Money         string // title of the column
	MoneyX        int    // its left edge
	Width, Height int
	Left, Right   int
	Bottom        int // bottom of the last row
	Rows          []row
	Days          []day
	Hours         []label

	from, until time.Time
	top         float64 // value at the top of the vertical axis
}

// row is the part of the picture for one strategy.
type row struct {
	Name, Note, Over          string // Over says how many servers are cut off; "" for none
	Amount                    string
	Bar                       float64 // width of the bar of the cost
	Effects                   []line
	Y, Top                    int // position of the title, and of the top of the axes
	Bottom                    int
	On, Service, Need, Missed string // paths of the areas; each is drawn over those before it
	Ticks                     []label
}

// line is a text beside a row, at a height.
type line struct {
	Effect
	Y int
}

// day is the column for one day in the background.
type day struct {
	X, Width float64
	Middle   float64
	Text     string
	Weekend  bool
}

// label is a text at a position on an axis.
type label struct {
	At   float64
	Text string
}

// entry is the explanation of one color in the legend.
type entry struct {
	X           int
	Class, Text string
}

// Legend returns the explanations of the colors.
func (c *canvas) Legend() []entry {
	return []entry{
		{left, "need", "needed"},
		{left + 90, "missed", "needed, but not in service"},
		{left + 286, "service", "in service, not needed"},
		{left + 456, "on", "switched on, not in service"},
	}
}

func newCanvas(f Figure, from, until time.Time) *canvas {
	c := &canvas{
		Title: f.Title, Headline: f.Headline, Unit: f.Unit, Left: left, Right: left + inner,
		Money: f.Money, MoneyX: left + inner + gap, Width: left + inner + gap + money + right,
		from: from, until: until,
	}
	step := tickStep(f.greatest())
	c.top = step * math.Ceil(f.greatest()/step)
	dearest := 0.0
	for _, s := range f.Series {
		dearest = max(dearest, s.Cost)
	}
	for i, s := range f.Series {
		r := c.row(above+i*(high+apart), s, step)
		if dearest > 0 {
			r.Bar = money * s.Cost / dearest
		}
		c.Rows = append(c.Rows, r)
	}
	c.Bottom = c.Rows[len(c.Rows)-1].Bottom
	c.Height = c.Bottom + below
	c.days()
	return c
}

// greatest returns the number that the vertical axis must show: the greatest of all, or
// clipAbove times the greatest need if that is less; at least 1.
func (f Figure) greatest() float64 {
	need, all := 1.0, 1.0
	for _, s := range f.Series {
		for _, p := range s.Points {
			need, all = max(need, p.Need), max(all, p.On, p.Service, p.Need)
		}
	}
	return min(all, clipAbove*need)
}

// over says how many servers of a series are cut off at the top, or nothing.
func (c *canvas) over(s Series) string {
	most := 0.0
	for _, p := range s.Points {
		most = max(most, p.On, p.Service)
	}
	if most <= c.top {
		return ""
	}
	return fmt.Sprintf("▲ up to %.0f %s", most, c.Unit)
}

// tickStep returns a round number that divides an axis from 0 to top into 2 to 4
// parts.
func tickStep(top float64) float64 {
	rough := top / 4
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if step := m * power; step >= rough && (step >= 1) && step == math.Trunc(step) {
			return step
		}
	}
	return max(1, 10*power)
}

func (c *canvas) row(y int, s Series, step float64) row {
	r := row{Name: s.Name, Note: s.Note, Over: c.over(s), Amount: s.Amount, Y: y - 8, Top: y, Bottom: y + high}
	for i, e := range s.Effects {
		r.Effects = append(r.Effects, line{e, y + 46 + i*effect})
	}
	for v := 0.0; v <= c.top; v += step {
		r.Ticks = append(r.Ticks, label{c.y(r, v), strconv.FormatFloat(v, 'f', -1, 64)})
	}
	bins := c.bins(s.Points)
	r.On = c.area(r, bins, func(b bin) (low, high float64) { return 0, b.on })
	r.Service = c.area(r, bins, func(b bin) (low, high float64) { return 0, b.service })
	r.Need = c.area(r, bins, func(b bin) (low, high float64) { return 0, b.need })
	r.Missed = c.area(r, bins, func(b bin) (low, high float64) { return b.need - b.missed, b.need })
	return r
}

// x returns the horizontal position of a time, in pixels.
func (c *canvas) x(t time.Time) float64 {
	return left + inner*float64(t.Sub(c.from))/float64(c.until.Sub(c.from))
}

// y returns the vertical position of a number in a row, in pixels; it ends at the top of
// the axes.
func (c *canvas) y(r row, v float64) float64 {
	return float64(r.Bottom) - float64(high)*min(v, c.top)/c.top
}

// Minimum widths, in pixels, of a day with a name and of a day with hours.
const (
	namedDay = 26
	hourDay  = 90
)

// days sets the columns of the days and their names: weekdays where they fit,
// otherwise the dates of the Mondays.
func (c *canvas) days() {
	for from := c.from; from.Before(c.until); from = midnight(from, 1) {
		next := midnight(from, 1)
		d := day{X: c.x(from), Width: c.x(next) - c.x(from), Weekend: from.Weekday() == time.Saturday || from.Weekday() == time.Sunday}
		d.Middle = d.X + d.Width/2
		switch {
		case d.Width >= hourDay:
			d.Text = from.Format("Monday")
			c.hours(from, d.Width)
		case d.Width >= namedDay:
			d.Text = from.Format("Mon")
		case from.Weekday() == time.Monday:
			d.Text = from.Format("2 Jan")
		}
		c.Days = append(c.Days, d)
	}
}

// hours adds the labels of some hours of a day, depending on its width.
func (c *canvas) hours(midnight time.Time, width float64) {
	every := 6
	if width >= 4*hourDay {
		every = 2
	}
	for h := every; h < 24; h += every {
		at := time.Date(midnight.Year(), midnight.Month(), midnight.Day(), h, 0, 0, 0, midnight.Location())
		c.Hours = append(c.Hours, label{c.x(at), fmt.Sprintf("%02d", h)})
	}
}
