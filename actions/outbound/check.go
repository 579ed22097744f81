package outbound

import (
	"fmt"
	"net/url"
	"time"
)

// CheckURL returns what keeps text from being the base address of an API, or
// nil. key is the configuration key to name in the error.
func CheckURL(key, text string) error {
	const allowed = `write it like "https://host/path"`
	u, err := url.Parse(text)
	switch {
	case err != nil:
		// The parser's error repeats the text, which may hold a password.
		return fmt.Errorf("%s: not a URL; %s", key, allowed)
	case u.User != nil:
		return fmt.Errorf("%s: %q carries a user name or a password; credentials have keys of their own", key, u.Redacted())
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%s: %q must begin with https:// or http://; %s", key, text, allowed)
	case u.Hostname() == "":
		return fmt.Errorf("%s: %q names no host; %s", key, text, allowed)
	case u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%s: %q must not carry a query or a fragment; %s", key, text, allowed)
	}
	return nil
}

// CheckPositive returns an error naming key unless d is above zero.
func CheckPositive(key string, d time.Duration) error {
	if d > 0 {
		return nil
	}
	return fmt.Errorf(`%s: %s must be more than 0, like "10s"`, key, d)
}

// CheckAtLeast returns an error naming key unless n is at least least.
func CheckAtLeast(key string, n, least int) error {
	if n >= least {
		return nil
	}
	return fmt.Errorf("%s: %d must be at least %d", key, n, least)
}

// Errors returns those of errs that are not nil.
func Errors(errs ...error) []error {
	var kept []error
	for _, err := range errs {
		if err != nil {
			kept = append(kept, err)
		}
	}
	return kept
}
