package config

import (
	"net/url"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// completeByScalelite takes Scalelite's address and secret from Scalelite's own
// variables, which a container beside it may get, if nothing else gives them.
// URL_HOST alone changes nothing: without a secret the address is of no use, and
// the name is too general to insist on one.
func completeByScalelite(f *File, getenv func(string) string) []error {
	host, secret := strings.TrimSpace(getenv("URL_HOST")), strings.TrimSpace(getenv("LOADBALANCER_SECRET"))
	s := &f.Scalelite
	if s.Secret == "" && s.SecretFile == "" {
		s.Secret = fleet.Secret(secret)
	}
	if s.URL != "" || host == "" || s.Secret == "" && s.SecretFile == "" {
		return nil
	}
	var p refuse.Problems
	address := "https://" + host
	u, err := url.Parse(address)
	p.Require(err == nil && u.Host == host && u.Hostname() != "", "URL_HOST", host,
		"be Scalelite's host, such as scalelite.example.org; correct it or set scalelite.url")
	s.URL = address
	return p
}
