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

// ParseNamePattern compiles text, anchored at both ends.
func ParseNamePattern(text string) (NamePattern, error) {
	re, err := regexp.Compile("^(?:" + text + ")$")
	if err != nil {
		return NamePattern{}, fmt.Errorf("name pattern %q: %w", text, err)
	}
	return NamePattern{re}, nil
}

// Match reports whether name belongs.
func (p NamePattern) Match(name string) bool { return p.re == nil || p.re.MatchString(name) }

// UnmarshalYAML reads the pattern's text; "" matches every name.
func (p *NamePattern) UnmarshalYAML(node *yaml.Node) error {
	var text string
	if err := node.Decode(&text); err != nil || text == "" {
		return err
	}
	var err error
	*p, err = ParseNamePattern(text)
	return err
}

// MarshalYAML returns the text that UnmarshalYAML reads.
func (p NamePattern) MarshalYAML() (any, error) {
	if p.re == nil {
		return "", nil
	}
	return strings.TrimSuffix(strings.TrimPrefix(p.re.String(), "^(?:"), ")$"), nil
}

// HostNames derives a cloud server's name from a balancer host, for fleets
// whose host names do not resolve to the servers' addresses: Host must match
// the whole host, and Name is its expansion ("bbb-server$1"). The zero value
// derives nothing.
type HostNames struct {
	Host NamePattern `yaml:"host"`
	Name string      `yaml:"name"`
}

// ServerName returns the cloud server name for host, or "".
func (h HostNames) ServerName(host string) string {
	if h.Host.re == nil || !h.Host.Match(host) {
		return ""
	}
	return h.Host.re.ReplaceAllString(host, h.Name)
}
