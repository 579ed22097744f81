// Package promapi returns clients of Prometheus's HTTP API, directly or through
// Grafana's data source proxy, as the configuration says.
package promapi

import (
	"net/http"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// Dial returns a client of the API at p.URL. It makes no call. It returns an error
// if p.CAFile cannot be read or p.URL is invalid.
func Dial(p config.Prometheus) (promv1.API, error) {
	base, err := outbound.Connections{CAFile: p.CAFile}.Transport()
	if err != nil {
		return nil, err
	}
	httpClient := outbound.NewClient(login{p, base})
	httpClient.Timeout = p.RequestTimeout
	dialled, err := api.NewClient(api.Config{Address: p.URL, Client: httpClient})
	if err != nil {
		return nil, err
	}
	return promv1.NewAPI(dialled), nil
}

// login adds the credentials to requests.
type login struct {
	config.Prometheus
	base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (l login) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	switch {
	case l.BearerToken != "":
		r.Header.Set("Authorization", "Bearer "+l.BearerToken.Reveal())
	case l.Username != "":
		r.SetBasicAuth(l.Username, l.Password.Reveal())
	}
	return l.base.RoundTrip(r)
}
