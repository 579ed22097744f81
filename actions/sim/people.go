package sim

import (
	"math"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// fill lets those people join who are due by now, and schedules itself for the rest.
func (w *World) fill(m *meeting, born time.Duration) {
	if w.over(m) || !m.running || m.born != born {
		return
	}
	share := 1.0
	if since := w.now - born + w.cfg.FillStep; since < m.spec.Fill {
		share = since.Seconds() / m.spec.Fill.Seconds()
	}
	w.join(m, int(math.Ceil(share*float64(m.spec.Participants)))-m.joined)
	wait := w.cfg.FillStep
	if m.turned > 0 {
		wait = w.cfg.RejoinAfter
	}
	if m.joined < m.spec.Participants {
		w.after(wait, func() { w.fill(m, born) })
	}
}

// join lets n more people join m, or counts them as refused.
func (w *World) join(m *meeting, n int) {
	s := m.on
	if n <= 0 {
		return
	}
	if !w.admits(m) {
		w.figures.JoinsRefused += max(0, n-m.turned)
		m.turned = max(n, m.turned)
		return
	}
	m.turned = 0
	if via := w.through(m); via != nil {
		via.weigh(n)
	}
	w.settle(s)
	m.joined += n
	cams := m.spec.Webcams * m.joined / m.spec.Participants
	s.participants += n
	s.webcams += cams - m.webcams
	m.webcams = cams
	streams := w.cfg.Load.Streams(float64(m.joined), float64(cams))
	s.streams += streams - m.streams
	m.streams = streams
	w.figures.ParticipantsIn += n
}

// admits reports whether people can join m: its server must answer, and must be neither
// disabled nor offline in the balancer.
func (w *World) admits(m *meeting) bool {
	if w.answer(m.on) != bbbAnswers {
		return false
	}
	via := w.through(m)
	return via == nil || w.balancerAnswers() && via.online && via.state != fleet.Disabled
}

// through returns the balancer's entry by which people join m, or nil if they join
// without the simulated balancer.
func (w *World) through(m *meeting) *member {
	if m.direct {
		return w.balancer.records[m.id]
	}
	return m.via
}

// leave lets everybody leave m, which no longer runs.
func (w *World) leave(m *meeting) {
	s := m.on
	w.settle(s)
	w.figures.ParticipantsOut += m.joined
	s.participants -= m.joined
	s.webcams -= m.webcams
	s.streams -= m.streams
	s.running--
	m.joined, m.webcams, m.streams, m.turned, m.running = 0, 0, 0, 0, false
}
