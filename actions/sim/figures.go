package sim

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Figures are the cost of a run since its start, and its effects on people.
type Figures struct {
	ServerHours float64 `json:"server_hours"` // of servers that are switched on
	CoreHours   float64 `json:"core_hours"`
	RAMGiBHours float64 `json:"ram_gib_hours"`
	Cost        float64 `json:"cost"`
	// CostAtNeed is what the same servers had cost if each had at any time just the size
	// that its people needed; CostAtPeak is that if each kept the largest of these sizes
	// until it was stopped, since a running server does not shrink.
	CostAtNeed float64 `json:"cost_at_need"`
	CostAtPeak float64 `json:"cost_at_peak"`

	ParticipantMinutes float64 `json:"participant_minutes"`
	// OverloadParticipantMinutes are those on servers above Config.Overload.
	OverloadParticipantMinutes float64 `json:"overload_participant_minutes"`

	Meetings           int `json:"meetings"` // that people wanted to hold
	MeetingsEndedEarly int `json:"meetings_ended_early"`
	MeetingsRefused    int `json:"meetings_refused"` // whose first create failed
	JoinsRefused       int `json:"joins_refused"`

	// ParticipantsIn equals ParticipantsOut plus ParticipantsPresent.
	ParticipantsIn      int `json:"participants_in"`
	ParticipantsOut     int `json:"participants_out"`
	ParticipantsPresent int `json:"participants_present"`

	CloudCalls    int `json:"cloud_calls"`
	BalancerCalls int `json:"balancer_calls"`
	MeetingsCalls int `json:"meetings_calls"` // calls of BigBlueButton servers
	// Steps counts the changes by calls of the cloud and the balancer that took effect,
	// without those of an Operator or of the balancer's poller.
	Steps map[fleet.Kind]int `json:"steps"`
	Flaps int                `json:"flaps"` // starts within FlapWithin after a stop of the same server
}

// FlapWithin is the time after a stop within which a start of the same server
// counts as a flap (assumption).
const FlapWithin = 30 * time.Minute

// Figures returns the figures up to the simulated time.
func (w *World) Figures() Figures {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.servers {
		w.settle(s)
	}
	f := w.figures
	f.Cost = w.cfg.Prices.Of(f.CoreHours, f.RAMGiBHours)
	f.ParticipantsPresent = f.ParticipantsIn - f.ParticipantsOut
	f.Steps = maps.Clone(f.Steps)
	f.addCalls(w.calls)
	return f
}

// addCalls adds the numbers of calls by their names, which begin with the system.
func (f *Figures) addCalls(calls map[string]int) {
	for op, n := range calls {
		switch system, _, _ := strings.Cut(op, "."); system {
		case "cloud":
			f.CloudCalls += n
		case "balancer":
			f.BalancerCalls += n
		case "bbb":
			f.MeetingsCalls += n
		}
	}
}

// CostOfAll returns what all servers would have cost up to the simulated time if they
// had been switched on, at the sizes of their ServerSpec.
func (w *World) CostOfAll() (cost float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.servers {
		cost += w.cfg.Prices.Of(float64(s.spec.Size.Cores), float64(s.spec.Size.RAM)/1024)
	}
	return cost * w.now.Hours()
}

// Calls returns how often each operation was called: cloud.servers,
// cloud.start, cloud.stop, cloud.resize, cloud.reboot, cloud.request,
// cloud.contract, balancer.servers, balancer.server, balancer.state,
// bbb.meetings and so on.
func (w *World) Calls() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.calls)
}

// settle updates the integrals and counters of s up to now. It must be called before
// anything changes on which they depend.
func (w *World) settle(s *server) {
	d := w.now - s.since
	s.since = w.now
	if s.vm != vmRunning {
		s.most = size{}
		return
	}
	if d <= 0 {
		return
	}
	f, hours, load := &w.figures, d.Hours(), w.workload(s)
	f.ServerHours += hours
	f.CoreHours += hours * float64(s.size.Cores)
	f.RAMGiBHours += hours * float64(s.size.RAM) / 1024
	w.noteNeed(s, hours, load)
	s.idle += d.Seconds() * (1 - load.CPU)
	s.busy += d.Seconds() * load.CPU
	people := float64(s.participants) * d.Minutes()
	f.ParticipantMinutes += people
	if load.CPU > w.cfg.Overload.CPU || load.Memory > w.cfg.Overload.Memory {
		f.OverloadParticipantMinutes += people
	}
}

// noteStep counts a step.
func (w *World) noteStep(kind fleet.Kind) {
	if w.figures.Steps == nil {
		w.figures.Steps = map[fleet.Kind]int{}
	}
	w.figures.Steps[kind]++
}

// noteFlap counts a flap if s was stopped less than FlapWithin ago.
func (w *World) noteFlap(s *server) {
	if s.wasOn && w.now-s.offSince <= FlapWithin {
		w.figures.Flaps++
	}
}

// Switch is a start or a stop by a call of the cloud.
type Switch struct {
	At     time.Time // when it took effect
	Asked  time.Time // when the cloud accepted the call
	Server string
	Tag    string // of the server in the balancer
	On     bool   // whether it is a start
}

// noteSwitch records a switch.
func (w *World) noteSwitch(s *server, on bool, asked time.Duration) {
	n := Switch{At: w.cfg.Start.Add(w.now), Asked: w.cfg.Start.Add(asked), Server: s.spec.Name, On: on}
	if len(s.members) > 0 {
		n.Tag = s.members[0].tag
	}
	w.switches = append(w.switches, n)
}

// Switches returns all starts and stops by calls of the cloud, in the order in which
// they took effect.
func (w *World) Switches() []Switch {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.switches)
}
