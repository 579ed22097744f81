package ionos

import (
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound/outboundtest"
)

func valid() Config {
	c := Defaults()
	c.Token = "tok-8472"
	c.Datacenters = 2
	return c
}

func TestValidateNamesKeyValueAndWhatIsAllowed(t *testing.T) {
	outboundtest.CheckConfig(t, valid, []outboundtest.ConfigCase[Config]{
		{Name: "a token suffices", Set: func(c *Config) {}},
		{Name: "a password's file suffices", Set: func(c *Config) { c.Token, c.Username, c.PasswordFile = "", "u", "/run/pw" }},
		{Name: "no login", Set: func(c *Config) { c.Token = "" }, Want: []string{"ionos.token: must be set, or there are no credentials"}},
		{Name: "a password without a user", Set: func(c *Config) { c.Token, c.Password = "", "hush" }, Want: []string{"ionos.username: must be set beside the password"}},
		{Name: "a user without a password", Set: func(c *Config) { c.Token, c.Username = "", "u" }, Want: []string{"ionos.password: must be set beside ionos.username"}},
		{Name: "a URL without scheme", Set: func(c *Config) { c.URL = "api.ionos.com" }, Want: []string{`ionos.url: "api.ionos.com": must be a URL`}},
		{Name: "a URL with a password", Set: func(c *Config) { c.URL = "https://u:hush@h" }, Want: []string{"ionos.url: "}},
		{Name: "all numbers wrong at once", Set: func(c *Config) {
			c.MaxConnections, c.MaxAttempts, c.ConnectTimeout, c.RequestTimeout, c.ContractNumber = 0, 0, 0, -1, -1
		}, Want: []string{
			"ionos.max_connections: 0: must be at least 1", "ionos.max_attempts: 0", "ionos.connect_timeout: 0s: must be longer than 0s",
			"ionos.request_timeout: -1ns", "ionos.contract_number: -1",
		}},
	})
}
