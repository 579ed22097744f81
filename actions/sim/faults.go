package sim

import (
	"slices"
	"time"
)

// FaultKind is a kind of failure of the cloud, the balancer or a server.
type FaultKind string

// The kinds of faults. Each comment begins with what Fault.On may name: a server (by
// name, id, host or address) or a datacenter (by id). Empty: all of them.
const (
	StartHangs   FaultKind = "start hangs"    // server, datacenter: boots, and BigBlueButton never answers
	RequestFails FaultKind = "request fails"  // server, datacenter: accepted writes end FAILED
	BusyForever  FaultKind = "busy forever"   // server, datacenter: accepted writes never end
	CloudAnswers FaultKind = "cloud answers"  // server, datacenter: calls are answered with Status
	CloudLost    FaultKind = "cloud lost"     // server, datacenter: writes are applied and answered 502
	CloudHangs   FaultKind = "cloud hangs"    // server, datacenter: calls are never answered, and change nothing
	ListHangs    FaultKind = "list hangs"     // datacenter: list calls are never answered
	ListShrinks  FaultKind = "list shrinks"   // datacenter: the last servers are missing in the list, as many as Share says
	BBBHangs     FaultKind = "bbb hangs"      // server: accepts and never answers
	BBBCrashed   FaultKind = "bbb crashed"    // server: refuses connections; its meetings end
	BBBFails     FaultKind = "bbb fails"      // server: answers FAILED
	ExporterGone FaultKind = "exporter gone"  // server: both exporters refuse connections
	BalancerDown FaultKind = "balancer down"  // refuses connections
	BalancerHang FaultKind = "balancer hangs" // accepts and never answers
	BalancerBusy FaultKind = "balancer busy"  // writes answer 400 "Servers list concurrently modified"
	BalancerFail FaultKind = "balancer fails" // everything answers 500
	PollerDead   FaultKind = "poller dead"    // the balancer's poller polls no server; its API answers
	CordonRaces  FaultKind = "cordon races"   // server: a cordon collides with a poll
	EnableRaces  FaultKind = "enable races"   // server: an enable collides with a poll

	ExporterUnauthorized FaultKind = "exporter unauthorized" // server: the node exporter answers 401
)

// FaultKinds returns all kinds.
func FaultKinds() []FaultKind {
	return []FaultKind{StartHangs, RequestFails, BusyForever, CloudAnswers, CloudLost, CloudHangs, ListHangs, ListShrinks,
		BBBHangs, BBBCrashed, BBBFails, ExporterGone, ExporterUnauthorized, BalancerDown, BalancerHang, BalancerBusy,
		BalancerFail, PollerDead, CordonRaces, EnableRaces}
}

// Fault is a failure that lasts until it is lifted.
type Fault struct {
	Kind FaultKind
	On   string // server or datacenter to which it applies; empty: all
	// Op limits cloud and balancer faults to "read", "write", or one operation
	// (servers, server, start, stop, resume, suspend, reboot, resize, request,
	// contract, state).
	Op         string
	Status     int           // CloudAnswers: 401, 403, 404, 409, 422, 423, 429, 500, 502, 503, 504
	RetryAfter time.Duration // CloudAnswers 429 and 503; 0 sends none
	Share      float64       // ListShrinks: missing share of the datacenter's servers, from 0 to 1
	Times      int           // number of calls after which it ends; 0 is no limit
	For        time.Duration // after which it ends; 0 is no limit
}

// Inject starts a fault and returns a function that ends it. Further calls of that
// function do nothing. To schedule a fault, call Inject in the function of At.
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

// lift ends a fault.
func (w *World) lift(f *Fault) {
	w.faults = slices.DeleteFunc(w.faults, func(o *Fault) bool { return o == f })
}

// hit returns the fault of a kind that applies to s now, or nil.
func (w *World) hit(kind FaultKind, s *server) *Fault {
	for _, f := range w.faults {
		if f.Kind == kind && f.strikes(s) {
			return f
		}
	}
	return nil
}

// strike returns the fault of a kind that applies to a call, or nil, and counts the call
// for Fault.Times. s and dc are nil for calls that name none.
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

// strikes reports whether the fault applies to s.
func (f *Fault) strikes(s *server) bool {
	if f.On == "" {
		return true
	}
	return s != nil && slices.Contains([]string{s.spec.Name, s.id, s.dc.id, hostOf(s.spec.URL)}, f.On)
}

// concerns reports whether the fault applies to an operation.
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

// writes are the operations that change something.
var writes = map[string]bool{"start": true, "stop": true, "resume": true, "suspend": true, "reboot": true, "resize": true, "state": true}

// crashBBB ends the meetings on the servers to which f applies.
func (w *World) crashBBB(f Fault) {
	for _, s := range w.servers {
		if f.strikes(s) {
			w.breakOff(s)
		}
	}
}
