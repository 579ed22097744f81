package daemon

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
)

// connection holds the flags of the commands that talk to a running daemon.
type connection struct {
	config                  client.Config
	passwordFile, tokenFile string
	getenv                  func(string) string
}

func (c *connection) flags(cmd *kingpin.CmdClause, getenv func(string) string) {
	c.getenv = getenv
	cmd.Flag("url", "Base URL of the daemon. Environment variable: BBB_SCALER_URL.").
		Default(cmp.Or(getenv("BBB_SCALER_URL"), "http://localhost:9745")).StringVar(&c.config.URL)
	cmd.Flag("user", "User name for the login. Environment variable: BBB_SCALER_USER.").Default(getenv("BBB_SCALER_USER")).StringVar(&c.config.User)
	cmd.Flag("password-file", "File with the password. The environment variable BBB_SCALER_PASSWORD holds the password itself.").StringVar(&c.passwordFile)
	cmd.Flag("token-file", "File with the token of the daemon (web.token). The environment variable BBB_SCALER_WEB_TOKEN holds the token itself.").StringVar(&c.tokenFile)
	cmd.Flag("ca-file", "PEM file with the certificate authorities to trust instead of those of the system.").StringVar(&c.config.CAFile)
}

// dial reads the credentials and returns a client of the daemon.
func (c *connection) dial() (*client.Client, error) {
	cfg := c.config
	var err error
	if cfg.Password, err = secret(c.passwordFile, c.getenv("BBB_SCALER_PASSWORD")); err != nil {
		return nil, fmt.Errorf("--password-file: %w", err)
	}
	if cfg.Token, err = secret(c.tokenFile, c.getenv("BBB_SCALER_WEB_TOKEN")); err != nil {
		return nil, fmt.Errorf("--token-file: %w", err)
	}
	of, err := client.New(cfg)
	if err != nil {
		return nil, usage("%w", err)
	}
	return of, nil
}

// secret reads a secret from a file. With file "" it returns the given secret.
func secret(file, given string) (fleet.Secret, error) {
	if file == "" {
		return fleet.Secret(given), nil
	}
	text, err := os.ReadFile(file)
	return fleet.Secret(strings.TrimRight(string(text), "\r\n")), err
}

// hint adds the flags for the login to an error for a missing or wrong login.
func hint(err error) error {
	if refused, ok := errors.AsType[*client.Error](err); ok && refused.Code == http.StatusUnauthorized {
		return fmt.Errorf("%w; check --user and --password-file, or --token-file", err)
	}
	return err
}
