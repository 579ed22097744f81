package fleet

import (
	"context"
	"errors"
	"net/netip"
)

// Cloud starts, stops and resizes servers. A write returns as soon as the cloud has
// accepted it, with the id of a request that Request follows. Writes are idempotent:
// starting a running server does nothing. Implementations have their own timeouts,
// retries and rate limits, call Check before each attempt of a write, and return
// errors that match the Err sentinels below where they apply.
type Cloud interface {
	// Servers returns all servers of a datacenter, with one call.
	Servers(ctx context.Context, datacenter string) ([]CloudServer, error)
	// Server reads one server again. A list may be minutes old, so callers read a
	// server before they change it.
	Server(ctx context.Context, s ServerRef) (CloudServer, error)
	// Start switches the server on.
	Start(ctx context.Context, s ServerRef) (request string, err error)
	// Stop switches the server off, so that it is no longer billed.
	Stop(ctx context.Context, s ServerRef) (request string, err error)
	// Resize sets cores and RAM, with one call. It never reboots the server.
	Resize(ctx context.Context, s ServerRef, to Size) (request string, err error)
	// Request returns the progress of an accepted write.
	Request(ctx context.Context, id string) (RequestStatus, error)
	// Contract returns the cores and RAM that the contract has left.
	Contract(ctx context.Context) (Contract, error)
}

// ServerRef identifies one server of the cloud.
type ServerRef struct {
	Datacenter string `json:"datacenter"`
	ID         string `json:"id"`
	// Template is the type of a server whose size a template sets (CUBE, GPU) and
	// which cannot be resized; empty for all others. Start and Stop need it, because
	// a CUBE is resumed and suspended instead.
	Template string `json:"template,omitempty"`
}

// CloudServer is a server as the cloud lists it.
type CloudServer struct {
	ServerRef
	Name    string       `json:"name"`
	Size    Size         `json:"size"`
	Power   Power        `json:"power"`
	Busy    bool         `json:"busy"` // a change is pending; another one would queue
	Addrs   []netip.Addr `json:"addrs,omitempty"`
	HotPlug HotPlug      `json:"hot_plug"`
}

// HotPlug says which resources can grow while the server runs. They are flags of its
// boot volume.
type HotPlug struct {
	CPU bool `json:"cpu"`
	RAM bool `json:"ram"`
}

// Power is whether a server is switched on.
type Power string

// The values of Power. PowerOther is any state of the cloud that is neither clearly
// on nor clearly off (blocked, crashed, paused, no state).
const (
	PowerOn    Power = "on"
	PowerOff   Power = "off"
	PowerOther Power = "other"
)

// RequestStatus is the progress of an accepted write.
type RequestStatus struct {
	Phase   RequestPhase
	Message string // the error message of the cloud, for RequestFailed
}

// RequestPhase is the progress of an accepted write.
type RequestPhase string

// The phases of a request. A request that the cloud no longer knows is RequestDone.
const (
	RequestPending RequestPhase = "pending"
	RequestDone    RequestPhase = "done"
	RequestFailed  RequestPhase = "failed"
)

// Contract holds the limits of the cloud contract.
type Contract struct {
	PerServer Size // maximum size of one server
	Free      Size // cores and RAM that are not provisioned yet
}

// Errors of Cloud and Balancer, to be tested with errors.Is.
var (
	// ErrAuth is returned when the credentials are refused (401, 403). No further
	// write may be sent.
	ErrAuth = errors.New("credentials refused")
	// ErrGone is returned when what the call names does not exist (404).
	ErrGone = errors.New("does not exist")
	// ErrBusy is returned when the server has a change pending (409, 422, 423). The
	// call can be repeated later.
	ErrBusy = errors.New("busy with another change")
	// ErrUnknown is returned when a write may or may not have been carried out (a
	// broken connection, 5xx on a POST). Callers read the server before they repeat
	// the write.
	ErrUnknown = errors.New("outcome unknown")
	// ErrThrottled is returned when the rate limit is exhausted. Nothing was changed.
	ErrThrottled = errors.New("rate limit reached")
)
