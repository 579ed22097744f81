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

// Connections holds the settings of the connections to a host.
type Connections struct {
	// CAFile is a PEM file with the certificate authorities to trust; if it is
	// empty, the system's are trusted.
	CAFile string
	// InsecureSkipVerify accepts certificates without verifying them.
	InsecureSkipVerify bool
	// ConnectTimeout is the timeout of opening a connection, including TLS; 0 means 5 s.
	ConnectTimeout time.Duration
	// MaxPerHost limits the number of connections to one host; 0 means no limit.
	MaxPerHost int
}

// Transport returns a transport with these settings. It uses the proxy in the
// environment (HTTPS_PROXY, NO_PROXY) and reuses connections. It closes idle ones after
// 30 s, which is earlier than most servers do, because a call on a connection that the
// server closes at the same time has an unknown outcome. It returns an error if CAFile
// cannot be read or has no certificate.
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
		DialContext:            shuttable((&net.Dialer{Timeout: c.ConnectTimeout, KeepAlive: 15 * time.Second}).DialContext),
		TLSClientConfig:        trust,
		TLSHandshakeTimeout:    c.ConnectTimeout,
		MaxConnsPerHost:        c.MaxPerHost,
		MaxIdleConnsPerHost:    max(c.MaxPerHost, 2),
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}, nil
}

// trust returns the TLS configuration.
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

// NewClient returns an HTTP client that uses transport and follows no redirects.
func NewClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
