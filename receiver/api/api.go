// Package api defines the daemon's HTTP API: its paths, request bodies and limits.
// Package receiver serves the API, package receiver/client calls it.
//
// It is a separate package because both sides need it and neither should import the
// other: the receiver imports an HTTP server framework, which a client does not
// need. The API answers with Fleet and with the types of package actions/fleet
// (Alert, Entry, Pause) encoded as JSON, and with an Error for status codes of 400 or
// above.
package api

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/verdict"
)

// Paths below the daemon's base address. Reads are GET; Pauses takes POST to
// add one and DELETE to end all; Pause takes DELETE; Release and Reload take
// POST.
const (
	PathPage    = "/"
	PathServer  = "/servers" // "/<name or id>" is the page of one server
	PathAssets  = "/assets"  // "/<file>" is a style sheet or a script of the pages
	PathHealthy = "/-/healthy"
	PathReady   = "/-/ready"
	PathReload  = "/-/reload"
	// PathStepDown takes POST: the daemon that leads hands the fleet over to another one.
	PathStepDown = "/-/step-down"
	PathMetrics  = "/metrics"
	PathWebhook  = "/webhook"       // Alertmanager posts its notifications here
	PathEvents   = "/api/v1/events" // server-sent events, for the page
	PathTrend    = "/api/v1/trend"
	PathAlerts   = "/api/v1/alerts"
	PathFleet    = "/api/v1/fleet"
	PathJournal  = "/api/v1/journal"
	PathPauses   = "/api/v1/pauses" // "/<id>" is one pause
	PathRelease  = "/api/v1/release"

	// Targets for Prometheus's HTTP service discovery.
	PathNodeTargets = "/sd/node-exporter"
	PathBBBTargets  = "/sd/bbb-exporter"
)

// QueryOff is the query parameter of PathNodeTargets and PathBBBTargets: true lists
// also the servers that are switched off.
const QueryOff = "off"

// QuerySince is the query parameter of PathEvents: the version of the page that
// the updates apply to.
const QuerySince = "since"

// Query parameters of PathJournal.
const (
	QueryLimit  = "limit"  // number of entries, from 1 to MaxJournal
	QueryServer = "server" // name or id of the only server to list
)

// Numbers of journal entries in one response.
const (
	DefaultJournal = 100 // without QueryLimit
	MaxJournal     = 10_000
)

// Fleet is the body of the answer to a GET of PathFleet: the fleet as of the last
// cycle, and the verdict on it as of now.
type Fleet struct {
	fleet.Status
	Verdict verdict.Verdict `json:"verdict"`
	// Now is the daemon's time when it answered.
	Now time.Time `json:"now"`
}

// PauseRequest is the body of a POST to PathPauses. The end is given either as
// For or as Until.
type PauseRequest struct {
	// Server is a name pattern in the syntax of path.Match; empty is the whole
	// fleet.
	Server string `json:"server,omitempty"`
	// ScaleInOnly pauses only what removes capacity.
	ScaleInOnly bool `json:"scale_in_only,omitempty"`
	// Reason is required. It is shown together with the pause.
	Reason string `json:"reason"`
	// By is the name of the author. If the request has a login, its name is used
	// instead.
	By string `json:"by,omitempty"`
	// For is the length in Go's format for durations, such as 2h or 45m.
	For string `json:"for,omitempty"`
	// Until is the end, which must be in the future.
	Until time.Time `json:"until,omitzero"`
}

// ReleaseRequest is the body of a POST to PathRelease: it returns a server that
// a person changed to the scaler's control.
type ReleaseRequest struct {
	// Server is the server's id or name, or a pattern of names such as bbb-1*.
	Server string `json:"server"`
	// State, if it is not empty, is the state that the server must still be in: what
	// a person saw may have changed since.
	State fleet.State `json:"state,omitempty"`
}

// Error is the body of every response with a status code of 400 or above.
type Error struct {
	// Error is what was wrong with the request, or why the daemon could not serve
	// it.
	Error string `json:"error"`
}
