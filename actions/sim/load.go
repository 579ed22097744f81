package sim

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
)

// LoadModel is what people cost a server: linear in participants and webcams
// above a base, and full at the machine's size.
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

// DefaultLoad returns the model that the simulation uses.
func DefaultLoad() LoadModel {
	return LoadModel{
		BaseCores: 0.04, BootCores: 0.8, ParticipantCores: 0.008, WebcamCores: 0.02,
		BaseRAM: 1024, ParticipantRAM: 20, WebcamRAM: 15,
		RecordingTime: 10 * time.Minute,
	}
}

// of returns the workload of a machine of a size with BigBlueButton up (or
// still booting) and so many people.
func (m LoadModel) of(size actions.Size, up bool, participants, webcams int) Workload {
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
