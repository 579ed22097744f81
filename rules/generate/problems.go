package generate

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// problems collects errors of the form `path: value: what is allowed`.
type problems []error

func (p *problems) check(ok bool, path string, value any, allowed string) {
	if ok {
		return
	}
	if text, is := value.(string); is {
		value = fmt.Sprintf("%q", text)
	}
	*p = append(*p, fmt.Errorf("%s: %v: %s", path, value, allowed))
}

func (p *problems) duration(path string, d time.Duration) {
	p.check(d > 0, path, d, "must be longer than 0")
}

var (
	labelName  = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
)

func (p *problems) match(re *regexp.Regexp, path, value string) {
	p.check(re.MatchString(value), path, value, "must match "+strings.Trim(re.String(), "^$"))
}

func (p *problems) labels(path string, labels map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		p.check(labelName.MatchString(name), path, name, "a label's name must match "+strings.Trim(labelName.String(), "^$"))
	}
}

func (p *problems) matchers(path string, m Matchers) {
	p.check(len(m) > 0, path, map[string]string(m), "must match at least one label, such as {job: bbb-node}")
	p.labels(path, m)
}

func (p *problems) url(path, text string) {
	u, err := url.Parse(text)
	p.check(err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "", path, text, "must be an http or https address")
}
