package outboundtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// CheckSecrets prints, logs and encodes each value in all common ways, and fails if the
// result contains one of the secrets.
func CheckSecrets(t *testing.T, secrets []string, values ...any) {
	t.Helper()
	for _, v := range values {
		for way, text := range renderings(v) {
			for _, secret := range secrets {
				if strings.Contains(text, secret) {
					t.Errorf("%T as %s shows the secret %q: %s", v, way, secret, text)
				}
			}
		}
	}
}

func renderings(v any) map[string]string {
	var text, jsonLog bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", v)
	slog.New(slog.NewJSONHandler(&jsonLog, nil)).Info("m", "v", v)
	all := map[string]string{"slog text": text.String(), "slog json": jsonLog.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		all[verb] = fmt.Sprintf(verb, v)
	}
	if body, err := json.Marshal(v); err == nil {
		all["json"] = string(body)
	}
	all["yaml"] = asYAML(v)
	return all
}

// asYAML returns "" for values that YAML cannot encode, such as functions.
func asYAML(v any) (text string) {
	defer func() { _ = recover() }()
	body, err := yaml.Marshal(v)
	if err != nil {
		return ""
	}
	return string(body)
}
