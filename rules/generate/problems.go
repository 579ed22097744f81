package generate

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// problems collects what is wrong, in the wording of package refuse.
type problems []error

// check adds an error for a value, unless ok; allowed completes the sentence that
// begins with "must".
func (p *problems) check(ok bool, path string, value any, allowed string) {
	(*refuse.Problems)(p).Require(ok, path, value, "%s", allowed)
}

func (p *problems) duration(path string, d time.Duration) { (*refuse.Problems)(p).Positive(path, d) }

var (
	labelName  = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
)

func (p *problems) match(re *regexp.Regexp, path, value string) {
	p.check(re.MatchString(value), path, value, "match "+strings.Trim(re.String(), "^$"))
}

func (p *problems) labels(path string, labels map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		p.check(labelName.MatchString(name), path, name, "be the name of a label, which matches "+strings.Trim(labelName.String(), "^$"))
	}
}

func (p *problems) matchers(path string, m Matchers) {
	p.check(len(m) > 0, path, map[string]string(m), "match at least one label, such as {job: bbb-node}")
	p.labels(path, m)
}

func (p *problems) port(path string, port int) {
	p.check(port >= 1 && port <= 65535, path, port, "be a port from 1 to 65535")
}

func (p *problems) url(path, text string) { (*refuse.Problems)(p).URL(path, text) }
