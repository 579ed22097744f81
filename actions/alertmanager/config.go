package alertmanager

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/alertmanager/pkg/labels"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// Config is the section "alertmanager" of the configuration file. Without URLs the
// scaler knows alerts only from notifications.
type Config struct {
	// URLs are the base addresses of all peers of an Alertmanager cluster; "/api/v2"
	// is appended.
	URLs []string `yaml:"urls"`
	// Username with Password, or BearerToken, are the login; with both, the token is
	// used. PasswordFile and BearerTokenFile name the files that hold the secrets;
	// whoever calls New has read them into Password and BearerToken.
	Username        string       `yaml:"username"`
	Password        fleet.Secret `yaml:"password"`
	PasswordFile    string       `yaml:"password_file"`
	BearerToken     fleet.Secret `yaml:"bearer_token"`
	BearerTokenFile string       `yaml:"bearer_token_file"`
	// Receiver is a regular expression that must match the whole name of a receiver
	// for its alerts to be read; if it is empty, all are read.
	Receiver string `yaml:"receiver"`
	// Filter holds label matchers such as fleet="bbb"; an alert must match all of
	// them.
	Filter []string `yaml:"filter"`
	// RequestTimeout bounds one call to one peer.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// CAFile is a PEM file with the certificate authorities to trust; if it is
	// empty, the system's are trusted.
	CAFile string `yaml:"ca_file"`
}

// Defaults returns the section that an empty file gives.
func Defaults() Config { return Config{RequestTimeout: 10 * time.Second} }

// Validate returns everything that is wrong with the section, each error with
// the key's path, the value, and what is allowed.
func (c Config) Validate() []error {
	var p refuse.Problems
	p.Positive("alertmanager.request_timeout", c.RequestTimeout)
	_, err := fleet.ParseNamePattern(c.Receiver)
	p.Require(err == nil, "alertmanager.receiver", c.Receiver, "be a regular expression: %v", err)
	password := c.Password != "" || c.PasswordFile != ""
	p.Require(password || c.Username == "", "alertmanager.password", nil,
		"be set beside alertmanager.username; set it or alertmanager.password_file")
	p.Require(c.Username != "" || !password, "alertmanager.username", nil, "be set beside the password")
	for i, text := range c.URLs {
		key := fmt.Sprintf("alertmanager.urls[%d]", i)
		p.URL(key, text)
		p.Require(slices.Index(c.URLs, text) == i, key, text, "be listed once; remove the copy")
	}
	for i, text := range c.Filter {
		_, err := labels.ParseMatcher(text)
		p.Require(err == nil, fmt.Sprintf("alertmanager.filter[%d]", i), text, `be a label matcher such as fleet="bbb": %v`, err)
	}
	return p
}
