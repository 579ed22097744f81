package live

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// slowed divides the seconds that a node exporter counts by the speed of the
// simulated time, so that Prometheus, which uses real time, computes the right CPU
// workload.
func slowed(h http.Handler, speed float64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept-Encoding")
		r.Header.Del("Accept") // text, to be read line by line
		page := &page{ResponseWriter: w}
		h.ServeHTTP(page, r)
		for line := range strings.Lines(page.text.String()) {
			fmt.Fprintln(w, slower(strings.TrimSuffix(line, "\n"), speed))
		}
	})
}

func slower(line string, speed float64) string {
	series, text, ok := strings.Cut(line, "} ")
	if !ok || !strings.HasPrefix(line, "node_cpu_seconds_total{") {
		return line
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return line
	}
	return series + "} " + strconv.FormatFloat(seconds/speed, 'g', -1, 64)
}

// page buffers a response's body.
type page struct {
	http.ResponseWriter
	text bytes.Buffer
}

// Write appends to the buffer.
func (p *page) Write(text []byte) (int, error) { return p.text.Write(text) }

// Unwrap gives the handler access to the connection, which it closes for a server
// that is off.
func (p *page) Unwrap() http.ResponseWriter { return p.ResponseWriter }
