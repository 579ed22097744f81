package alertmanager

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

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
	// Username and Password, or BearerToken, are the login. If both are set, the token
	// is used. PasswordFile and BearerTokenFile name files with the secrets; the caller
	// of New reads them into Password and BearerToken.
	Username        string       `yaml:"username"`
	Password        fleet.Secret `yaml:"password"`
	PasswordFile    string       `yaml:"password_file"`
	BearerToken     fleet.Secret `yaml:"bearer_token"`
	BearerTokenFile string       `yaml:"bearer_token_file"`
	// Headers are added to each call, such as X-Scope-OrgID, which selects the tenant
	// in Mimir. They are shown with the configuration and must not hold secrets.
	Headers map[string]string `yaml:"headers"`
	// Receiver is a regular expression. Only alerts for receivers whose whole name it
	// matches are read. Empty: all alerts are read.
	Receiver string `yaml:"receiver"`
	// Filter holds label matchers such as fleet="bbb"; an alert must match all of
	// them.
	Filter []string `yaml:"filter"`
	// RequestTimeout is the timeout of one call to one peer.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// CAFile is a PEM file with the certificate authorities to trust; if it is
	// empty, the system's are trusted.
	CAFile string `yaml:"ca_file"`
}

// Defaults returns the section of an empty file.
func Defaults() Config { return Config{RequestTimeout: 10 * time.Second} }

// headerName matches the allowed names of headers.
var headerName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Validate returns all errors in the section. Each error names the key's path, its
// value, and what is allowed.
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
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		key, value := "alertmanager.headers."+name, c.Headers[name]
		p.Require(headerName.MatchString(name) && !strings.EqualFold(name, "Authorization"), key, nil,
			"be the name of a header other than Authorization, such as X-Scope-OrgID")
		p.Require(!strings.ContainsFunc(value, unicode.IsControl), key, value, "be one line of text")
	}
	for i, text := range c.Filter {
		_, err := labels.ParseMatcher(text)
		p.Require(err == nil, fmt.Sprintf("alertmanager.filter[%d]", i), text, `be a label matcher such as fleet="bbb": %v`, err)
	}
	return p
}
