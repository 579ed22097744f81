package scalelite

import (
	"net/url"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// Config is the section "scalelite" of the configuration file. Without a URL
// there is no balancer.
type Config struct {
	// URL is where Scalelite is reached; "/scalelite/api" is appended when missing.
	URL string `yaml:"url"`
	// Secret is Scalelite's LOADBALANCER_SECRET. SecretFile names a file to read
	// it from, which New expects to be done.
	Secret     actions.Secret `yaml:"secret"`
	SecretFile string         `yaml:"secret_file"`
	// Checksum is the algorithm that signs calls: sha1, sha256 or sha512. Scalelite
	// takes all three unless LOADBALANCER_CHECKSUM_ALGORITHM forces one.
	Checksum outbound.Checksum `yaml:"checksum_algorithm"`
	// HostHeader is sent as Host instead of the URL's host. Scalelite refuses
	// hosts other than its URL_HOST.
	HostHeader string `yaml:"host_header"`
	// PollInterval is Scalelite's POLL_INTERVAL: how long it may take until a
	// changed state has shown for good.
	PollInterval time.Duration `yaml:"poll_interval"`
	// HostNames derives cloud server names from the hosts of Scalelite's servers.
	HostNames actions.HostNames `yaml:"host_names"`

	// MaxAttempts bounds how often one call is tried in all.
	MaxAttempts int `yaml:"max_attempts"`
	// RequestTimeout bounds one attempt, the body's transfer included.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// CAFile is a PEM file of the only authorities to trust; empty: the system's.
	CAFile string `yaml:"ca_file"`
}

// Defaults returns the section that an empty file gives. The poll interval is
// Scalelite's own default; 745 servers are listed in 0.3 s (measured on
// Scalelite 1.8.5, two cores), so that 10 s are ample.
func Defaults() Config {
	return Config{
		Checksum: outbound.SHA256, PollInterval: time.Minute,
		MaxAttempts: 5, RequestTimeout: 10 * time.Second,
	}
}

// Validate returns everything that is wrong with the section, each error with
// the key's path, the value, and what is allowed.
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
