package plot

import (
	"fmt"
	"strings"
)

// bin holds the numbers that are drawn in one column of pixels. They are computed
// from all points within that column.
type bin struct {
	x           float64 // left edge of the column, in pixels
	on, service float64 // average of the points
	need        float64 // maximum of the points
	missed      float64 // maximum of need minus service
	n           int     // number of points
}

// bins returns one bin for each pixel column that has points. The maximum of need
// and of missed is kept, so that a short peak stays visible. A column without
// points is drawn like the one before it.
func (c *canvas) bins(points []Point) []bin {
	var all []bin
	for _, p := range points {
		x := float64(int(c.x(p.At)))
		if len(all) == 0 || all[len(all)-1].x != x {
			all = append(all, bin{x: x})
		}
		b := &all[len(all)-1]
		b.n++
		b.on += p.On
		b.service += p.Service
		b.need = max(b.need, p.Need)
		b.missed = max(b.missed, p.Need-p.Service)
	}
	for i := range all {
		all[i].on /= float64(all[i].n)
		all[i].service /= float64(all[i].n)
	}
	return all
}

// end returns the right edge of the last bin, in pixels.
func (c *canvas) end(bins []bin) float64 { return min(bins[len(bins)-1].x+1, left+inner) }

// pen writes the path of a step line. It omits steps that do not change the height.
type pen struct {
	text strings.Builder
	y    string // present height, as written
}

// number formats a coordinate with at most one decimal.
func number(v float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
}

// step draws a horizontal line to x and then a vertical line to y.
func (p *pen) step(x, y float64) {
	if to := number(y); to != p.y {
		fmt.Fprintf(&p.text, "H%sV%s", number(x), to)
		p.y = to
	}
}

// area returns the path of the area between two lines. It consists of one closed
// piece for each range of bins in which the upper line is above the lower one.
func (c *canvas) area(r row, bins []bin, between func(bin) (low, high float64)) string {
	var text strings.Builder
	for i := 0; i < len(bins); {
		j := i
		for j < len(bins) && open(between(bins[j])) {
			j++
		}
		if j > i {
			until := c.end(bins)
			if j < len(bins) {
				until = bins[j].x
			}
			text.WriteString(c.piece(r, bins[i:j], until, between))
			i = j
			continue
		}
		i++
	}
	return text.String()
}

// open reports whether there is an area between two heights.
func open(low, high float64) bool { return high-low > 1e-9 }

// piece returns the path of one closed piece, which ends at the pixel until. It
// follows the upper line to the right and the lower line back to the left.
func (c *canvas) piece(r row, bins []bin, until float64, between func(bin) (low, high float64)) string {
	low, high := between(bins[0])
	p := pen{y: number(c.y(r, high))}
	fmt.Fprintf(&p.text, "M%s,%sV%s", number(bins[0].x), number(c.y(r, low)), p.y)
	for _, b := range bins[1:] {
		_, high = between(b)
		p.step(b.x, c.y(r, high))
	}
	x := until
	for i := len(bins) - 1; i >= 0; i-- {
		low, _ = between(bins[i])
		p.step(x, c.y(r, low))
		x = bins[i].x
	}
	p.text.WriteString("Z")
	return p.text.String()
}
