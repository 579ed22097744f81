package actions

// Secret is a password, token or shared secret. However it is printed, logged
// or encoded, it shows as "<secret>", or as "" when unset; only Reveal gives
// the text.
type Secret string

const hidden = "<secret>"

// Reveal returns the secret's text, for the one call that needs it.
func (s Secret) Reveal() string { return string(s) }

// String hides the secret from fmt and slog.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the secret from JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML hides the secret from YAML.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }
