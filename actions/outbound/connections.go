package outbound

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// Connections says how hosts are connected to.
type Connections struct {
	// CAFile is a PEM file of the only authorities to trust; empty: the system's.
	CAFile string
	// InsecureSkipVerify switches the check of certificates off.
	InsecureSkipVerify bool
	// ConnectTimeout bounds a connection's setup, TLS included; 0: 5 s.
	ConnectTimeout time.Duration
	// MaxPerHost bounds the connections to one host; 0: no bound.
	MaxPerHost int
}

// Transport opens connections as c says, and keeps them alive for calls to
// come. A proxy is taken from the environment (HTTPS_PROXY, NO_PROXY). Idle
// connections are closed after 30 s, before servers commonly do, since a call
// on a connection that is just being closed has an unknown outcome.
func (c Connections) Transport() (*http.Transport, error) {
	trust, err := c.trust()
	if err != nil {
		return nil, err
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 5 * time.Second
	}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: c.ConnectTimeout, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:        trust,
		TLSHandshakeTimeout:    c.ConnectTimeout,
		MaxConnsPerHost:        c.MaxPerHost,
		MaxIdleConnsPerHost:    max(c.MaxPerHost, 2),
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}, nil
}

func (c Connections) trust() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: c.InsecureSkipVerify}
	if c.CAFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("reading ca_file: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file %s holds no certificate in PEM form", c.CAFile)
	}
	return config, nil
}

// NewClient returns a client over transport that follows no redirect.
func NewClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
