package postgres

import (
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

func TestURLIsTakenApart(t *testing.T) {
	for url, want := range map[string]struct{ shown, user, password, host, database string }{
		"postgres://u@h/d": {shown: "postgres://u@h/d", user: "u", host: "h", database: "d"},
		"postgresql://u:p%2Fw@h:5433/d?sslmode=disable":   {shown: "postgresql://u@h:5433/d", user: "u", password: "p/w", host: "h", database: "d"},
		"postgres://u:p#w@h/d":                            {shown: "postgres://u@h/d", user: "u", password: "p#w", host: "h", database: "d"},
		"postgres://u:p@w@h/d":                            {shown: "postgres://u@h/d", user: "u", password: "p@w", host: "h", database: "d"},
		"postgres://u@h/d?password=a%26b":                 {shown: "postgres://u@h/d", user: "u", password: "a&b", host: "h", database: "d"},
		"postgres://u:p@h1:1,h2/d":                        {shown: "postgres://u@h1:1,h2/d", user: "u", password: "p", host: "h1", database: "d"},
		"postgres://u:p@[::1]:5432/d":                     {shown: "postgres://u@[::1]:5432/d", user: "u", password: "p", host: "::1", database: "d"},
		"postgres:///d?host=/run/postgresql&user=u%20v":   {shown: "postgres:///d", user: "u v", host: "/run/postgresql", database: "d"},
		"postgres://u@h/d?application_name=x+y&user=w%3D": {shown: "postgres://u@h/d", user: "w=", host: "h", database: "d"},
	} {
		config, shown, err := parse(Config{URL: fleet.Secret(url)})
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		got := config.ConnConfig
		if shown != want.shown || got.User != want.user || got.Password != want.password || got.Host != want.host || got.Database != want.database {
			t.Errorf("%s: shown as %s, user %q, password %q, host %q, database %q, want %+v", url, shown, got.User, got.Password, got.Host, got.Database, want)
		}
		if got.RuntimeParams["application_name"] != applicationName {
			t.Errorf("%s: application_name %q, want %q", url, got.RuntimeParams["application_name"], applicationName)
		}
	}
}

func TestURLThatIsNoneIsRefusedWithoutThePassword(t *testing.T) {
	const secret = "GEHEIM"
	for _, url := range []string{
		"", "/var/lib/bbb-scaler", "host=h user=u password=GEHEIM", "mysql://u:GEHEIM@h/d", "postgres:u:GEHEIM@h/d",
		"postgres://u:GEHEIM/x@h/d", "postgres://u:%zzGEHEIM@h/d", "postgres://u:GEHEIM @h/d", "postgres://u:a:GEHEIM?x@h/d",
		"postgres://u:GEHEIM@h:port/d", "postgres://u:GEHEIM@h/d?sslmode=wrong",
		"postgres://u:GEHEIM@h/d?connect_timeout=soon", "postgres://u:x@h/d?password=%zzGEHEIM",
		"postgres://u:x@h/d?password=GEHEIM&sslmode=wrong", "postgres://u:x@h/d?sslpassword=GEHEIM&sslmode=wrong",
		"postgres://u:GEHEIM@h/d#fragment", "postgres://u:GEHEIM@h/d?target_session_attrs=best", "postgres://u:GEHEIM@h/d?pool_max_conns=many",
	} {
		err := CheckURL(fleet.Secret(url))
		if err == nil {
			t.Errorf("%s is accepted", url)
			continue
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error has the password: %v", url, err)
		}
	}
}
