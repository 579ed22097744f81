package fleet

import (
	"context"
	"errors"
	"net/netip"
)

// Cloud is where servers are switched on, off, and resized. Writes are
// accepted, not finished, when they return: they give the id of a request to
// follow. All of them are "make it so": starting a running server does
// nothing. Implementations own timeouts, retries and rate limits, call Check
// before each attempt of a write, and return errors that match the Err sentinels
// below where they apply.
type Cloud interface {
	// Servers lists a datacenter in one call.
	Servers(ctx context.Context, datacenter string) ([]CloudServer, error)
	// Server reads one server again. A list may be minutes old: whoever changes a
	// server reads it first.
	Server(ctx context.Context, s ServerRef) (CloudServer, error)
	Start(ctx context.Context, s ServerRef) (request string, err error)
	Stop(ctx context.Context, s ServerRef) (request string, err error)
	// Resize sets cores and RAM in one call.
	Resize(ctx context.Context, s ServerRef, to Size) (request string, err error)
	// Request tells how an accepted write is doing.
	Request(ctx context.Context, id string) (RequestStatus, error)
	// Contract tells what the contract still has room for.
	Contract(ctx context.Context) (Contract, error)
}

// ServerRef names one server of the cloud, and tells how it is to be handled.
type ServerRef struct {
	Datacenter string `json:"datacenter"`
	ID         string `json:"id"`
	// Template is set for types that are sized by template (CUBE, GPU) and cannot
	// be resized; it holds the type. Calls that switch a server on or off need it:
	// a CUBE is resumed and suspended.
	Template string `json:"template,omitempty"`
}

// CloudServer is a server as the cloud lists it.
type CloudServer struct {
	ServerRef
	Name    string       `json:"name"`
	Size    Size         `json:"size"`
	Power   Power        `json:"power"`
	Busy    bool         `json:"busy"` // a change is pending; more would queue
	Addrs   []netip.Addr `json:"addrs,omitempty"`
	HotPlug HotPlug      `json:"hot_plug"`
}

// HotPlug tells what can grow while the server runs: flags of its boot volume.
type HotPlug struct {
	CPU bool `json:"cpu"`
	RAM bool `json:"ram"`
}

// Power is whether a server is switched on.
type Power string

// The powers. Anything the cloud reports that is neither clearly on nor
// clearly off (blocked, crashed, paused, no state) is PowerOther.
const (
	PowerOn    Power = "on"
	PowerOff   Power = "off"
	PowerOther Power = "other"
)

// RequestStatus is the progress of an accepted write.
type RequestStatus struct {
	Phase   RequestPhase
	Message string // the cloud's words, when it failed
}

// RequestPhase is how far an accepted write has come.
type RequestPhase string

// The phases; requests that the cloud no longer knows are RequestDone.
const (
	RequestPending RequestPhase = "pending"
	RequestDone    RequestPhase = "done"
	RequestFailed  RequestPhase = "failed"
)

// Contract is the room that the cloud contract leaves.
type Contract struct {
	PerServer Size // the greatest size of one server
	Free      Size // what is not provisioned yet
}

// What callers of Cloud and Balancer branch on, with errors.Is.
var (
	// ErrAuth: the credentials are refused (401, 403). Writes must stop.
	ErrAuth = errors.New("credentials refused")
	// ErrGone: the thing named does not exist (404).
	ErrGone = errors.New("does not exist")
	// ErrBusy: the server has a change pending (409, 422, 423). Try later.
	ErrBusy = errors.New("busy with another change")
	// ErrUnknown: the write may or may not have happened (a broken connection,
	// 5xx on a POST). Read before repeating it.
	ErrUnknown = errors.New("outcome unknown")
	// ErrThrottled: the rate limit is used up. Nothing happened.
	ErrThrottled = errors.New("rate limit reached")
)
