package daemon

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// client talks to a running daemon.
type client struct {
	url, user               string
	passwordFile, tokenFile string
	caFile                  string
	getenv                  func(string) string

	password, token fleet.Secret
	http            *http.Client
}

func (c *client) flags(cmd *kingpin.CmdClause, getenv func(string) string) {
	c.getenv = getenv
	cmd.Flag("url", "Address of the daemon. Variable: BBB_SCALER_URL.").
		Default(cmp.Or(getenv("BBB_SCALER_URL"), "http://localhost:9745")).StringVar(&c.url)
	cmd.Flag("user", "Name to log in with. Variable: BBB_SCALER_USER.").Default(getenv("BBB_SCALER_USER")).StringVar(&c.user)
	cmd.Flag("password-file", "File with the password. Variable: BBB_SCALER_PASSWORD, the password itself.").StringVar(&c.passwordFile)
	cmd.Flag("token-file", "File with web.token. Variable: BBB_SCALER_WEB_TOKEN, the token itself.").StringVar(&c.tokenFile)
	cmd.Flag("ca-file", "File with the certificate authorities to trust, instead of the system's.").StringVar(&c.caFile)
}

// connect reads the credentials.
func (c *client) connect() error {
	u, err := url.Parse(c.url)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("--url: %q is not an address such as http://localhost:9745", c.url)
	}
	if c.password, err = secret(c.passwordFile, c.getenv("BBB_SCALER_PASSWORD")); err != nil {
		return fmt.Errorf("--password-file: %w", err)
	}
	if c.token, err = secret(c.tokenFile, c.getenv("BBB_SCALER_WEB_TOKEN")); err != nil {
		return fmt.Errorf("--token-file: %w", err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if transport.TLSClientConfig, err = trust(c.caFile); err != nil {
		return fmt.Errorf("--ca-file: %w", err)
	}
	c.http = &http.Client{
		Transport: transport, Timeout: 30 * time.Second,
		// Credentials stay with the address that they were given for.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return nil
}

func secret(file, given string) (fleet.Secret, error) {
	if file == "" {
		return fleet.Secret(given), nil
	}
	text, err := os.ReadFile(file)
	return fleet.Secret(strings.TrimRight(string(text), "\r\n")), err
}

func trust(caFile string) (*tls.Config, error) {
	if caFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", caFile)
	}
	return &tls.Config{RootCAs: pool}, nil
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 20

// call sends a request to the daemon and decodes its answer.
func (c *client) call(ctx context.Context, method, path string, ask, answer any) error {
	what := method + " " + path
	r, err := c.request(ctx, method, path, ask)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("%s: %w; is the daemon running there?", what, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s: %w", what, refusal(resp, body))
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return fmt.Errorf("%s: not an answer of bbb-scaler: %w", what, err)
	}
	return nil
}

func (c *client) request(ctx context.Context, method, path string, ask any) (*http.Request, error) {
	body, err := json.Marshal(ask)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.url, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	switch {
	case c.user != "":
		r.SetBasicAuth(c.user, c.password.Reveal())
	case c.token != "":
		r.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	}
	return r, nil
}

// refusal is what the daemon, or something in front of it, said.
func refusal(resp *http.Response, body []byte) error {
	var said struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal(body, &said); err == nil && said.Error != "" {
		return errors.New(said.Error)
	}
	if resp.StatusCode == http.StatusUnauthorized {
		return fmt.Errorf("%s; give --user and --password-file, or --token-file", resp.Status)
	}
	return errors.New(resp.Status)
}
