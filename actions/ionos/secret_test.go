package ionos

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound/outboundtest"
)

func TestNothingPrintedLoggedOrEncodedShowsASecret(t *testing.T) {
	const token, password = "tok-8472", "pw-5923"
	secrets := []string{token, password, fmt.Sprintf("%x", token), fmt.Sprintf("%x", password),
		base64.StdEncoding.EncodeToString([]byte("u:" + password))}
	for _, set := range []func(*Config){
		func(c *Config) { c.Password = password },
		func(c *Config) { c.Token, c.Username, c.Password = "", "u", password },
	} {
		config := valid()
		set(&config)
		outboundtest.CheckSecrets(t, secrets, config, &config)
		synctest.Test(t, func(t *testing.T) {
			var logged bytes.Buffer
			log := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
			for _, f := range faults() {
				c, err := New(config, outbound.Options{Transport: script(f.answer), Log: log})
				if err != nil {
					t.Fatal(err)
				}
				outboundtest.CheckSecrets(t, secrets, c, *c, newPolicy(config, nil, outbound.Options{}))
				for _, run := range operations() {
					err := run(t.Context(), c)
					outboundtest.CheckSecrets(t, secrets, err, errors.Unwrap(err), config.Validate())
				}
			}
			for _, secret := range secrets {
				if strings.Contains(logged.String(), secret) {
					t.Errorf("the log shows the secret %q: %s", secret, logged.String())
				}
			}
			if logged.Len() == 0 {
				t.Error("nothing was logged, so nothing was checked")
			}
		})
	}
}
