package plot

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Dimensions of the picture, in pixels.
const (
	left, right  = 64, 24 // margins beside the axes
	above, below = 88, 42 // margins above and below the rows
	inner        = 980    // width of the axes
	high         = 112    // height of the axes of a row
	apart        = 40     // distance between two rows, which contains the title
)

// canvas holds the positions and texts of everything in the picture, for the
// template.
type canvas struct {
	Title, Unit   string
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
	Name, Note                string
	Y, Top                    int // position of the title, and of the top of the axes
	Bottom                    int
	On, Service, Need, Missed string // paths of the areas; each is drawn over those before it
	Ticks                     []label
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
		{left + 438, "on", "switched on, not in service"},
	}
}

func newCanvas(f Figure, from, until time.Time) *canvas {
	c := &canvas{
		Title: f.Title, Unit: f.Unit, Left: left, Right: left + inner, Width: left + inner + right,
		from: from, until: until,
	}
	step := tickStep(f.greatest())
	c.top = step * math.Ceil(f.greatest()/step)
	for i, s := range f.Series {
		c.Rows = append(c.Rows, c.row(above+i*(high+apart), s, step))
	}
	c.Bottom = c.Rows[len(c.Rows)-1].Bottom
	c.Height = c.Bottom + below
	c.days()
	return c
}

// greatest returns the maximum of all numbers in f, at least 1.
func (f Figure) greatest() float64 {
	greatest := 1.0
	for _, s := range f.Series {
		for _, p := range s.Points {
			greatest = max(greatest, p.On, p.Service, p.Need)
		}
	}
	return greatest
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
	r := row{Name: s.Name, Note: s.Note, Y: y - 8, Top: y, Bottom: y + high}
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

// y returns the vertical position of a number in a row, in pixels.
func (c *canvas) y(r row, v float64) float64 {
	return float64(r.Bottom) - float64(high)*v/c.top
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
