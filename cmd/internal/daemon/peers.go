package daemon

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/exporter-toolkit/web"
	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// minLease is the shortest lease. A write to the cloud has about two thirds of a lease.
const minLease = 3 * time.Second

// peerTimeout is how long a request that is passed on waits for the answer of the leader.
// Then the leader may be stopped or cut off.
const peerTimeout = 5 * time.Second

// peers says how the daemons that share a store reach each other.
type peers struct {
	url    string
	caFile string
	lease  time.Duration
}

func (p *peers) flags(cmd *kingpin.CmdClause) {
	cmd.Flag("storage.lease-duration", "With --storage.url: how long after the death of the daemon that leads another one takes over.").Default("10s").DurationVar(&p.lease)
	cmd.Flag("web.peer-url", "With --storage.url: base URL at which the other daemons reach this one, to pass requests on while it leads. The default has the name of this host and the port of --web.listen-address.").StringVar(&p.url)
	cmd.Flag("web.peer-ca-file", "With --storage.url: PEM file with the certificate authorities to trust for the other daemons instead of those of the system.").StringVar(&p.caFile)
}

// transport returns the transport for requests that are passed on.
func (p *peers) transport() (http.RoundTripper, error) {
	t, err := outbound.Connections{CAFile: p.caFile, ConnectTimeout: 2 * time.Second}.Transport()
	if err != nil {
		return nil, fmt.Errorf("--web.peer-ca-file: %w", err)
	}
	t.ResponseHeaderTimeout = peerTimeout
	return t, nil
}

// address returns the base URL at which the other daemons reach this one.
func (p *peers) address(flags *web.FlagConfig) (string, error) {
	if p.url != "" {
		u, err := url.Parse(p.url)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
			return "", usage("--web.peer-url: %q: must be an address such as http://host-1:9745, without a login", p.url)
		}
		return strings.TrimRight(p.url, "/"), nil
	}
	host, port, err := net.SplitHostPort((*flags.WebListenAddresses)[0])
	if err != nil {
		return "", usage("--web.peer-url: must be given with --web.listen-address=%s", (*flags.WebListenAddresses)[0])
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		if host, err = os.Hostname(); err != nil {
			return "", usage("--web.peer-url: must be given: %w", err)
		}
	}
	scheme := "http"
	if servesTLS(*flags.WebConfigFile) {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port), nil
}

// servesTLS reports whether a web configuration file has a certificate.
func servesTLS(file string) bool {
	text, err := os.ReadFile(file)
	if err != nil {
		return false
	}
	var c struct {
		TLS map[string]any `yaml:"tls_server_config"`
	}
	return yaml.Unmarshal(text, &c) == nil && len(c.TLS) > 0
}

// holderName returns the name of this process as the holder of a lease: that of the host,
// and letters that no other process has.
func holderName() string {
	host, _ := os.Hostname()
	return host + "-" + strings.ToLower(rand.Text()[:5])
}

// serversDigest identifies the servers that a configuration acts on.
func serversDigest(f config.File) string {
	text, err := json.Marshal([]any{
		f.Actions.Fleet.Name, f.Actions.Fleet.Datacenters, patternText(f.Actions.Fleet.NamePattern), f.Actions.Fleet.Exclude,
		patternText(f.Actions.HostNames), f.IONOS.URL, f.IONOS.ContractNumber, f.Scalelite.URL, f.Actions.DryRun,
	})
	if err != nil {
		panic(err) // strings, numbers and lists of strings only
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}

// patternText returns the text of something that has patterns of names.
func patternText(v any) string {
	text, err := yaml.Marshal(v)
	if err != nil {
		panic(err) // it was read from YAML
	}
	return string(text)
}
