package outbound

import (
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
)

// Options are the dependencies of a client in addition to its configuration. With the
// zero value, a client opens real connections and has neither metrics nor logs.
type Options struct {
	// Transport replaces the transport that the configuration describes.
	Transport http.RoundTripper
	// Registerer registers the client's metrics. A second client with the same
	// Registerer continues the counters of the first.
	Registerer prometheus.Registerer
	// Log gets a line for each call that is repeated.
	Log *slog.Logger
}

// Connect returns Transport if it is set, and otherwise one with the settings of c,
// which calls the check of a write again if opening the connection takes long.
func (o Options) Connect(c Connections) (http.RoundTripper, error) {
	if o.Transport != nil {
		return o.Transport, nil
	}
	transport, err := c.Transport()
	if err != nil {
		return nil, err
	}
	return lateConnection{transport, fresh}, nil
}

// Logger returns Log if it is set, and otherwise one that discards everything.
func (o Options) Logger() *slog.Logger {
	if o.Log != nil {
		return o.Log
	}
	return slog.New(slog.DiscardHandler)
}
