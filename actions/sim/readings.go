package sim

import (
	"net/netip"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Reading is the complete state of one server at one time: the values that its exporters
// report, and values that only the simulation knows.
type Reading struct {
	ID         string
	Name       string
	Datacenter string
	Addr       netip.Addr // invalid while it has no address
	URL        string
	Secret     fleet.Secret // of its BigBlueButton API
	Version    string       // that BigBlueButton reports; empty when it reports none
	Size       fleet.Size
	Power      fleet.Power
	Busy       bool

	// The server in the balancer; empty if it is not registered there.
	BalancerID string
	State      fleet.BalancerState
	Online     bool
	Tag        string
	// Takes is set if the balancer may place new meetings on it.
	Takes bool

	// NodeUp and BBBUp report whether the node exporter and BigBlueButton (with its
	// exporter) answer.
	NodeUp, BBBUp bool
	// Unauthorized is set while the node exporter answers 401.
	Unauthorized bool

	Workload
	MemoryTotal     float64   // bytes
	MemoryAvailable float64   // bytes
	CPUIdle         []float64 // seconds since boot, of each core
	CPUBusy         []float64 // seconds since boot, of each core
	BootedAt        time.Time

	Meetings     int
	Participants int
	Webcams      int
	Recordings   int // not processed yet
}

// Servers returns a reading of every server, in the order of their numbers.
func (w *World) Servers() []Reading { return w.AppendServers(nil) }

// AppendServers returns the same as Servers, in dst[:0], and reuses the memory of
// its elements, for callers that read often.
func (w *World) AppendServers(dst []Reading) []Reading {
	w.mu.Lock()
	defer w.mu.Unlock()
	if cap(dst) < len(w.servers) {
		dst = make([]Reading, len(w.servers))
	}
	dst = dst[:len(w.servers)]
	for i, s := range w.servers {
		w.read(s, &dst[i])
	}
	return dst
}

// Server returns a reading of one server, by name, id, host, URL or address.
func (w *World) Server(name string) (Reading, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.find(name)
	if err != nil {
		return Reading{}, err
	}
	var r Reading
	w.read(s, &r)
	return r, nil
}

// read sets r to the reading of s, and reuses the memory of its slices.
func (w *World) read(s *server, r *Reading) {
	w.settle(s)
	load := w.workload(s)
	total := float64(s.size.RAM) * (1 << 20)
	*r = Reading{
		ID: s.id, Name: s.spec.Name, Datacenter: s.dc.id, Addr: s.addr, URL: s.spec.URL, Secret: s.spec.Secret, Version: s.spec.Version,
		Size: s.size, Power: s.power(), Busy: s.pending > 0,
		NodeUp:       s.vm == vmRunning && w.now >= s.systemAt && w.hit(ExporterGone, s) == nil,
		BBBUp:        w.answer(s) == bbbAnswers,
		Unauthorized: w.hit(ExporterUnauthorized, s) != nil,
		Workload:     load, MemoryTotal: total, MemoryAvailable: total * (1 - load.Memory),
		CPUIdle: less(r.CPUIdle[:0], s.idle, s.pluggedI), CPUBusy: less(r.CPUBusy[:0], s.busy, s.pluggedB),
		BootedAt: w.cfg.Start.Add(s.bootedAt),
		Meetings: s.running, Participants: s.participants, Webcams: s.webcams, Recordings: s.recordings,
	}
	if len(s.members) > 0 {
		m := s.members[0]
		r.BalancerID, r.State, r.Online, r.Tag, r.Takes = m.id, m.state, m.online, m.tag, m.takes()
	}
}

// less appends total minus each value in from to dst.
func less(dst []float64, total float64, from []float64) []float64 {
	for _, f := range from {
		dst = append(dst, total-f)
	}
	return dst
}
