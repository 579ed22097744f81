package daemon

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/receiver/api"
)

// answering is a daemon that answers every request with a status code and a body.
func answering(t *testing.T, code int, body string) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestExitCodes(t *testing.T) {
	good := answering(t, http.StatusOK, `{"fleet":"bbb","verdict":{"level":"ok"}}`)
	warns := answering(t, http.StatusOK, `{"fleet":"bbb","verdict":{"level":"attention"}}`)
	bad := answering(t, http.StatusOK, `{"fleet":"bbb","verdict":{"level":"bad"}}`)
	page := answering(t, http.StatusOK, "<html>")
	proxy := answering(t, http.StatusBadGateway, "bad gateway")
	login := answering(t, http.StatusUnauthorized, `{"error":"log in"}`)
	gone := answering(t, http.StatusNotFound, `{"error":"pause \"p1\" does not exist"}`)
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	for _, test := range []struct {
		args string
		want int
		text string // of the error
	}{
		{"status --url=" + good, 0, ""},
		{"status --url=" + warns, 0, ""},
		{"status --url=" + bad, 1, "problems were found"},
		{"check --config.file=/nowhere.yml", 1, "problems were found"},
		{"run --config.file=/nowhere.yml", 1, "nowhere.yml"},
		{"statsu", 2, "see bbb-scaler --help"},
		{"status --state=asleep", 2, "--state: \"asleep\": must be one of off, starting"},
		{"status --url=ftp://bbb", 2, "\"ftp://bbb\" is not an address such as http://localhost:9745"},
		{"healthy --url=bbb:9745", 2, "\"bbb:9745\" is not an address such as http://localhost:9745"},
		{"status --server=[ --url=" + good, 2, "--server: \"[\": must be a name"},
		{"status --watch --interval=0s --url=" + good, 2, "--interval: 0s: must be above 0s"},
		{"journal --since=yesterday --url=" + good, 2, "--since: \"yesterday\": must be an age such as 45m"},
		{"journal --limit=0 --url=" + good, 2, "--limit: 0: must be from 1 to 10000"},
		{"pause --reason=exam", 2, "required flag(s) '--for'"},
		{"status --url=http://127.0.0.1:1", 3, "is the daemon running there?"},
		{"status --url=" + page, 3, "not a response of bbb-scaler"},
		{"status --url=" + proxy, 3, "502 Bad Gateway: bad gateway"},
		{"status --url=" + secure.URL, 3, "--ca-file"},
		{"status --url=" + login, 4, "check --user and --password-file, or --token-file"},
		{"resume p1 --url=" + gone, 4, "does not exist"},
		{"explain bbb-9 --url=" + good, 4, "no such server: the fleet bbb has no server \"bbb-9\""},
	} {
		var out strings.Builder
		err := Run(t.Context(), strings.Fields(test.args), nil, &out, &out)
		if got := ExitCode(err); got != test.want || (test.text == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.text) {
			t.Errorf("bbb-scaler %s: exit code %d, want %d; error %v, want one with %q", test.args, got, test.want, err, test.text)
		}
	}
	if got := ExitCode(errors.New("any other")); got != exitProblem {
		t.Errorf("ExitCode of another error = %d, want %d", got, exitProblem)
	}
}

func TestTheGuideListsEveryCommandFlagAndExitCode(t *testing.T) {
	text, err := os.ReadFile("../../../deploy/guides/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	guide := string(text)
	app := (&options{}).application(io.Discard)
	for _, command := range app.Model().Commands {
		if !strings.Contains(guide, "`"+command.Name+"`") {
			t.Errorf("commands.md does not list the command %s", command.Name)
		}
		for _, flag := range command.Flags {
			if command.Name != "run" && !flag.Hidden && !regexp.MustCompile("--"+flag.Name+"\\b[^-]").MatchString(guide) {
				t.Errorf("commands.md does not list the flag --%s of %s", flag.Name, command.Name)
			}
		}
	}
	for code := range exitRefused + 1 {
		if row := "\n| " + string(rune('0'+code)) + " |"; !strings.Contains(guide, row) {
			t.Errorf("commands.md has no row for the exit code %d", code)
		}
	}
	if !strings.Contains(guide, "`"+api.PathFleet+"`") || !strings.Contains(guide, "`"+api.PathJournal+"`") {
		t.Error("commands.md does not name the documents that --output json prints")
	}
}
