package ionostest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
)

func TestRecordsOfAZoneAreCreatedChangedAndDeleted(t *testing.T) {
	c := newResources(t, ionostest.ResourcesConfig{Zones: map[string]string{"zone-1": "example.org"}})
	const records, one = "/zones/zone-1/records", "/zones/zone-1/records/record-1"
	for _, step := range []struct {
		call, body string
		status     int
		want       string // a part of the answer
	}{
		{"GET " + records, "", http.StatusOK, `"items": []`},
		{"GET " + one, "", http.StatusNotFound, "Resource does not exist"},
		{"DELETE " + one, "", http.StatusNotFound, "Resource does not exist"},
		{"PUT " + one, `{"properties": {"name": "bbb-1", "type": "A", "content": "192.0.2.1"}}`, http.StatusAccepted, `"fqdn": "bbb-1.example.org"`},
		{"GET " + one, "", http.StatusOK, `"ttl": 3600`},
		{"PUT " + one, `{"properties": {"name": "bbb-1", "type": "A", "content": "192.0.2.2", "ttl": 300}}`, http.StatusAccepted, `"ttl": 300`},
		{"GET " + records, "", http.StatusOK, `"content": "192.0.2.2"`},
		{"PUT " + one, `{"properties": {"name": "bbb-1", "type": "A"}}`, http.StatusBadRequest, "content"},
		{"PUT " + one, `[]`, http.StatusBadRequest, "must be a JSON object"},
		{"GET /zones/zone-2/records", "", http.StatusNotFound, "Resource does not exist"},
		{"POST " + records, "{}", http.StatusNotImplemented, "This is a simulation of IONOS"},
		{"GET /datacenters", "", http.StatusNotImplemented, "This is a simulation of IONOS"},
		{"DELETE " + one, "", http.StatusAccepted, "{}"},
		{"GET " + records, "", http.StatusOK, `"items": []`},
	} {
		method, path, _ := strings.Cut(step.call, " ")
		rec := c.call(t, method, path, step.body, nil)
		if rec.Code != step.status || !strings.Contains(rec.Body.String(), step.want) {
			t.Errorf("%s %s = %d, want %d and %q\n%s", step.call, step.body, rec.Code, step.status, step.want, rec.Body)
		}
	}
}

func TestCloudDNSAcceptsOnlyTokens(t *testing.T) {
	api := ionostest.NewResources(ionostest.ResourcesConfig{User: "user", Password: "password", Token: "token", Zones: map[string]string{"zone-1": "example.org"}})
	for name, tc := range map[string]struct {
		login func(*http.Request)
		want  int
	}{
		"a token":    {func(r *http.Request) { r.Header.Set("Authorization", "Bearer token") }, http.StatusOK},
		"a password": {func(r *http.Request) { r.SetBasicAuth("user", "password") }, http.StatusUnauthorized},
		"nothing":    {func(*http.Request) {}, http.StatusUnauthorized},
	} {
		call := httptest.NewRequest("GET", "/zones/zone-1/records", nil)
		tc.login(call)
		rec := httptest.NewRecorder()
		if api.ServeHTTP(rec, call); rec.Code != tc.want {
			t.Errorf("with %s: %d, want %d", name, rec.Code, tc.want)
		}
	}
}
