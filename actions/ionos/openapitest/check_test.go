package openapitest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/ionos/openapitest"
)

// reports keeps what is reported to it.
type reports struct {
	testing.TB
	errors []string
}

func (r *reports) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func TestWhatTheTextDoesNotAllowIsReported(t *testing.T) {
	const (
		server   = `{"id": "a", "type": "server", "properties": {"cores": 2, "ram": 8192, "vmState": "RUNNING", "hostname": "bbb-1"}}`
		location = "https://api.example.org/cloudapi/v6/requests/a/status"
	)
	tests := []struct {
		name, method, path, body string
		status                   int
		location, answer         string
		want                     string // "" means that nothing is reported
	}{
		{"a server", "GET", "/datacenters/d/servers/s", "", 200, "", server, ""},
		{"a reference to a server", "GET", "/datacenters/d/servers", "", 200, "", `{"items": [{"id": "a", "type": "server", "href": "https://api.example.org/a"}]}`, ""},
		{"a number as a text", "GET", "/datacenters/d/servers/s", "", 200, "", strings.Replace(server, "2", `"2"`, 1), "/properties/cores"},
		{"a required property is missing", "GET", "/datacenters/d/servers/s", "", 200, "", strings.Replace(server, `"cores": 2, `, "", 1), "/properties/cores"},
		{"a value that is none of the list", "GET", "/datacenters/d/servers/s", "", 200, "", strings.Replace(server, "RUNNING", "ON", 1), "/properties/vmState"},
		{"an unknown type of resource", "GET", "/datacenters/d/servers/s", "", 200, "", strings.Replace(server, "server", "machine", 1), "/type"},
		{"an unknown property", "GET", "/datacenters/d/servers/s", "", 200, "", strings.Replace(server, "hostname", "colour", 1), `"colour" is unsupported`},
		{"neither properties nor a reference", "GET", "/datacenters/d/servers/s", "", 200, "", `{"id": "a", "type": "server", "href": "a", "metadata": {}}`, "anyOf"},
		{"no JSON", "GET", "/datacenters/d/servers/s", "", 200, "", `<html>`, "decode"},
		{"a status that is not documented", "GET", "/datacenters/d/servers/s", "", 202, "", server, "schemas/Error"},
		{"a call that does not exist", "GET", "/machines", "", 200, "", "{}", "no matching operation"},
		{"a call that does not exist is refused", "GET", "/machines", "", 501, "", "simulation", ""},
		{"some properties are changed", "PATCH", "/datacenters/d/servers/s", `{"cores": 2}`, 202, location, server, ""},
		{"a wrong change is accepted", "PATCH", "/datacenters/d/servers/s", `{"cores": "two"}`, 202, location, server, "/cores"},
		{"a wrong change is refused", "PATCH", "/datacenters/d/servers/s", `{"cores": "two"}`, 422, "", `{"httpStatus": 422, "messages": [{"errorCode": "100", "message": "wrong"}]}`, ""},
		{"an error that is none of the API's", "GET", "/datacenters/d/servers/s", "", 404, "", `{"httpStatus": "404"}`, "/httpStatus"},
		{"a location that leads nowhere", "POST", "/datacenters/d/servers/s/stop", "", 202, "/requests/a", "", `"Location"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := &reports{TB: t}
			handler := openapitest.Checked(got, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				rw.Header().Set("Content-Type", "application/json")
				if tt.location != "" {
					rw.Header().Set("Location", tt.location)
				}
				rw.WriteHeader(tt.status)
				_, _ = io.WriteString(rw, tt.answer)
			}))
			call := httptest.NewRequest(tt.method, "/cloudapi/v6"+tt.path, strings.NewReader(tt.body))
			call.Header.Set("Content-Type", "application/json")
			handler.ServeHTTP(httptest.NewRecorder(), call)
			all := strings.Join(got.errors, "\n")
			if (tt.want == "") != (all == "") || !strings.Contains(all, tt.want) {
				t.Errorf("reported %q, want %q", all, tt.want)
			}
		})
	}
}
