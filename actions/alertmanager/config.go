package alertmanager

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/alertmanager/pkg/labels"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// Config is the section "alertmanager" of the configuration file. Without URLs
// the alerts are known from notifications alone.
type Config struct {
	// URLs are the base addresses of all peers of a highly available pair or
	// cluster; "/api/v2" is appended.
	URLs []string `yaml:"urls"`
	// Username with Password, or BearerToken, log in; the token wins. The files
	// name where to read them from, which New expects to be done.
	Username        string       `yaml:"username"`
	Password        fleet.Secret `yaml:"password"`
	PasswordFile    string       `yaml:"password_file"`
	BearerToken     fleet.Secret `yaml:"bearer_token"`
	BearerTokenFile string       `yaml:"bearer_token_file"`
	// Receiver is a regular expression, anchored at both ends, of the receivers
	// whose alerts are read; empty: all.
	Receiver string `yaml:"receiver"`
	// Filter holds label matchers that alerts must all meet, such as fleet="bbb".
	Filter []string `yaml:"filter"`
	// RequestTimeout bounds one call to one peer.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// CAFile is a PEM file of the only authorities to trust; empty: the system's.
	CAFile string `yaml:"ca_file"`
}

// Defaults returns the section that an empty file gives.
func Defaults() Config { return Config{RequestTimeout: 10 * time.Second} }

// Validate returns everything that is wrong with the section, each error with
// the key's path, the value, and what is allowed.
func (c Config) Validate() []error {
	errs := outbound.Errors(
		outbound.CheckPositive("alertmanager.request_timeout", c.RequestTimeout),
		checkReceiver(c.Receiver),
		c.checkLogin(),
	)
	return slices.Concat(errs, c.checkURLs(), c.checkFilter())
}

func (c Config) checkLogin() error {
	if (c.Username == "") != (c.Password == "" && c.PasswordFile == "") {
		return fmt.Errorf("alertmanager.username: %q must be set together with password or password_file", c.Username)
	}
	return nil
}

func (c Config) checkURLs() []error {
	var errs []error
	for i, text := range c.URLs {
		key := fmt.Sprintf("alertmanager.urls[%d]", i)
		errs = append(errs, outbound.CheckURL(key, text))
		if slices.Index(c.URLs, text) < i {
			errs = append(errs, fmt.Errorf("%s: %q is listed twice; list each peer once", key, text))
		}
	}
	return outbound.Errors(errs...)
}

func (c Config) checkFilter() []error {
	var errs []error
	for i, text := range c.Filter {
		if _, err := labels.ParseMatcher(text); err != nil {
			errs = append(errs, fmt.Errorf(`alertmanager.filter[%d]: %q is not a label matcher like fleet="bbb": %w`, i, text, err))
		}
	}
	return errs
}

func checkReceiver(text string) error {
	if _, err := fleet.ParseNamePattern(text); err != nil {
		return fmt.Errorf("alertmanager.receiver: %q is not a regular expression: %w", text, err)
	}
	return nil
}
