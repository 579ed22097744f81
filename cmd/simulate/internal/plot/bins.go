package plot

import (
	"fmt"
	"strings"
)

// bin is what becomes of the points within one pixel.
type bin struct {
	x           float64 // its left end
	on, service float64 // on average
	need        float64 // at most
	missed      float64 // by how much the need was above the service, at most
	n           int
}

// bins adds points up by pixel: whatever happens within one leaves a trace in
// it. A pixel without points is as the one before.
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

// end is where the last of the bins ends: as far as the points reach.
func (c *canvas) end(bins []bin) float64 { return min(bins[len(bins)-1].x+1, left+inner) }

// pen writes a path of steps, and leaves out what does not change.
type pen struct {
	text strings.Builder
	y    string
}

func number(v float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
}

func (p *pen) step(x, y float64) {
	if to := number(y); to != p.y {
		fmt.Fprintf(&p.text, "H%sV%s", number(x), to)
		p.y = to
	}
}

// area draws what lies between two lines, in pieces where they part.
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

func open(low, high float64) bool { return high-low > 1e-9 }

// piece draws along the upper line, and back along the lower one.
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
