package live

import (
	"fmt"
	"time"
)

const (
	// slowAnswer is the real time after which an answer of the daemon counts as slow: on
	// a machine that keeps up with the simulation, it takes milliseconds.
	slowAnswer = 2 * time.Second
	// slowAnswers is the number of slow answers within ten simulated minutes that
	// people are told about: a daemon that is stopped and started causes a few.
	slowAnswers = 3
)

// pace tells whether the machine keeps up with the simulation. If it does not, servers are
// overloaded, and meetings refused, because programs wait for the processor.
type pace struct {
	slow    int
	slowest time.Duration
}

// note counts an answer of the daemon that took a real time.
func (p *pace) note(took time.Duration) {
	if took >= slowAnswer {
		p.slow, p.slowest = p.slow+1, max(p.slowest, took)
	}
}

// line returns what people are told, or nothing, and begins to count anew.
func (p *pace) line(speed float64) (text string) {
	if p.slow >= slowAnswers {
		text = fmt.Sprintf("******** this machine does not keep up: the daemon answered after up to %.0f s, in which %s passed in the simulation; "+
			"try a lower --speed than %.3g, or fewer --servers", p.slowest.Seconds(), time.Duration(float64(p.slowest)*speed).Round(time.Second), speed)
	}
	*p = pace{}
	return text
}
