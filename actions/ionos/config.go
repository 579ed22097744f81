package ionos

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// Config is the section "ionos" of the configuration file.
type Config struct {
	// URL is the API's base address; "/cloudapi/v6" is appended when missing.
	URL string `yaml:"url"`
	// Username and Password, or Token, log in; the token wins. PasswordFile and
	// TokenFile name files to read them from, which New expects to be done.
	Username     string       `yaml:"username"`
	Password     fleet.Secret `yaml:"password"`
	PasswordFile string       `yaml:"password_file"`
	Token        fleet.Secret `yaml:"token"`
	TokenFile    string       `yaml:"token_file"`
	// ContractNumber is needed when the login belongs to several contracts.
	ContractNumber int64 `yaml:"contract_number"`

	Datacenters []string          `yaml:"datacenters"`  // ids (UUIDs)
	NamePattern fleet.NamePattern `yaml:"name_pattern"` // whole names of the fleet's servers; empty: all
	Exclude     []string          `yaml:"exclude"`      // ids, names, or path.Match patterns of names, left alone
	Budget      fleet.Budget      `yaml:"budget"`       // own limit below the contract's; zero: none

	// MaxConnections bounds the calls under way at once. For each datacenter
	// beyond the first, one of them is kept out of the reach of any single one,
	// as far as they go, so that one that hangs never takes them all.
	MaxConnections int `yaml:"max_connections"`
	// MaxAttempts bounds how often one call is tried in all.
	MaxAttempts int `yaml:"max_attempts"`
	// ConnectTimeout bounds a connection's setup, TLS included.
	ConnectTimeout time.Duration `yaml:"connect_timeout"`
	// RequestTimeout bounds one attempt, the body's transfer included.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// CAFile is a PEM file of the only authorities to trust; empty: the system's.
	CAFile string `yaml:"ca_file"`
}

// Defaults returns the section that an empty file gives. Three connections are
// what other clients of this API allow themselves, since its numeric limits are
// not documented; a list of a thousand servers at depth 3 is about 5 MB, which
// 15 s are ample for.
func Defaults() Config {
	return Config{
		URL:            "https://api.ionos.com/cloudapi/v6",
		MaxConnections: 3, MaxAttempts: 5,
		ConnectTimeout: 5 * time.Second, RequestTimeout: 15 * time.Second,
	}
}

// Validate returns everything that is wrong with the section, each error with
// the key's path, the value, and what is allowed.
func (c Config) Validate() []error {
	errs := outbound.Errors(
		outbound.CheckURL("ionos.url", c.URL),
		c.checkLogin(),
		outbound.CheckAtLeast("ionos.max_connections", c.MaxConnections, 1),
		outbound.CheckAtLeast("ionos.max_attempts", c.MaxAttempts, 1),
		outbound.CheckPositive("ionos.connect_timeout", c.ConnectTimeout),
		outbound.CheckPositive("ionos.request_timeout", c.RequestTimeout),
		outbound.CheckAtLeast("ionos.contract_number", int(c.ContractNumber), 0),
		outbound.CheckAtLeast("ionos.budget.max_cores", int(c.Budget.Cores), 0),
		outbound.CheckAtLeast("ionos.budget.max_ram_mib", int(c.Budget.RAM), 0),
	)
	return slices.Concat(errs, c.checkDatacenters(), c.checkExclude())
}

func (c Config) checkLogin() error {
	token := c.Token != "" || c.TokenFile != ""
	password := c.Password != "" || c.PasswordFile != ""
	switch {
	case token:
		return nil
	case c.Username == "" && password:
		return fmt.Errorf(`ionos.username: "" is missing beside the password; set it, or use ionos.token instead`)
	case c.Username == "" || !password:
		return fmt.Errorf("ionos.token: no credentials; set ionos.token or token_file, or ionos.username with password or password_file")
	}
	return nil
}

func (c Config) checkDatacenters() []error {
	if len(c.Datacenters) == 0 {
		return []error{fmt.Errorf("ionos.datacenters: is empty; list at least one datacenter id (UUID)")}
	}
	var errs []error
	for i, id := range c.Datacenters {
		key := fmt.Sprintf("ionos.datacenters[%d]", i)
		switch {
		case id == "" || strings.ContainsAny(id, "/?#, \t\n"):
			errs = append(errs, fmt.Errorf("%s: %q is not a datacenter id (UUID)", key, id))
		case slices.Index(c.Datacenters, id) < i:
			errs = append(errs, fmt.Errorf("%s: %q is listed twice; list each datacenter once", key, id))
		}
	}
	return errs
}

func (c Config) checkExclude() []error {
	var errs []error
	for i, pattern := range c.Exclude {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			errs = append(errs, fmt.Errorf("ionos.exclude[%d]: %q is not an id, a name or a pattern like bbb-test-*", i, pattern))
		}
	}
	return errs
}
