package sim

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// vmState is a machine's power state as the cloud's API names it.
type vmState string

const (
	vmRunning vmState = "RUNNING"
	vmOff     vmState = "SHUTOFF"
	vmCrashed vmState = "CRASHED"
)

// server is one machine, with its entries in the balancer and its meetings.
type server struct {
	spec   ServerSpec
	id     string // in the cloud
	volume string
	nic    string
	dc     *datacenter
	random *rand.Rand

	// Cloud.
	name     string
	size     fleet.Size
	vm       vmState
	addr     netip.Addr    // invalid while a dynamic address is released
	pending  int           // changes in progress or queued
	freeAt   time.Duration // when the last pending change ends
	modified time.Duration // when the last change ended
	boots    int           // number of boots and halts; events of earlier boots have no effect
	bootedAt time.Duration
	systemAt time.Duration // from when on the exporters answer
	bbbUp    bool
	offSince time.Duration
	wasOn    bool // whether it has ever been halted
	most     size // the largest size that its people needed since its start

	members []*member // its entries in the balancer, usually one

	// BigBlueButton.
	meetings     []*meeting // those that run on it or that the balancer has placed on it
	running      int        // number of those that run
	participants int
	webcams      int
	streams      float64
	recordings   int // not processed yet

	// Counters since the last boot, as of since.
	since    time.Duration
	idle     float64   // seconds, per core
	busy     float64   // seconds, per core
	pluggedI []float64 // value of idle when each core was added
	pluggedB []float64 // value of busy when each core was added
}

// add builds a server and adds it to byName under each of its names.
func (w *World) add(i int, spec ServerSpec) {
	s := &server{
		spec: spec, name: spec.Name, size: spec.Size, vm: vmOff, addr: spec.Addr, dc: w.dcs[spec.Datacenter],
		id: uuid("server", i), volume: uuid("volume", i), nic: uuid("nic", i),
		random: rand.New(rand.NewPCG(w.cfg.Seed, uint64(i))),
	}
	if spec.Running {
		s.vm, s.bbbUp = vmRunning, true
		s.plug()
	}
	w.servers = append(w.servers, s)
	s.dc.servers = append(s.dc.servers, s)
	for _, name := range []string{spec.Name, s.id, hostOf(spec.URL), spec.URL, spec.Addr.String()} {
		w.byName[name] = s
	}
	if spec.Private.IsValid() {
		w.byName[spec.Private.String()] = s
	}
	if spec.DynamicAddr && !spec.Running {
		w.setAddr(s, netip.Addr{})
	}
	if !spec.Unregistered {
		m := w.enlist(uuid("balancer", i), spec.URL, spec.Secret, spec.Multiplier, s)
		m.state, m.tag = spec.State, spec.Tag
	}
}

// boot switches s on, or resets it.
func (w *World) boot(s *server) {
	w.settle(s)
	if s.vm != vmRunning {
		w.noteFlap(s)
	}
	s.vm = vmRunning
	s.boots++
	s.bbbUp = false
	s.idle, s.busy, s.pluggedI, s.pluggedB = 0, 0, nil, nil
	s.plug()
	s.bootedAt = w.now
	s.systemAt = w.now + draw(s.random, w.cfg.Cloud.System)
	if s.spec.DynamicAddr {
		w.setAddr(s, netip.AddrFrom4([4]byte{198, 19, byte(s.random.IntN(250)), byte(s.random.IntN(250) + 1)}))
	}
	w.comeUp(s, s.boots, draw(s.random, w.cfg.Cloud.BBB))
}

// comeUp lets BigBlueButton answer after d, unless the machine was reset in the
// meantime.
func (w *World) comeUp(s *server, boot int, d time.Duration) {
	w.after(d, func() {
		switch {
		case s.boots != boot || s.vm != vmRunning:
		case w.hit(StartHangs, s) != nil:
			w.comeUp(s, boot, 10*time.Second)
		default:
			w.settle(s)
			s.bbbUp = true
			w.process(s)
		}
	})
}

// halt switches s off, or lets it crash. Its meetings are interrupted.
func (w *World) halt(s *server, to vmState) {
	w.settle(s)
	w.breakOff(s)
	s.vm, s.bbbUp = to, false
	s.boots++
	s.offSince, s.wasOn = w.now, true
	if s.spec.DynamicAddr && to == vmOff {
		w.setAddr(s, netip.Addr{})
	}
}

// plug adjusts the counters to the number of cores.
func (s *server) plug() {
	n := int(s.size.Cores)
	for len(s.pluggedI) < n {
		s.pluggedI = append(s.pluggedI, s.idle)
		s.pluggedB = append(s.pluggedB, s.busy)
	}
	s.pluggedI, s.pluggedB = s.pluggedI[:n], s.pluggedB[:n]
}

// process processes the recordings of s, one at a time, while BigBlueButton is up.
func (w *World) process(s *server) {
	if s.recordings == 0 || !s.bbbUp {
		return
	}
	boot := s.boots
	w.after(w.cfg.Load.RecordingTime, func() {
		if s.boots == boot && s.recordings > 0 {
			s.recordings--
			w.process(s)
		}
	})
}
