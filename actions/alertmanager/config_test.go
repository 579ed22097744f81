package alertmanager

import (
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound/outboundtest"
)

func valid() Config {
	c := Defaults()
	c.URLs = []string{"http://am-1:9093", "http://am-2:9093/alertmanager"}
	return c
}

func TestValidateNamesKeyValueAndWhatIsAllowed(t *testing.T) {
	outboundtest.CheckConfig(t, valid, []outboundtest.ConfigCase[Config]{
		{Name: "two peers suffice", Set: func(c *Config) {}},
		{Name: "no Alertmanager", Set: func(c *Config) { c.URLs = nil }},
		{Name: "a login, a receiver and a filter", Set: func(c *Config) {
			c.Username, c.Password, c.Receiver, c.Filter = "u", "hush", "bbb.*", []string{`fleet="bbb"`, `severity=~"a|b"`}
		}},
		{Name: "a tenant", Set: func(c *Config) { c.Headers = map[string]string{"X-Scope-OrgID": "school"} }},
		{Name: "a login among the headers", Set: func(c *Config) { c.Headers = map[string]string{"authorization": "x"} },
			Want: []string{"alertmanager.headers.authorization: must be the name of a header other than Authorization"}},
		{Name: "a header of two lines", Set: func(c *Config) { c.Headers = map[string]string{"X-A": "b\r\nX-C: d"} }, Want: []string{"alertmanager.headers.X-A"}},
		{Name: "a peer twice", Set: func(c *Config) { c.URLs = []string{"http://am", "http://am"} }, Want: []string{`alertmanager.urls[1]: "http://am": must be listed once`}},
		{Name: "a peer that is no URL", Set: func(c *Config) { c.URLs = []string{"am:9093"} }, Want: []string{`alertmanager.urls[0]: "am:9093": must be a URL`}},
		{Name: "a user without password", Set: func(c *Config) { c.Username = "u" }, Want: []string{`alertmanager.password: must be set beside alertmanager.username`}},
		{Name: "everything else wrong at once", Set: func(c *Config) {
			c.Receiver, c.Filter, c.RequestTimeout, c.Password = "a(", []string{"fleet"}, 0, "hush"
		}, Want: []string{
			`alertmanager.receiver: "a(": must be a regular expression`, `alertmanager.filter[0]: "fleet": must be a label matcher`,
			"alertmanager.request_timeout: 0s", `alertmanager.username: must be set beside the password`,
		}},
	})
}
