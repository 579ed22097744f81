package sim

import (
	"cmp"
	"net/http"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// request is a change that the cloud has accepted.
type request struct {
	id      string
	n       int // number of the request, from 1
	op      string
	s       *server
	to      ServerChange // for a resize
	made    time.Duration
	begins  time.Duration
	ended   bool
	failed  bool
	message string
}

// ServerChange is the body of a PATCH of a server. A nil field leaves the value unchanged
// that the server has when the change is carried out.
type ServerChange struct {
	Name  *string
	Cores *fleet.Cores
	RAM   *fleet.MiB
}

// of returns the size after the change of size.
func (c ServerChange) of(size fleet.Size) fleet.Size {
	assign(&size.Cores, c.Cores)
	assign(&size.RAM, c.RAM)
	return size
}

// Change requests a change of a server from the cloud: op is start, stop, resume,
// suspend, reboot, or resize to the size. It returns the request's id for
// RequestStatus. Errors are *CloudError.
func (w *World) Change(op string, ref fleet.ServerRef, to fleet.Size) (id string, err error) {
	id, _, err = w.change(op, ref, ServerChange{Cores: &to.Cores, RAM: &to.RAM})
	return id, err
}

// ChangeServer requests a change of a server as the cloud's PATCH does. It returns the id
// of the request for RequestStatus, and the server before the change. Errors are
// *CloudError.
func (w *World) ChangeServer(ref fleet.ServerRef, to ServerChange) (id string, m Machine, err error) {
	return w.change("resize", ref, to)
}

// change requests a change, see Change and ChangeServer.
func (w *World) change(op string, ref fleet.ServerRef, to ServerChange) (id string, m Machine, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, dc := w.lookup(ref), w.dcs[ref.Datacenter]
	if e := w.enter(op, s, dc); e != nil {
		return "", m, e
	}
	if s == nil {
		return "", m, refuse(http.StatusNotFound, "Resource does not exist")
	}
	if e := w.admit(op, s, to); e != nil {
		return "", m, e
	}
	r := w.accept(plain(op), s, to)
	if w.strike(CloudLost, op, s, dc) != nil {
		e := refuse(http.StatusBadGateway, "Bad Gateway")
		e.Write = true
		return "", m, e
	}
	return r.id, w.machine(s), nil
}

// plain returns the operation that op stands for: a CUBE has other names for start and
// stop.
func plain(op string) string {
	switch op {
	case "resume":
		return "start"
	case "suspend":
		return "stop"
	}
	return op
}

// admit returns the error of a change that the cloud does not accept, or nil.
func (w *World) admit(op string, s *server, to ServerChange) *CloudError {
	const busy = "[VDC-5-1234] Operation cannot be executed since this resource is locked by another change"
	switch {
	case s.pending == 0 || w.cfg.Cloud.Busy == BusyQueues:
	case w.cfg.Cloud.Busy == Busy423:
		return refuse(http.StatusLocked, busy)
	default:
		return refuse(http.StatusUnprocessableEntity, busy)
	}
	if cube := s.spec.Template == Cube; op != "reboot" && op != "resize" && cube != (op != plain(op)) {
		return refuse(http.StatusUnprocessableEntity, "[VDC-5-1415] Operation %q is not supported for a server of type %s", op, cmp.Or(s.spec.Template, "ENTERPRISE"))
	}
	if w.cfg.Cloud.ContractRefuses && w.beyondContract(op, s, to.of(s.size)) {
		return refuse(http.StatusUnprocessableEntity, "[VDC-5-1400] The contract limit is exceeded")
	}
	if op != "resize" || to.Cores == nil && to.RAM == nil {
		return nil
	}
	return w.admitResize(s, to.of(s.size))
}

// admitResize does the same as admit for a resize.
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

// coldFor reports whether s runs and cannot change to the size without a reboot.
func (s *server) coldFor(to fleet.Size) bool {
	grow := to.Sub(s.size)
	return s.vm == vmRunning && (grow.Cores < 0 || grow.RAM < 0 ||
		grow.Cores > 0 && !s.spec.HotPlug.CPU || grow.RAM > 0 && (!s.spec.HotPlug.RAM || to.RAM > 240<<10))
}

// beyondContract reports whether op needs more than the contract allows.
func (w *World) beyondContract(op string, s *server, to fleet.Size) bool {
	var more fleet.Size
	switch {
	case op == "start" && !s.provisioned():
		more = s.size
	case op == "resize" && s.vm == vmRunning:
		more = to.Sub(s.size)
	}
	return more != fleet.Size{} && !w.provisioned().Add(more).Fits(w.cfg.Cloud.PerContract)
}

// accept queues a change after the pending changes of the server, and of its datacenter
// with CloudConfig.Serial.
func (w *World) accept(op string, s *server, to ServerChange) *request {
	w.cloud.made++
	r := &request{id: uuid("request", w.cloud.made), n: w.cloud.made, op: op, s: s, to: to, made: w.now, begins: max(w.now, s.freeAt)}
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

// takes returns the duration of a change.
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

// finish ends a request, and applies its change unless the request fails.
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
	case w.beyondContract(r.op, s, r.to.of(s.size)):
		r.failed, r.message = true, "[VDC-5-1400] The contract limit is exceeded"
	default:
		w.apply(r)
	}
	w.after(time.Hour, func() { delete(w.cloud.requests, r.id) })
}

// apply applies the change of a request.
func (w *World) apply(r *request) {
	s := r.s
	switch r.op {
	case "start":
		if s.vm != vmRunning {
			w.noteStep(fleet.Start)
			w.noteSwitch(s, true, r.made)
			w.boot(s)
		}
	case "stop":
		if s.vm != vmOff {
			w.noteStep(fleet.Stop)
			w.noteSwitch(s, false, r.made)
			w.halt(s, vmOff)
		}
	case "reboot":
		w.breakOff(s)
		w.boot(s)
	case "resize":
		assign(&s.name, r.to.Name)
		w.resize(s, r.to.of(s.size))
	}
}

// resize changes the size of s.
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
