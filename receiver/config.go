package receiver

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// Config is the section "web" of the configuration file. It limits what the HTTP
// server accepts. Certificates and users are in the file of the flag
// --web.config.file, in the format of exporter-toolkit.
type Config struct {
	// MaxNotification is the largest accepted body of a notification, in MiB. A
	// group of 745 alerts is about 0.3 MiB.
	MaxNotification int `yaml:"max_notification_mib"`
	// ReadTimeout is the time limit for reading one request, including its body.
	ReadTimeout time.Duration `yaml:"read_timeout"`
	// WriteTimeout is the time limit for answering one request.
	WriteTimeout time.Duration `yaml:"write_timeout"`
	// IdleTimeout is how long a connection is kept open for the next request.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// ShutdownTimeout is how long the server waits for requests in progress when the
	// daemon stops.
	ShutdownTimeout time.Duration `yaml:"shutdown_timeout"`
	// Token is the bearer token for requests that change something. TokenFile is the
	// file that contains it; the caller of New has read the file into Token.
	Token     fleet.Secret `yaml:"token"`
	TokenFile string       `yaml:"token_file"`
	// Prices turn the hours on the page into money.
	Prices Prices `yaml:"prices"`
}

// Prices are what servers cost that are switched on. With both 0, the page shows
// hours only.
type Prices struct {
	CoreHour float64 `yaml:"core_hour"` // of one core
	GiBHour  float64 `yaml:"gib_hour"`  // of 1 GiB of RAM
	// Currency stands before each amount.
	Currency string `yaml:"currency"`
}

// Defaults returns the configuration of an empty section.
func Defaults() Config {
	return Config{
		MaxNotification: 16,
		ReadTimeout:     30 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		ShutdownTimeout: 10 * time.Second,
		Prices:          Prices{Currency: "EUR"},
	}
}

// Validate returns everything that is wrong with the section, each error with
// the key's path, the value, and what is allowed.
func (c Config) Validate() []error {
	var p refuse.Problems
	p.Require(c.MaxNotification >= 1 && c.MaxNotification <= 1024, "web.max_notification_mib", c.MaxNotification, "be from 1 to 1024")
	p.Positive("web.read_timeout", c.ReadTimeout)
	p.Positive("web.write_timeout", c.WriteTimeout)
	p.Positive("web.idle_timeout", c.IdleTimeout)
	p.Positive("web.shutdown_timeout", c.ShutdownTimeout)
	p.Require(c.Prices.CoreHour >= 0, "web.prices.core_hour", c.Prices.CoreHour, "be 0 or more")
	p.Require(c.Prices.GiBHour >= 0, "web.prices.gib_hour", c.Prices.GiBHour, "be 0 or more")
	return p
}
