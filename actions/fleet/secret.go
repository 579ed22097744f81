package fleet

import (
	"fmt"
	"io"
)

// Secret is a password, token or shared secret. Printed, logged or encoded, it shows
// as "<secret>", or as "" if it is empty. Only Reveal returns the text.
type Secret string

// hidden replaces the text of a secret.
const hidden = "<secret>"

// Reveal returns the text of the secret.
func (s Secret) Reveal() string { return string(s) }

// Format hides the secret from fmt, for every verb. It has no effect in an unexported
// field of a struct, whose methods fmt does not call: do not keep secrets in those.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// String returns "<secret>", or "" if the secret is empty. It hides the text from
// slog.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// MarshalText returns the result of String. It hides the text from JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML returns the result of String. It hides the text from YAML.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }
