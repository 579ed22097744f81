// Package refuse formats the errors for refused configuration values. The
// validators of all sections use it, so that all these errors have the same form:
//
//	KEY: VALUE: must WHAT IS ALLOWED; WHAT TO DO
//	sizes.max.ram_mib: 16000: must be a positive multiple of 1024
//	alertmanager.urls[1]: "http://am": must be listed once; remove the copy
//
// KEY is the path in the configuration file, an environment variable or a flag.
// VALUE is the value that was given; a string is quoted, a secret is hidden.
package refuse

import (
	"fmt"
	"net/url"
	"reflect"
	"time"
)

// Value returns the error for one value. allowed is a format for args and
// completes the sentence that begins with "must". A nil value is left out of the
// error; use it for a missing key, or for a value that must not be shown.
func Value(key string, value any, allowed string, args ...any) error {
	allowed = fmt.Sprintf(allowed, args...)
	if value == nil {
		return fmt.Errorf("%s: must %s", key, allowed)
	}
	return fmt.Errorf("%s: %s: must %s", key, show(value), allowed)
}

// show quotes texts, unless their type prints itself, as a secret does.
func show(value any) string {
	if _, ok := value.(fmt.Stringer); !ok && reflect.TypeOf(value).Kind() == reflect.String {
		return fmt.Sprintf("%q", value)
	}
	return fmt.Sprint(value)
}

// Problems collects everything that is wrong with a section. The zero value is
// ready to use and converts to the []error that a Validate method returns.
type Problems []error

// Require adds the error that Value returns, unless ok.
func (p *Problems) Require(ok bool, key string, value any, allowed string, args ...any) {
	if !ok {
		*p = append(*p, Value(key, value, allowed, args...))
	}
}

// Add adds those of errs that are not nil.
func (p *Problems) Add(errs ...error) {
	for _, err := range errs {
		if err != nil {
			*p = append(*p, err)
		}
	}
}

// Positive requires that d is longer than zero.
func (p *Problems) Positive(key string, d time.Duration) {
	p.Require(d > 0, key, d, "be longer than 0s")
}

// AtLeast requires that n is at least least.
func (p *Problems) AtLeast(key string, n, least int) {
	p.Require(n >= least, key, n, "be at least %d", least)
}

// URL requires that text is the base address of an API: http or https, with a
// host, and without login, query and fragment.
func (p *Problems) URL(key, text string) {
	const allowed = `be a URL such as "https://host/path"`
	u, err := url.Parse(text)
	switch {
	case err != nil:
		// Neither the text nor the parser's error, which repeats it, is shown: it
		// may hold a password.
		p.Require(false, key, nil, allowed)
	case u.User != nil:
		p.Require(false, key, u.Redacted(), "not hold a user name or a password; they have keys of their own")
	default:
		p.Require(u.Scheme == "http" || u.Scheme == "https", key, text, allowed+", which begins with https:// or http://")
		p.Require(u.Hostname() != "" || u.Scheme != "http" && u.Scheme != "https", key, text, allowed+", with a host")
		p.Require(u.RawQuery == "" && u.Fragment == "", key, text, allowed+", without a query or a fragment")
	}
}
