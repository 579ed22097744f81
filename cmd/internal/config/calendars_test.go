package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// loaded loads a configuration with a section capacity, beside files with secrets.
func loaded(t *testing.T, capacity string) (File, error) {
	t.Helper()
	dir := t.TempDir()
	text := "fleet: {datacenters: [a]}\nionos: {token: t}\n" + capacity
	for name, content := range map[string]string{"c.yml": text, "url": "https://example.org/hush.ics\n", "password": "hush\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Load(filepath.Join(dir, "c.yml"), nil)
}

func TestCalendarsHaveTheirSecretsFromFiles(t *testing.T) {
	f, err := loaded(t, "capacity:\n  calendars:\n    - {name: a, url_file: url, username: u, password_file: password}\n    - {name: b, file: events.ics}\n")
	if err != nil {
		t.Fatal(err)
	}
	c := f.Actions.Capacity.Calendars
	if c[0].URL.Reveal() != "https://example.org/hush.ics" || c[0].Password.Reveal() != "hush" {
		t.Errorf("calendar a = %q and %q, want what the files say", c[0].URL.Reveal(), c[0].Password.Reveal())
	}
	if dir := filepath.Dir(c[1].File); dir == "." || filepath.Base(c[1].File) != "events.ics" {
		t.Errorf("the file of calendar b is %s, want it beside the configuration file", c[1].File)
	}
}

func TestCalendarsThatAreNoneAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ list, want string }{
		"no name":              {"[{file: a.ics}]", "capacity.calendars[0].name"},
		"a name twice":         {"[{name: a, file: a.ics}, {name: a, file: b.ics}]", `capacity.calendars[1].name: "a": must be a name that no other calendar has`},
		"neither url nor file": {"[{name: a}]", `capacity.calendars[0]: "a": must have either url (or url_file) or file`},
		"url and file":         {"[{name: a, url: 'https://example.org', file: a.ics}]", "must have either url (or url_file) or file"},
		"a url that is none":   {"[{name: a, url: 'webcal://hush'}]", "capacity.calendars[0].url: <secret>: must be a URL that begins with http:// or https://"},
		"a password twice":     {"[{name: a, url: 'https://example.org', password: hush, password_file: password}]", "capacity.calendars[0].password"},
		"a missing file":       {"[{name: a, url_file: missing}]", "capacity.calendars[0].url_file"},
		"an unknown key":       {"[{name: a, file: a.ics, color: red}]", "capacity.calendars[0].color"},
		"a text":               {"holidays.ics", "capacity.calendars"},
	} {
		_, err := loaded(t, "capacity:\n  calendars: "+c.list+"\n")
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: Load() = %v, want an error with %q and without the secret", name, err, c.want)
		}
	}
}

func TestATimeZoneThatIsNoneIsRefused(t *testing.T) {
	if _, err := loaded(t, "capacity: {location: Mars/Olympus}\n"); err == nil || !strings.Contains(err.Error(), `capacity.location: "Mars/Olympus": must be a time zone such as Europe/Berlin`) {
		t.Errorf("Load() = %v, want an error about capacity.location", err)
	}
}
