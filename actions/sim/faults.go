package sim

import (
	"slices"
	"time"
)

// FaultKind is a way in which the world can go wrong.
type FaultKind string

// The kinds, and what On names for each: a server (by name, id, host or
// address) or a datacenter's id, each also as "" for all.
const (
	StartHangs   FaultKind = "start hangs"    // server, datacenter: boots, and BigBlueButton never answers
	RequestFails FaultKind = "request fails"  // server, datacenter: accepted writes end FAILED
	BusyForever  FaultKind = "busy forever"   // server, datacenter: accepted writes never end
	CloudAnswers FaultKind = "cloud answers"  // server, datacenter: calls are answered with Status
	CloudLost    FaultKind = "cloud lost"     // server, datacenter: writes are applied and answered 502
	CloudHangs   FaultKind = "cloud hangs"    // server, datacenter: calls are never answered, and change nothing
	ListHangs    FaultKind = "list hangs"     // datacenter: the list never comes
	ListShrinks  FaultKind = "list shrinks"   // datacenter: the list lacks its last Share
	BBBHangs     FaultKind = "bbb hangs"      // server: accepts and never answers
	BBBCrashed   FaultKind = "bbb crashed"    // server: refuses connections; its meetings are gone
	BBBFails     FaultKind = "bbb fails"      // server: answers FAILED
	ExporterGone FaultKind = "exporter gone"  // server: both exporters refuse connections
	BalancerDown FaultKind = "balancer down"  // refuses connections
	BalancerHang FaultKind = "balancer hangs" // accepts and never answers
	BalancerBusy FaultKind = "balancer busy"  // writes answer 400 "Servers list concurrently modified"
	BalancerFail FaultKind = "balancer fails" // everything answers 500
	PollerDead   FaultKind = "poller dead"    // the balancer's poller asks nobody; its API answers
	CordonRaces  FaultKind = "cordon races"   // server: a cordon collides with a poll
	EnableRaces  FaultKind = "enable races"   // server: an enable collides with a poll

	ExporterUnauthorized FaultKind = "exporter unauthorized" // server: the node exporter answers 401
)

// FaultKinds returns every kind.
func FaultKinds() []FaultKind {
	return []FaultKind{StartHangs, RequestFails, BusyForever, CloudAnswers, CloudLost, CloudHangs, ListHangs, ListShrinks,
		BBBHangs, BBBCrashed, BBBFails, ExporterGone, ExporterUnauthorized, BalancerDown, BalancerHang, BalancerBusy,
		BalancerFail, PollerDead, CordonRaces, EnableRaces}
}

// Fault is something that is wrong, until it is lifted.
type Fault struct {
	Kind FaultKind
	On   string // what it strikes; "" is everything of the kind
	// Op narrows cloud and balancer faults: "read", "write", or one operation
	// (servers, server, start, stop, resume, suspend, reboot, resize, request,
	// contract, state).
	Op         string
	Status     int           // CloudAnswers: 401, 403, 404, 409, 422, 423, 429, 500, 502, 503, 504
	RetryAfter time.Duration // CloudAnswers 429 and 503; 0 sends none
	Share      float64       // ListShrinks: of the datacenter's servers, from 0 to 1
	Times      int           // calls that it strikes before it ends by itself; 0 is no limit
	For        time.Duration // after which it ends by itself; 0 is never
}

// Inject makes f true from now on, and returns what lifts it again; lifting
// twice does nothing. To schedule a fault, call Inject from At.
func (w *World) Inject(f Fault) (lift func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &f
	w.faults = append(w.faults, p)
	if f.Kind == BBBCrashed {
		w.crashBBB(f)
	}
	if f.For > 0 {
		w.after(f.For, func() { w.lift(p) })
	}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.lift(p)
	}
}

func (w *World) lift(f *Fault) {
	w.faults = slices.DeleteFunc(w.faults, func(o *Fault) bool { return o == f })
}

// hit returns the fault of a kind that is on s now, or nil.
func (w *World) hit(kind FaultKind, s *server) *Fault {
	for _, f := range w.faults {
		if f.Kind == kind && f.strikes(s) {
			return f
		}
	}
	return nil
}

// strike returns the fault of a kind that a call meets, and counts it. s and dc
// may be nil, for calls that name none.
func (w *World) strike(kind FaultKind, op string, s *server, dc *datacenter) *Fault {
	for _, f := range w.faults {
		if f.Kind != kind || !f.concerns(op) || f.On != "" && !f.strikes(s) && (dc == nil || f.On != dc.id) {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				w.lift(f)
			}
		}
		return f
	}
	return nil
}

func (f *Fault) strikes(s *server) bool {
	if f.On == "" {
		return true
	}
	return s != nil && slices.Contains([]string{s.spec.Name, s.id, s.dc.id, hostOf(s.spec.URL)}, f.On)
}

func (f *Fault) concerns(op string) bool {
	switch f.Op {
	case "", op:
		return true
	case "write":
		return writes[op]
	case "read":
		return !writes[op]
	}
	return false
}

var writes = map[string]bool{"start": true, "stop": true, "resume": true, "suspend": true, "reboot": true, "resize": true, "state": true}

// crashBBB ends what runs on the servers that f strikes.
func (w *World) crashBBB(f Fault) {
	for _, s := range w.servers {
		if f.strikes(s) {
			w.breakOff(s)
		}
	}
}
