package receiver

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// Config bounds what the HTTP side accepts; it is the section web of the
// configuration file. Certificates and users are in the file that
// --web.config.file names, in exporter-toolkit's format.
type Config struct {
	// MaxNotification is the greatest body of a notification, in MiB. A group of
	// 745 alerts is about 0.3 MiB.
	MaxNotification int `yaml:"max_notification_mib"`
	// ReadTimeout bounds reading one request, its body included.
	ReadTimeout time.Duration `yaml:"read_timeout"`
	// WriteTimeout bounds answering one request.
	WriteTimeout time.Duration `yaml:"write_timeout"`
	// IdleTimeout is how long a connection is kept for the next request.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// ShutdownTimeout is how long requests under way may take when the daemon ends.
	ShutdownTimeout time.Duration `yaml:"shutdown_timeout"`
	// Token allows the writes of the API to whoever sends it as a bearer token.
	// TokenFile names a file to read it from, which New expects to be done.
	Token     actions.Secret `yaml:"token"`
	TokenFile string         `yaml:"token_file"`
}

// Defaults returns the configuration that an empty section gives.
func Defaults() Config {
	return Config{
		MaxNotification: 16,
		ReadTimeout:     30 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		ShutdownTimeout: 10 * time.Second,
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
	return p
}
