package fleet

import (
	"fmt"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// NamePattern is a regular expression that a whole server name must match. The
// zero value matches every name.
type NamePattern struct{ re *regexp.Regexp }

// ParseNamePattern compiles the regular expression in text, anchored at both ends.
// It returns an error with the text if it is not valid.
func ParseNamePattern(text string) (NamePattern, error) {
	re, err := regexp.Compile("^(?:" + text + ")$")
	if err != nil {
		return NamePattern{}, fmt.Errorf("name pattern %q: %w", text, err)
	}
	return NamePattern{re}, nil
}

// Match reports whether the whole name matches the pattern.
func (p NamePattern) Match(name string) bool { return p.re == nil || p.re.MatchString(name) }

// UnmarshalYAML reads the pattern's text. Empty text matches every name.
func (p *NamePattern) UnmarshalYAML(node *yaml.Node) error {
	var text string
	if err := node.Decode(&text); err != nil || text == "" {
		return err
	}
	var err error
	*p, err = ParseNamePattern(text)
	return err
}

// MarshalYAML returns the pattern's text, as UnmarshalYAML reads it.
func (p NamePattern) MarshalYAML() (any, error) {
	if p.re == nil {
		return "", nil
	}
	return strings.TrimSuffix(strings.TrimPrefix(p.re.String(), "^(?:"), ")$"), nil
}

// HostNames derives a cloud server's name from a balancer host, for fleets whose host
// names do not resolve to the servers' addresses. Host must match the whole host;
// Name is the template of the server name, in which $1 is the first group of Host
// ("bbb-server$1"). The zero value derives nothing.
type HostNames struct {
	Host NamePattern `yaml:"host"`
	Name string      `yaml:"name"`
}

// ServerName returns the cloud server name derived from host, or "" if Host does not
// match.
func (h HostNames) ServerName(host string) string {
	if h.Host.re == nil || !h.Host.Match(host) {
		return ""
	}
	return h.Host.re.ReplaceAllString(host, h.Name)
}
