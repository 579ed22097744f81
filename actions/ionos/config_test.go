package ionos

import (
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound/outboundtest"
)

func valid() Config {
	c := Defaults()
	c.Token = "tok-8472"
	c.Datacenters = []string{"d1", "d2"}
	return c
}

func TestValidateNamesKeyValueAndWhatIsAllowed(t *testing.T) {
	outboundtest.CheckConfig(t, valid, []outboundtest.ConfigCase[Config]{
		{Name: "a token and datacenters suffice", Set: func(c *Config) {}},
		{Name: "a password's file suffices", Set: func(c *Config) { c.Token, c.Username, c.PasswordFile = "", "u", "/run/pw" }},
		{Name: "no login", Set: func(c *Config) { c.Token = "" }, Want: []string{"ionos.token: no credentials"}},
		{Name: "a password without a user", Set: func(c *Config) { c.Token, c.Password = "", "hush" }, Want: []string{"ionos.username: "}},
		{Name: "a URL without scheme", Set: func(c *Config) { c.URL = "api.ionos.com" }, Want: []string{`ionos.url: "api.ionos.com" must begin with https`}},
		{Name: "a URL with a password", Set: func(c *Config) { c.URL = "https://u:hush@h" }, Want: []string{"ionos.url: "}},
		{Name: "no datacenter", Set: func(c *Config) { c.Datacenters = nil }, Want: []string{"ionos.datacenters: is empty"}},
		{Name: "a datacenter twice", Set: func(c *Config) { c.Datacenters = []string{"d1", "d1"} }, Want: []string{`ionos.datacenters[1]: "d1" is listed twice`}},
		{Name: "datacenters left in one text", Set: func(c *Config) { c.Datacenters = []string{"d1, d2"} }, Want: []string{`ionos.datacenters[0]: "d1, d2" is not`}},
		{Name: "a pattern that is none", Set: func(c *Config) { c.Exclude = []string{"bbb-["} }, Want: []string{`ionos.exclude[0]: "bbb-["`}},
		{Name: "all numbers wrong at once", Set: func(c *Config) {
			c.MaxConnections, c.MaxAttempts, c.ConnectTimeout, c.RequestTimeout, c.ContractNumber = 0, 0, 0, -1, -1
			c.Budget.Cores, c.Budget.RAM = -1, -1
		}, Want: []string{
			"ionos.max_connections: 0 must be at least 1", "ionos.max_attempts: 0", "ionos.connect_timeout: 0s must be more than 0",
			"ionos.request_timeout: -1ns", "ionos.contract_number: -1", "ionos.budget.max_cores: -1", "ionos.budget.max_ram_mib: -1",
		}},
	})
}
