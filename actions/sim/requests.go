package sim

import (
	"net/http"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// request is a change that the cloud accepted.
type request struct {
	id      string
	op      string
	s       *server
	to      fleet.Size
	begins  time.Duration
	ended   bool
	failed  bool
	message string
}

// Request phases as the cloud's API names them.
const (
	RequestQueued  = "QUEUED"
	RequestRunning = "RUNNING"
	RequestDone    = "DONE"
	RequestFailed  = "FAILED"
)

// Change requests a change of a server from the cloud: op is start, stop, reboot,
// or resize to the size. It returns the request's id for RequestStatus. Errors are
// *CloudError.
func (w *World) Change(op string, ref fleet.ServerRef, to fleet.Size) (id string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, dc := w.lookup(ref), w.dcs[ref.Datacenter]
	if e := w.enter(op, s, dc); e != nil {
		return "", e
	}
	if s == nil {
		return "", refuse(http.StatusNotFound, "Resource does not exist")
	}
	if e := w.admit(op, s, to); e != nil {
		return "", e
	}
	r := w.accept(op, s, to)
	if w.strike(CloudLost, op, s, dc) != nil {
		e := refuse(http.StatusBadGateway, "Bad Gateway")
		e.Write = true
		return "", e
	}
	return r.id, nil
}

// ChangeSize requests a resize as the cloud's PATCH does: nil leaves a value
// unchanged. It returns the request's id for RequestStatus, and the server before
// the change. Errors are *CloudError.
func (w *World) ChangeSize(ref fleet.ServerRef, cores, ram *int) (id string, m Machine, err error) {
	w.mu.Lock()
	s := w.lookup(ref)
	var to fleet.Size
	if s != nil {
		to, m = s.size, w.machine(s)
	}
	w.mu.Unlock()
	if cores != nil {
		to.Cores = fleet.Cores(*cores)
	}
	if ram != nil {
		to.RAM = fleet.MiB(*ram)
	}
	id, err = w.Change("resize", ref, to)
	m.Busy = m.Busy || err == nil
	return id, m, err
}

// admit refuses what the cloud does not even accept.
func (w *World) admit(op string, s *server, to fleet.Size) *CloudError {
	const busy = "[VDC-5-1234] Operation cannot be executed since this resource is locked by another change"
	switch {
	case s.pending == 0 || w.cfg.Cloud.Busy == BusyQueues:
	case w.cfg.Cloud.Busy == Busy423:
		return refuse(http.StatusLocked, busy)
	default:
		return refuse(http.StatusUnprocessableEntity, busy)
	}
	if w.cfg.Cloud.ContractRefuses && w.beyondContract(op, s, to) {
		return refuse(http.StatusUnprocessableEntity, "[VDC-5-1400] The contract limit is exceeded")
	}
	if op != "resize" {
		return nil
	}
	return w.admitResize(s, to)
}

func (w *World) admitResize(s *server, to fleet.Size) *CloudError {
	switch {
	case s.spec.Template != "":
		return refuse(http.StatusUnprocessableEntity, "[VDC-5-1410] A server of type %s is sized by its template", s.spec.Template)
	case to.Cores < 1 || to.RAM < 256 || to.RAM%256 != 0:
		return refuse(http.StatusUnprocessableEntity, "[VDC-5-1411] Attribute 'ram' must be a multiple of 256, 'cores' at least 1: got %s", to)
	case !to.Fits(w.cfg.Cloud.PerServer):
		return refuse(http.StatusUnprocessableEntity, "[VDC-5-1412] The limit of one server is %s", w.cfg.Cloud.PerServer)
	case w.cfg.Cloud.Cold == ColdRejects && s.coldFor(to):
		return refuse(http.StatusUnprocessableEntity, "[VDC-5-1413] The running server cannot be changed to %s", to)
	}
	return nil
}

// coldFor tells whether s cannot go to a size while it runs.
func (s *server) coldFor(to fleet.Size) bool {
	grow := to.Sub(s.size)
	return s.vm == vmRunning && (grow.Cores < 0 || grow.RAM < 0 ||
		grow.Cores > 0 && !s.spec.HotPlug.CPU || grow.RAM > 0 && (!s.spec.HotPlug.RAM || to.RAM > 240<<10))
}

// beyondContract tells whether op would take more than the contract allows.
func (w *World) beyondContract(op string, s *server, to fleet.Size) bool {
	var more fleet.Size
	switch {
	case op == "start" && s.vm == vmOff:
		more = s.size
	case op == "resize" && s.vm == vmRunning:
		more = to.Sub(s.size)
	}
	return more != fleet.Size{} && !w.provisioned().Add(more).Fits(w.cfg.Cloud.PerContract)
}

// accept queues a change behind what the server, or its datacenter, still has
// to do.
func (w *World) accept(op string, s *server, to fleet.Size) *request {
	w.cloud.made++
	r := &request{id: uuid("request", w.cloud.made), op: op, s: s, to: to, begins: max(w.now, s.freeAt)}
	if w.cfg.Cloud.Serial {
		r.begins = max(r.begins, s.dc.freeAt)
	}
	ends := r.begins + w.takes(op, s)
	s.freeAt, s.dc.freeAt = ends, max(s.dc.freeAt, ends)
	s.pending++
	w.cloud.requests[r.id] = r
	w.after(ends-w.now, func() { w.finish(r) })
	return r
}

func (w *World) takes(op string, s *server) time.Duration {
	switch {
	case op == "start" && s.vm == vmRunning && s.pending == 0, op == "stop" && s.vm == vmOff && s.pending == 0:
		return 0
	case op == "stop":
		return draw(s.random, w.cfg.Cloud.Stop)
	case op == "resize":
		return draw(s.random, w.cfg.Cloud.Resize)
	}
	return draw(s.random, w.cfg.Cloud.Start)
}

// finish ends a request, and makes it come true unless something is wrong.
func (w *World) finish(r *request) {
	s := r.s
	if w.hit(BusyForever, s) != nil {
		s.freeAt = max(s.freeAt, w.now+10*time.Second)
		w.after(10*time.Second, func() { w.finish(r) })
		return
	}
	s.pending--
	s.modified = w.now
	r.ended = true
	switch {
	case w.strike(RequestFails, r.op, s, s.dc) != nil:
		r.failed, r.message = true, "[VDC-5-1500] The operation could not be completed for lack of capacity"
	case w.beyondContract(r.op, s, r.to):
		r.failed, r.message = true, "[VDC-5-1400] The contract limit is exceeded"
	default:
		w.apply(r.op, s, r.to)
	}
	w.after(time.Hour, func() { delete(w.cloud.requests, r.id) })
}

// apply makes a change come true.
func (w *World) apply(op string, s *server, to fleet.Size) {
	switch op {
	case "start":
		if s.vm != vmRunning {
			w.noteStep(fleet.Start)
			w.boot(s)
		}
	case "stop":
		if s.vm != vmOff {
			w.noteStep(fleet.Stop)
			w.halt(s, vmOff)
		}
	case "reboot":
		w.breakOff(s)
		w.boot(s)
	case "resize":
		w.resize(s, to)
	}
}

func (w *World) resize(s *server, to fleet.Size) {
	cold := s.coldFor(to)
	if to == s.size || cold && w.cfg.Cloud.Cold == ColdIgnored {
		return
	}
	w.settle(s)
	kind := fleet.Grow
	if to.Cores < s.size.Cores || to.RAM < s.size.RAM {
		kind = fleet.Shrink
	}
	w.noteStep(kind)
	s.size = to
	s.plug()
	if cold && w.cfg.Cloud.Cold == ColdReboots {
		w.breakOff(s)
		w.boot(s)
	}
}

// RequestStatus returns the phase of a request, one of the Request constants, and
// its message. Requests are deleted an hour after their end (assumption). Errors
// are *CloudError.
func (w *World) RequestStatus(id string) (phase, message string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.cloud.requests[id]
	var s *server
	var dc *datacenter
	if r != nil {
		s, dc = r.s, r.s.dc
	}
	if e := w.enter("request", s, dc); e != nil {
		return "", "", e
	}
	switch {
	case r == nil:
		return "", "", refuse(http.StatusNotFound, "Resource does not exist")
	case r.failed:
		return RequestFailed, r.message, nil
	case r.ended:
		return RequestDone, "Request has been successfully executed", nil
	case w.now < r.begins:
		return RequestQueued, "", nil
	}
	return RequestRunning, "", nil
}
