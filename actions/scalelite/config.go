package scalelite

import (
	"net/url"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// Config is the section "scalelite" of the configuration file. Without a URL the
// scaler works without a load balancer.
type Config struct {
	// URL is Scalelite's base address; "/scalelite/api" is appended when missing.
	URL string `yaml:"url"`
	// Secret is Scalelite's LOADBALANCER_SECRET. SecretFile names a file with the
	// secret; the caller of New reads it into Secret.
	Secret     fleet.Secret `yaml:"secret"`
	SecretFile string       `yaml:"secret_file"`
	// Checksum is the hash that signs calls: sha1, sha256 or sha512. Scalelite
	// accepts all three unless its LOADBALANCER_CHECKSUM_ALGORITHM allows only one.
	Checksum outbound.Checksum `yaml:"checksum_algorithm"`
	// HostHeader is sent as the Host header instead of the URL's host. Scalelite
	// refuses calls for a host other than its URL_HOST.
	HostHeader string `yaml:"host_header"`
	// PollInterval is Scalelite's POLL_INTERVAL. A poll can overwrite a state that is
	// changed while it runs. Therefore a state only counts as confirmed if it is still
	// set after this time.
	PollInterval time.Duration `yaml:"poll_interval"`
	// HostNames derives cloud server names from the hosts of Scalelite's servers.
	HostNames fleet.HostNames `yaml:"host_names"`

	// MaxAttempts is the maximum number of attempts of one call, including the first.
	MaxAttempts int `yaml:"max_attempts"`
	// RequestTimeout is the timeout of one attempt, including the transfer of the body.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// CAFile is a PEM file with the certificate authorities to trust; if it is
	// empty, the system's are trusted.
	CAFile string `yaml:"ca_file"`
}

// Defaults returns the section of an empty file. The poll interval is Scalelite's
// default. The list of 745 servers takes 0.3 s (measured with Scalelite 1.8.5 on two
// cores), far less than the timeout of 10 s.
func Defaults() Config {
	return Config{
		Checksum: outbound.SHA256, PollInterval: time.Minute,
		MaxAttempts: 5, RequestTimeout: 10 * time.Second,
	}
}

// Validate returns all errors in the section. Each error names the key's path, its
// value, and what is allowed.
func (c Config) Validate() []error {
	if c.URL == "" {
		return nil
	}
	var p refuse.Problems
	p.URL("scalelite.url", c.URL)
	if u, err := url.Parse(c.URL); err == nil {
		p.Require(!strings.Contains(u.Path, "/bigbluebutton"), "scalelite.url", u.Redacted(),
			"not be the API for meetings; write it like %q", u.Scheme+"://"+u.Host)
	}
	p.Require(c.Secret != "" || c.SecretFile != "", "scalelite.secret", nil,
		"be set to Scalelite's LOADBALANCER_SECRET; set it or scalelite.secret_file")
	p.Add(c.Checksum.Check("scalelite.checksum_algorithm"))
	p.Positive("scalelite.poll_interval", c.PollInterval)
	p.AtLeast("scalelite.max_attempts", c.MaxAttempts, 1)
	p.Positive("scalelite.request_timeout", c.RequestTimeout)
	return p
}
