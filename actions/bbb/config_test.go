package bbb

import (
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound/outboundtest"
)

func TestValidateNamesKeyValueAndWhatIsAllowed(t *testing.T) {
	outboundtest.CheckConfig(t, Defaults, []outboundtest.ConfigCase[Config]{
		{Name: "the defaults are valid", Set: func(c *Config) {}},
		{Name: "both wrong at once", Set: func(c *Config) { c.Checksum, c.RequestTimeout = "SHA1", 0 }, Want: []string{
			`bbb.checksum_algorithm: "SHA1": must be sha1, sha256 or sha512`, "bbb.request_timeout: 0s: must be longer than 0s",
		}},
	})
}
