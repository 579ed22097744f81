package receiver

import (
	"fmt"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
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
	Token     fleet.Secret `yaml:"token"`
	TokenFile string       `yaml:"token_file"`
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
	var problems []error
	if c.MaxNotification < 1 || c.MaxNotification > 1024 {
		problems = append(problems, fmt.Errorf("web.max_notification_mib: %d is not from 1 to 1024", c.MaxNotification))
	}
	for _, d := range []struct {
		key   string
		value time.Duration
	}{
		{"read_timeout", c.ReadTimeout}, {"write_timeout", c.WriteTimeout},
		{"idle_timeout", c.IdleTimeout}, {"shutdown_timeout", c.ShutdownTimeout},
	} {
		if d.value <= 0 {
			problems = append(problems, fmt.Errorf("web.%s: %v is not more than 0s", d.key, d.value))
		}
	}
	return problems
}
