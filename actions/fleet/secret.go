package fleet

import (
	"fmt"
	"io"
)

// Secret is a password, token or shared secret. However it is printed, logged
// or encoded, it shows as "<secret>", or as "" when unset; only Reveal gives
// the text.
type Secret string

const hidden = "<secret>"

// Reveal returns the secret's text, for the one call that needs it.
func (s Secret) Reveal() string { return string(s) }

// Format hides the secret from fmt whatever the verb, the wrong ones included.
// Inside an unexported field fmt asks no method: keep secrets out of those.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// String hides the secret from slog and from conversions to text.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// MarshalText hides the secret from JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML hides the secret from YAML.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }
