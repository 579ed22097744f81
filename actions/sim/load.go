package sim

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// LoadModel computes the load of a server: a base plus a share for each participant and
// each webcam, limited to the machine's size. In reality, the cost of a webcam grows
// with the number of people who see it; BigBlueButton limits this since 2.3 by showing
// webcams in pages.
type LoadModel struct {
	BaseCores        float64       // of an idle BigBlueButton
	BootCores        float64       // from running until BigBlueButton answers
	ParticipantCores float64       // of one person: audio, chat, whiteboard
	WebcamCores      float64       // of one webcam that a class sees
	BaseRAM          float64       // MiB in use on an idle server
	ParticipantRAM   float64       // MiB
	WebcamRAM        float64       // MiB
	RecordingTime    time.Duration // to process one recording
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

// of returns the workload of a machine of a size. up is false while BigBlueButton is
// still booting.
func (m LoadModel) of(size fleet.Size, up bool, participants, webcams int) Workload {
	p, v := float64(participants), float64(webcams)
	cores := m.BaseCores + p*m.ParticipantCores + v*m.WebcamCores
	if !up {
		cores = m.BootCores
	}
	ram := m.BaseRAM + p*m.ParticipantRAM + v*m.WebcamRAM
	return Workload{CPU: min(1, cores/float64(size.Cores)), Memory: min(0.98, ram/float64(size.RAM))}
}

// workload returns the workload of s now, which is zero while it is off.
func (w *World) workload(s *server) Workload {
	if s.vm != vmRunning {
		return Workload{}
	}
	return w.cfg.Load.of(s.size, s.bbbUp, s.participants, s.webcams)
}
