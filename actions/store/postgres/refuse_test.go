package postgres_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgres"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgrestest"
)

func TestDatabaseThatCannotBeUsedIsRefusedWithWhatToDo(t *testing.T) {
	server := postgrestest.Start(t)
	n := 0
	database := func(options string, statements ...string) string {
		n++
		at := server.Database(fmt.Sprint("d", n), options)
		server.Exec(at, statements...)
		return at
	}
	server.Exec(server.URL("postgres"), "create user reader password 'reader'", "create user writer password 'writer'")
	for name, test := range map[string]struct{ url, want string }{
		"the password is wrong": {
			url: as(database(""), "postgres", "wrong"), want: "check the user and the password",
		},
		"the database does not exist": {
			url: server.URL("none"), want: "create database",
		},
		"nobody listens there": {
			url: "postgres://u:" + url.QueryEscape(postgrestest.Password) + "@127.0.0.1:1/d", want: "check that PostgreSQL runs there",
		},
		"the user may not create the schema": {
			url: as(database(""), "reader", "reader"), want: "grant create on database",
		},
		"the user may not use the schema of another user": {
			url: as(database("", "create schema bbb_scaler", "create table bbb_scaler.migrations (version int)"), "reader", "reader"), want: "owner of the schema bbb_scaler",
		},
		"the database is read-only": {
			url: database("", "do $$ begin execute 'alter database ' || current_database() || ' set default_transaction_read_only = on'; end $$"), want: "name the primary",
		},
		"the schema has tables of another application": {
			url: database("", "create schema bbb_scaler", "create table bbb_scaler.alerts (id int)"), want: "of another application",
		},
		"the schema has another application's table of migrations": {
			url: database("", "create schema bbb_scaler", "create table bbb_scaler.migrations (name text)"), want: "of another application",
		},
		"the schema is newer than the program": {
			url: newer(t, server, database("")), want: "its schema has version 99, and this program knows versions up to",
		},
		"the database cannot store every text": {
			url: database("encoding 'LATIN1' template template0"), want: "must be UTF8",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := postgres.Open(t.Context(), postgres.Config{URL: fleet.Secret(test.url), Fleet: identity("bbb")})
			if err == nil || s != nil {
				t.Fatalf("Open() = %v, %v, want an error", s, err)
			}
			text := err.Error()
			if !strings.Contains(text, test.want) || strings.Contains(text, "\n") || strings.Contains(text, postgrestest.Password) ||
				strings.Contains(text, url.QueryEscape(postgrestest.Password)) {
				t.Errorf("Open() = %v, want an error in one line with %q and without the password", err, test.want)
			}
			t.Log(err)
		})
	}
	t.Run("a schema that is made for the user is enough", func(t *testing.T) {
		open(t, as(database("", "create schema bbb_scaler authorization writer"), "writer", "writer"), "bbb")
	})
	t.Run("a schema of this version is left as it is", func(t *testing.T) {
		at := database("")
		open(t, at, "bbb")
		open(t, at, "bbb")
		open(t, at, "another")
	})
}

// newer returns the URL of a database with a schema of a later version.
func newer(t *testing.T, server *postgrestest.Server, url string) string {
	must(t, open(t, url, "bbb").Close())
	server.Exec(url, "insert into bbb_scaler.migrations (version) values (99)")
	return url
}

// as returns a URL with another user.
func as(of, user, password string) string {
	u, err := url.Parse(of)
	if err != nil {
		panic(err)
	}
	u.User = url.UserPassword(user, password)
	return u.String()
}

func TestPasswordFromAFunctionIsReadForEachConnection(t *testing.T) {
	server := postgrestest.Start(t)
	at := server.Database("bbb_scaler", "")
	server.Exec(at, "create user changing password 'one'", "grant create on database bbb_scaler to changing")
	password, refused := "one", error(nil)
	without := strings.Replace(as(at, "changing", ""), "changing:@", "changing@", 1)
	cfg := postgres.Config{URL: fleet.Secret(without), Fleet: identity("bbb"), Password: func() (fleet.Secret, error) { return fleet.Secret(password), refused }}
	s, err := postgres.Open(t.Context(), cfg)
	must(t, err)
	defer s.Close()
	server.Exec(at, "alter user changing password 'two'", "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'changing'")
	if err := eventually(t, func() error { _, err := s.Newest(t.Context()); return err }, "28P01"); err == nil {
		t.Error("the old password is still used")
	}
	password = "two"
	if _, err := s.Newest(t.Context()); err != nil {
		t.Errorf("with the new password: %v", err)
	}
	refused = errors.New("no such file")
	if _, err := postgres.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("Open() = %v, want why there is no password", err)
	}
	cfg.URL = fleet.Secret(at)
	if _, err := postgres.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "given twice") {
		t.Errorf("Open() = %v, want that the password is given twice", err)
	}
}

func TestTwoFleetsUnderOneNameAreRefused(t *testing.T) {
	server := postgrestest.Start(t)
	at := server.Database("bbb_scaler", "")
	try := func(balancer string, datacenters ...string) error {
		s, err := postgres.Open(t.Context(), postgres.Config{URL: fleet.Secret(at), Fleet: fleet.Identity{Name: "b'b", Balancer: balancer, Datacenters: datacenters}})
		if err == nil {
			return s.Close()
		}
		return err
	}
	for _, step := range []struct {
		what        string
		balancer    string
		datacenters []string
		refused     bool
	}{
		{"a new fleet is added", "lb-1", []string{"dc-1", "dc-2"}, false},
		{"its order of datacenters does not matter", "lb-1", []string{"dc-2", "dc-1"}, false},
		{"another balancer is another fleet", "lb-2", []string{"dc-1", "dc-2"}, true},
		{"other datacenters are another fleet", "lb-1", []string{"dc-8", "dc-9"}, true},
		{"a fleet without a balancer is another one", "", []string{"dc-1", "dc-2"}, true},
		{"a datacenter may be added and another one removed", "lb-1", []string{"dc-2", "dc-3"}, false},
		{"and then the first one", "lb-1", []string{"dc-3"}, false},
		{"the removed ones are forgotten", "lb-1", []string{"dc-1", "dc-2"}, true},
	} {
		if err := try(step.balancer, step.datacenters...); (err != nil) != step.refused {
			t.Errorf("%s: %v, want refused: %t", step.what, err, step.refused)
		}
	}
	err := try("lb-9", "dc-9")
	if err == nil {
		t.Fatal("another fleet is accepted")
	}
	_, statement, ok := strings.Cut(err.Error(), "has moved: ")
	if !ok || !strings.Contains(err.Error(), "lb-1") || !strings.Contains(err.Error(), "dc-9") || !strings.Contains(err.Error(), "fleet.name") {
		t.Fatalf("error %v, want both fleets, the key fleet.name, and a statement for a fleet that has moved", err)
	}
	server.Exec(at, statement)
	if err := try("lb-9", "dc-9"); err != nil {
		t.Errorf("after the statement of the error: %v", err)
	}
}
