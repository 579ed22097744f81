package sim

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// LoadModel computes the load of a server: what it holds while nobody is on it, plus a
// share for each participant, each webcam that is sent, and each stream (a webcam that
// one person sees), limited to the machine's size. Cores are those that are busy on
// average, RAM is in MiB.
type LoadModel struct {
	BaseCores        float64 // of an idle BigBlueButton
	BaseCoresPerCore float64 // of it, for each core of the machine
	BootCores        float64 // from running until BigBlueButton answers
	ParticipantCores float64 // of one person: audio, chat, whiteboard
	WebcamCores      float64 // of one webcam that is sent
	StreamCores      float64 // of one webcam that one person sees
	BaseRAM          float64 // on an idle server
	BaseRAMPerGiB    float64 // on an idle server, for each GiB of its RAM
	LeakRAM          float64 // that a server holds more with each hour since its boot
	ParticipantRAM   float64
	WebcamRAM        float64
	// StreamsEach is the maximum number of webcams that one person sees at a time:
	// BigBlueButton shows webcams in pages. 0 is no limit.
	StreamsEach   int
	RecordingTime time.Duration // to process one recording
}

// DefaultLoad returns the model that the simulation uses by default. All numbers are
// assumptions. BigBlueButton's documentation gives 200 concurrent people with some
// webcams as a rule of thumb for a server of 8 cores and 16 GB; in this model, 200 people
// with 60 webcams use 48 % of those cores and 36 % of that RAM. The base is chosen so
// that an empty server of 2 cores and 8192 MiB is below the minima by which the
// predecessor detected empty servers (memory 0.15, CPU 0.05). A booting server uses much
// CPU, so that averages that include warming servers are as wrong as in production.
func DefaultLoad() LoadModel {
	return LoadModel{
		BaseCores: 0.04, BootCores: 0.8, ParticipantCores: 0.01, WebcamCores: 0.03,
		BaseRAM: 1024, ParticipantRAM: 20, WebcamRAM: 15,
		RecordingTime: 10 * time.Minute,
	}
}

// Idle returns the cores and the RAM in MiB that a server of a size uses after a boot,
// while nobody is on it.
func (m LoadModel) Idle(size fleet.Size) (cores, ram float64) {
	return m.BaseCores + m.BaseCoresPerCore*float64(size.Cores), m.BaseRAM + m.BaseRAMPerGiB*float64(size.RAM)/1024
}

// Streams returns how many webcams are seen in a meeting, counted once for each person
// who sees them.
func (m LoadModel) Streams(participants, webcams float64) float64 {
	if m.StreamsEach > 0 {
		webcams = min(webcams, float64(m.StreamsEach))
	}
	return participants * webcams
}

// Crowd is what people do at one time, on one server or on all. The numbers are not
// whole where people join a meeting at a constant rate.
type Crowd struct{ Participants, Webcams, Streams float64 }

// Caused returns the cores and the RAM in MiB that people cause in addition to what a
// server holds.
func (m LoadModel) Caused(by Crowd) (cores, ram float64) {
	return by.Participants*m.ParticipantCores + by.Webcams*m.WebcamCores + by.Streams*m.StreamCores,
		by.Participants*m.ParticipantRAM + by.Webcams*m.WebcamRAM
}

// workload returns the workload of s now, which is zero while it is off.
func (w *World) workload(s *server) Workload {
	if s.vm != vmRunning {
		return Workload{}
	}
	m := w.cfg.Load
	idleCores, idleRAM := m.Idle(s.size)
	cores, ram := m.Caused(Crowd{float64(s.participants), float64(s.webcams), s.streams})
	cores += idleCores
	if !s.bbbUp {
		cores = m.BootCores
	}
	ram += idleRAM + m.LeakRAM*(w.now-s.bootedAt).Hours()
	return Workload{CPU: min(1, cores/float64(s.size.Cores)), Memory: min(0.98, ram/float64(s.size.RAM))}
}
