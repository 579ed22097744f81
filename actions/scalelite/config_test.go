package scalelite

import (
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound/outboundtest"
)

func valid() Config {
	c := Defaults()
	c.URL, c.Secret = "https://scalelite.example.org", "lb-8472"
	return c
}

func TestValidateNamesKeyValueAndWhatIsAllowed(t *testing.T) {
	outboundtest.CheckConfig(t, valid, []outboundtest.ConfigCase[Config]{
		{Name: "a URL and a secret suffice", Set: func(c *Config) {}},
		{Name: "nothing at all is no balancer", Set: func(c *Config) { *c = Config{} }},
		{Name: "no secret", Set: func(c *Config) { c.Secret = "" }, Want: []string{"scalelite.secret: "}},
		{Name: "a secret's file suffices", Set: func(c *Config) { c.Secret, c.SecretFile = "", "/run/lb" }},
		{Name: "a URL that is none", Set: func(c *Config) { c.URL = "ftp://h" }, Want: []string{`scalelite.url: "ftp://h": must be a URL`}},
		{Name: "the API for meetings", Set: func(c *Config) { c.URL = "https://h/bigbluebutton/api" },
			Want: []string{`scalelite.url: "https://h/bigbluebutton/api": must not be the API for meetings; write it like "https://h"`}},
		{Name: "everything else wrong at once", Set: func(c *Config) {
			c.Checksum, c.PollInterval, c.MaxAttempts, c.RequestTimeout = "md5", 0, 0, 0
		}, Want: []string{
			`scalelite.checksum_algorithm: "md5": must be sha1, sha256 or sha512`, "scalelite.poll_interval: 0s",
			"scalelite.max_attempts: 0", "scalelite.request_timeout: 0s",
		}},
	})
}
