package postgres

import (
	"errors"
	"net/url"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/jackc/pgx/v5/pgconn"
)

// errURL is the error of a URL that is none. It has no part of the URL, which may be the
// password.
var errURL = errors.New("it must have the form postgres://user@host:5432/database, with several hosts separated by commas; " +
	"special characters in the user, the password or the database must be percent-encoded, such as %2F for /")

// address is a storage URL, taken apart.
type address struct {
	connection string // without the password
	shown      string // without the password and the options
	password   fleet.Secret
	options    url.Values
}

// CheckURL returns an error if a storage URL cannot be used. The error has no part of the
// URL that may be the password.
func CheckURL(of fleet.Secret) error {
	_, _, err := parse(Config{URL: of})
	return err
}

// split takes a URL apart. It does not use net/url, which refuses several hosts, and whose
// errors quote the password.
func split(of fleet.Secret) (a address, err error) {
	scheme, rest, ok := strings.Cut(of.Reveal(), "://")
	if !ok || scheme != "postgres" && scheme != "postgresql" {
		return a, errURL
	}
	place, query, _ := strings.Cut(rest, "?")
	login := ""
	if i := strings.LastIndex(place, "@"); i >= 0 {
		login, place = place[:i+1], place[i+1:]
	}
	user, password, _ := strings.Cut(strings.TrimSuffix(login, "@"), ":")
	secret, err := url.PathUnescape(password)
	if err != nil || strings.ContainsAny(login, "/ \t\r\n") || strings.ContainsAny(place, "# \t\r\n") {
		return a, errURL
	}
	if a.options, err = url.ParseQuery(query); err != nil {
		return a, errURL
	}
	for _, given := range a.options["password"] {
		secret = given
	}
	delete(a.options, "password")
	if login != "" {
		user += "@"
	} else if strings.Contains(query, "@") { // a password with a question mark
		return a, errURL
	}
	a.password, a.shown = fleet.Secret(secret), scheme+"://"+user+place
	a.connection = a.shown
	if len(a.options) > 0 {
		a.connection += "?" + strings.ReplaceAll(a.options.Encode(), "+", "%20")
	}
	return a, nil
}

// has reports whether the URL has an option.
func (a address) has(option string) bool { return a.options.Has(option) }

// withoutDetails returns an error of pgx about the URL. pgx quotes the connection string,
// which has no password; but it may have that of a key file (sslpassword).
func (a address) withoutDetails(err error) error {
	if refused, ok := errors.AsType[*pgconn.ParseConfigError](err); ok {
		refused.ConnString = a.shown
	}
	return err
}
