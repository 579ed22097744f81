package daemon

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// causes collects problems and groups those with the same cause, so that a wrong
// secret is one problem for any number of servers.
type causes []problem

// problem is one cause and the things that have it.
type problem struct {
	cause string   // the error's text without the words that differ
	err   error    // the first error with that cause
	of    []string // names of the things; "" if the error contains the name
}

// particular matches the words of an error that differ between two servers with
// the same problem: addresses, ids and names with a number.
var particular = regexp.MustCompile(`\S*[0-9/]\S*`)

// add adds a problem of the thing with the given name.
func (c *causes) add(err error, name string) {
	key := particular.ReplaceAllString(innermost(err).Error(), "#")
	i := slices.IndexFunc(*c, func(p problem) bool { return p.cause == key })
	if i < 0 {
		i = len(*c)
		*c = append(*c, problem{cause: key, err: err})
	}
	(*c)[i].of = append((*c)[i].of, name)
}

// innermost returns the error of the call itself, without the context that its
// callers added.
func innermost(err error) error {
	if fault, ok := errors.AsType[*outbound.Fault](err); ok {
		return fault
	}
	return err
}

// print prints one line for each cause. plural is the noun for the things, such as
// servers.
func (c causes) print(p *preflight, what, plural string, fix func(error) string) {
	for _, one := range c {
		err, n := one.err, len(one.of)
		switch {
		case n > 1 && one.of[0] == "":
			err = fmt.Errorf("%d %s, such as: %w", n, plural, err)
		case n > 1:
			err = fmt.Errorf("%d %s (%s): %w", n, plural, examples(one.of), err)
		case one.of[0] != "":
			err = fmt.Errorf("%s: %w", one.of[0], err)
		}
		p.wrong(what, err, fix(one.err))
	}
}

func examples(names []string) string {
	const most = 3
	return strings.Join(names[:min(most, len(names))], ", ") + suffix(len(names) > most, ", …")
}

// always returns the same fix for every error.
func always(fix string) func(error) string { return func(error) string { return fix } }
