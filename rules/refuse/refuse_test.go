package refuse

import (
	"errors"
	"strings"
	"testing"
	"time"
)

type kind string

type secret string

func (secret) String() string { return "<secret>" }

func TestARefusalNamesKeyValueAndWhatIsAllowed(t *testing.T) {
	tests := []struct {
		name  string
		value any
		want  string
	}{
		{"a number", 16000, "k: 16000: must be 1 or 2"},
		{"a duration", 90 * time.Second, "k: 1m30s: must be 1 or 2"},
		{"a text is quoted", "", `k: "": must be 1 or 2`},
		{"so is a type of text", kind("a\nb"), `k: "a\nb": must be 1 or 2`},
		{"a secret prints as its type does", secret("hush"), "k: <secret>: must be 1 or 2"},
		{"a value that is not given", nil, "k: must be 1 or 2"},
	}
	for _, tt := range tests {
		if got := Value("k", tt.value, "be %d or %d", 1, 2).Error(); got != tt.want {
			t.Errorf("%s: Value() = %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestOnlyWhatIsWrongIsCollected(t *testing.T) {
	var p Problems
	p.Require(true, "right", 1, "be 1")
	p.Positive("right", time.Nanosecond)
	p.AtLeast("right", 1, 1)
	p.Add(nil, nil)
	if errs := []error(p); errs != nil {
		t.Errorf("problems = %q, want nil", errs)
	}
	p.Require(false, "a", 2, "be 1")
	p.Positive("b", 0)
	p.AtLeast("c", 0, 1)
	p.Add(nil, errors.New("d"))
	want := "a: 2: must be 1\nb: 0s: must be longer than 0s\nc: 0: must be at least 1\nd"
	if got := errors.Join(p...).Error(); got != want {
		t.Errorf("problems =\n%s\nwant\n%s", got, want)
	}
}

func TestURLsAreCheckedWithoutShowingPasswords(t *testing.T) {
	for text, want := range map[string]string{
		"https://h": "", "http://127.0.0.1:3000/path": "", "https://[::1]:8443": "",
		"":                    `key: "": must be a URL such as "https://host/path", which begins with https:// or http://`,
		"h":                   `key: "h": must be a URL`,
		"h:3000":              `key: "h:3000": must be a URL`,
		"ftp://h":             `key: "ftp://h": must be a URL`,
		"https://":            `key: "https://": must be a URL such as "https://host/path", with a host`,
		"https://:80":         `key: "https://:80": must be a URL such as "https://host/path", with a host`,
		"https://h?x=1":       `key: "https://h?x=1": must be a URL such as "https://host/path", without a query or a fragment`,
		"https://h#x":         `key: "https://h#x": must be a URL such as "https://host/path", without a query or a fragment`,
		"https://u:hush@h":    `key: "https://u:xxxxx@h": must not hold a user name or a password`,
		"https://u:hush@h:po": `key: must be a URL such as "https://host/path"`,
		"://hush":             `key: must be a URL such as "https://host/path"`,
	} {
		var p Problems
		p.URL("key", text)
		switch {
		case want == "" && len(p) == 0:
		case want == "" || len(p) != 1:
			t.Errorf("URL(%q) gives %q, want one error or none: %q", text, p, want)
		case !strings.HasPrefix(p[0].Error(), want) || strings.Contains(p[0].Error(), "hush"):
			t.Errorf("URL(%q) gives %q, want %q and no password", text, p, want)
		}
	}
}
