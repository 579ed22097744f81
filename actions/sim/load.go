package sim

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// LoadModel is the load that people cause on a server: a base plus a share for
// each participant and each webcam, up to the machine's size. In fact a webcam
// costs in proportion to the number of those who see it; BigBlueButton bounds that
// by showing webcams in pages, since 2.3.
type LoadModel struct {
	BaseCores        float64 // an idle BigBlueButton
	BootCores        float64 // from running until BigBlueButton answers
	ParticipantCores float64 // audio, chat, whiteboard, of one person
	WebcamCores      float64 // one webcam sent to a class
	BaseRAM          float64 // MiB in use on an idle server
	ParticipantRAM   float64 // MiB
	WebcamRAM        float64 // MiB
	RecordingTime    time.Duration
}

// DefaultLoad returns the model that the simulation uses. BigBlueButton's
// documentation gives 200 people at once, of some webcams, as a rule of thumb
// for a server of 8 cores and 16 GB; here 200 people with 60 webcams take 48 %
// of those cores and 36 % of that RAM. All numbers are assumptions. The base
// is set so that an empty server of 2 cores and 8192 MiB lies below the
// predecessor's default minima (memory 0.15, CPU 0.05), which were used to detect
// an empty server. An empty server uses a little CPU and one that boots uses much,
// so that averages that include warming servers are as wrong as in production.
func DefaultLoad() LoadModel {
	return LoadModel{
		BaseCores: 0.04, BootCores: 0.8, ParticipantCores: 0.01, WebcamCores: 0.03,
		BaseRAM: 1024, ParticipantRAM: 20, WebcamRAM: 15,
		RecordingTime: 10 * time.Minute,
	}
}

// of returns the workload of a machine of a size with BigBlueButton up (or
// still booting) and so many people.
func (m LoadModel) of(size fleet.Size, up bool, participants, webcams int) Workload {
	p, v := float64(participants), float64(webcams)
	cores := m.BaseCores + p*m.ParticipantCores + v*m.WebcamCores
	if !up {
		cores = m.BootCores
	}
	ram := m.BaseRAM + p*m.ParticipantRAM + v*m.WebcamRAM
	return Workload{CPU: min(1, cores/float64(size.Cores)), Memory: min(0.98, ram/float64(size.RAM))}
}

// workload returns that of s now; zero while it is off.
func (w *World) workload(s *server) Workload {
	if s.vm != vmRunning {
		return Workload{}
	}
	return w.cfg.Load.of(s.size, s.bbbUp, s.participants, s.webcams)
}
