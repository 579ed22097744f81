package sim

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// LoadModel is what people cost a server: linear in participants and webcams
// above a base, and full at the machine's size. (A webcam costs by the number
// of those who see it; that BigBlueButton pages webcams since 2.3 bounds that.)
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
// predecessor's default minima (memory 0.15, CPU 0.05), which were in use as
// the sign of an empty server. An idle server is not quite idle, and one that
// boots is busy, so that averages over warming servers mislead as they do in
// earnest.
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
