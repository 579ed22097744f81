package sim

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// The phases of a request in the cloud's API.
const (
	RequestQueued  = "QUEUED"
	RequestRunning = "RUNNING"
	RequestDone    = "DONE"
	RequestFailed  = "FAILED"
)

// CloudRequest is an accepted change as the cloud's API describes it.
type CloudRequest struct {
	ID      string
	Op      string // start, stop, reboot or resize
	Server  fleet.ServerRef
	Created time.Time
	Phase   string // one of the Request constants
	Message string // empty before its end
}

// RequestStatus returns the phase of a request, one of the Request constants, and
// its message. Requests are deleted an hour after their end (assumption). Errors
// are *CloudError.
func (w *World) RequestStatus(id string) (phase, message string, err error) {
	r, err := w.Request(id)
	return r.Phase, r.Message, err
}

// Request returns one request. Requests are deleted an hour after their end
// (assumption). It counts as one call of the cloud. Errors are *CloudError.
func (w *World) Request(id string) (CloudRequest, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.cloud.requests[id]
	var s *server
	var dc *datacenter
	if r != nil {
		s, dc = r.s, r.s.dc
	}
	if e := w.enter("request", s, dc); e != nil {
		return CloudRequest{}, e
	}
	if r == nil {
		return CloudRequest{}, refuse(http.StatusNotFound, "Resource does not exist")
	}
	return w.cloudRequest(r), nil
}

// Requests returns all requests, the oldest first. It counts as one call of the cloud.
// Errors are *CloudError.
func (w *World) Requests() ([]CloudRequest, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e := w.enter("requests", nil, nil); e != nil {
		return nil, e
	}
	known := make([]*request, 0, len(w.cloud.requests))
	for _, r := range w.cloud.requests {
		known = append(known, r)
	}
	slices.SortFunc(known, func(a, b *request) int { return cmp.Compare(a.n, b.n) })
	all := make([]CloudRequest, len(known))
	for i, r := range known {
		all[i] = w.cloudRequest(r)
	}
	return all, nil
}

// cloudRequest returns r as the cloud's API describes it.
func (w *World) cloudRequest(r *request) CloudRequest {
	c := CloudRequest{
		ID: r.id, Op: r.op, Server: fleet.ServerRef{Datacenter: r.s.dc.id, ID: r.s.id, Template: r.s.spec.Template},
		Created: w.cfg.Start.Add(r.made), Phase: RequestRunning,
	}
	switch {
	case r.failed:
		c.Phase, c.Message = RequestFailed, r.message
	case r.ended:
		c.Phase, c.Message = RequestDone, "Request has been successfully executed"
	case w.now < r.begins:
		c.Phase = RequestQueued
	}
	return c
}
