package ionos

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// Config is the section "ionos" of the configuration file.
type Config struct {
	// URL is the API's base address; "/cloudapi/v6" is appended when missing.
	URL string `yaml:"url"`
	// Username and Password, or Token, are the login. If both are set, the token is
	// used. PasswordFile and TokenFile name files with the secrets; the caller of New
	// reads them into Password and Token.
	Username     string       `yaml:"username"`
	Password     fleet.Secret `yaml:"password"`
	PasswordFile string       `yaml:"password_file"`
	Token        fleet.Secret `yaml:"token"`
	TokenFile    string       `yaml:"token_file"`
	// ContractNumber selects the contract when the login belongs to several.
	ContractNumber int64 `yaml:"contract_number"`

	// Datacenters is the number of datacenters of the fleet (fleet.datacenters),
	// which share the connections. 0 counts as 1.
	Datacenters int `yaml:"-"`
	// MaxConnections is the maximum number of concurrent calls. At most
	// MaxConnections - Datacenters + 1 of them (at least 1) go to one datacenter, so
	// that a datacenter whose calls hang does not take the connections of the others.
	MaxConnections int `yaml:"max_connections"`
	// MaxAttempts is the maximum number of attempts of one call, including the first.
	MaxAttempts int `yaml:"max_attempts"`
	// ConnectTimeout is the timeout of opening a connection, including TLS.
	ConnectTimeout time.Duration `yaml:"connect_timeout"`
	// RequestTimeout is the timeout of one attempt, including the transfer of the body.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// CAFile is a PEM file with the certificate authorities to trust; if it is
	// empty, the system's are trusted.
	CAFile string `yaml:"ca_file"`
}

// Defaults returns the section of an empty file. IONOS does not document how many
// connections it allows; other clients of this API use three. A list of 1,000 servers
// at depth 3 is about 5 MB, which takes well under 15 s.
func Defaults() Config {
	return Config{
		URL:            "https://api.ionos.com/cloudapi/v6",
		MaxConnections: 3, MaxAttempts: 5,
		ConnectTimeout: 5 * time.Second, RequestTimeout: 15 * time.Second,
	}
}

// Validate returns all errors in the section. Each error names the key's path, its
// value, and what is allowed.
func (c Config) Validate() []error {
	var p refuse.Problems
	p.URL("ionos.url", c.URL)
	c.validateLogin(&p)
	p.AtLeast("ionos.max_connections", c.MaxConnections, 1)
	p.AtLeast("ionos.max_attempts", c.MaxAttempts, 1)
	p.Positive("ionos.connect_timeout", c.ConnectTimeout)
	p.Positive("ionos.request_timeout", c.RequestTimeout)
	p.AtLeast("ionos.contract_number", int(c.ContractNumber), 0)
	return p
}

// validateLogin requires a token, or a username with a password.
func (c Config) validateLogin(p *refuse.Problems) {
	if c.Token != "" || c.TokenFile != "" {
		return
	}
	password := c.Password != "" || c.PasswordFile != ""
	p.Require(c.Username != "" || password, "ionos.token", nil,
		"be set, or there are no credentials; set it, ionos.token_file, or ionos.username with a password")
	p.Require(c.Username != "" || !password, "ionos.username", nil, "be set beside the password; set it, or use ionos.token instead")
	p.Require(password || c.Username == "", "ionos.password", nil, "be set beside ionos.username; set it or ionos.password_file")
}
