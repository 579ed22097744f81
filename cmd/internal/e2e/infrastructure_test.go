package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/openapitest"
)

const (
	terraformUser     = "scaler@example.org"
	terraformPassword = "e2e-terraform-password"
	dnsZone           = "b2b0c9a4-3d5e-4f60-8a71-9c2d3e4f5a6b"
)

// exchange is a request that Terraform's provider made, and the status of its answer.
type exchange struct {
	Method string          `json:"method"`
	URI    string          `json:"uri"`
	Body   json.RawMessage `json:"body,omitempty"`
	Status int             `json:"status"`
}

// infrastructure is a simulated IONOS that Terraform fills, and the simulated Scalelite
// and BigBlueButton of a fleet whose servers it creates.
type infrastructure struct {
	fleet      *fakeFleet
	datacenter string
	url        string // of the simulated IONOS
	mu         sync.Mutex
	made       []exchange // by Terraform
}

func newInfrastructure(t *testing.T, f *fakeFleet) *infrastructure {
	t.Helper()
	i := &infrastructure{fleet: f, datacenter: f.Datacenters()[0]}
	i.url = f.serve(t, "127.0.0.1:0", openapitest.Checked(t, i.record(ionostest.NewResources(ionostest.ResourcesConfig{
		User: terraformUser, Password: terraformPassword, Token: cloudToken, Datacenters: f.Datacenters(), Takes: 200 * time.Millisecond,
		Switched: i.power, Zones: map[string]string{dnsZone: "bbb.example.org"},
	}))))
	f.cloud = i.url
	return i
}

// power switches the machine of the fleet's world that has the server's name.
func (i *infrastructure) power(_, server string, on bool) {
	s, err := i.fleet.world.Server(server)
	if err != nil {
		return // Scalelite's
	}
	ref := fleet.ServerRef{Datacenter: s.Datacenter, ID: s.ID}
	_, _ = i.fleet.world.Change(map[bool]string{true: "start", false: "stop"}[on], ref, fleet.Size{})
}

// record is next with the requests of Terraform recorded, but not those for the status of
// a request, which it repeats until it is done.
func (i *infrastructure) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.UserAgent(), "terraform") || strings.Contains(r.URL.Path, "/requests/") {
			next.ServeHTTP(rw, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		i.mu.Lock()
		i.made = append(i.made, exchange{r.Method, r.URL.RequestURI(), body, answer.Code})
		i.mu.Unlock()
		maps.Copy(rw.Header(), answer.Header())
		rw.WriteHeader(answer.Code)
		_, _ = rw.Write(answer.Body.Bytes())
	})
}

// taken returns what was recorded since the last call.
func (i *infrastructure) taken() []exchange {
	i.mu.Lock()
	defer i.mu.Unlock()
	made := i.made
	i.made = nil
	return made
}

// call makes a request as Terraform does, and returns its answer.
func (i *infrastructure) call(t *testing.T, method, uri string, body []byte) (answer []byte, header http.Header, status int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, i.url+uri, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(uri, ionostest.BasePath) {
		request.SetBasicAuth(terraformUser, terraformPassword)
	} else {
		request.Header.Set("Authorization", "Bearer "+cloudToken)
	}
	request.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, resp.Header, resp.StatusCode
}

// replay repeats recorded requests, each when the one before is done.
func (i *infrastructure) replay(t *testing.T, recorded []exchange) {
	t.Helper()
	for _, e := range recorded {
		answer, header, status := i.call(t, e.Method, e.URI, e.Body)
		if status != e.Status {
			t.Fatalf("%s %s = %d, want %d as recorded\n%s", e.Method, e.URI, status, e.Status, answer)
		}
		if done := header.Get("Location"); done != "" {
			until(t, 5*time.Minute, done, func() bool {
				text, _, _ := i.call(t, http.MethodGet, strings.TrimPrefix(done, i.url), nil)
				return strings.Contains(string(text), `"DONE"`)
			})
		}
	}
}

// resources returns everything in the datacenter, without what the scaler may change: the
// size and the power state of servers.
func (i *infrastructure) resources(t *testing.T) map[string]any {
	t.Helper()
	text, _, status := i.call(t, http.MethodGet, ionostest.BasePath+"/datacenters/"+i.datacenter+"?depth=10", nil)
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil || status != http.StatusOK {
		t.Fatalf("%v, status %d\n%s", err, status, text)
	}
	return strip(all, "cores", "ram", "vmState", "metadata").(map[string]any)
}

// strip returns a value of JSON without some keys of its objects.
func strip(v any, keys ...string) any {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range keys {
			delete(v, key)
		}
		for name := range v {
			v[name] = strip(v[name], keys...)
		}
	case []any:
		for i := range v {
			v[i] = strip(v[i], keys...)
		}
	}
	return v
}
