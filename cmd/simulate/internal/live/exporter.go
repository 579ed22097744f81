package live

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// slowed divides the seconds that a node exporter counts by the speed of the
// world, so that Prometheus, which lives by the wall's clock, computes the
// shares that the world means.
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

// page holds a response's body back.
type page struct {
	http.ResponseWriter
	text bytes.Buffer
}

func (p *page) Write(text []byte) (int, error) { return p.text.Write(text) }

// Unwrap lets the connection be broken, as a server that is off does.
func (p *page) Unwrap() http.ResponseWriter { return p.ResponseWriter }
