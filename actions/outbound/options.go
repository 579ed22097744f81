package outbound

import (
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
)

// Options are what a client works with beside its configuration. The zero
// value works: real connections, no metrics, no log.
type Options struct {
	// Transport replaces the connections that the configuration asks for.
	Transport http.RoundTripper
	// Registerer takes the client's metrics; a second client may come with the
	// same one and counts on.
	Registerer prometheus.Registerer
	// Log is told of calls that are repeated.
	Log *slog.Logger
}

// Connect returns the transport of the options, or else one over connections.
func (o Options) Connect(c Connections) (http.RoundTripper, error) {
	if o.Transport != nil {
		return o.Transport, nil
	}
	return c.Transport()
}

// Logger returns the log of the options, or else one that drops everything.
func (o Options) Logger() *slog.Logger {
	if o.Log != nil {
		return o.Log
	}
	return slog.New(slog.DiscardHandler)
}
