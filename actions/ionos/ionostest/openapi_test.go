package ionostest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	ionoscloud "github.com/ionos-cloud/sdk-go/v6"

	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/openapitest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// readAt reads a path with several depths.
func readAt(t *testing.T, api http.Handler, path string) {
	t.Helper()
	for depth := range 5 {
		rec := httptest.NewRecorder()
		api.ServeHTTP(rec, httptest.NewRequest("GET", fmt.Sprintf("%s?depth=%d", path, depth), nil))
		if rec.Code != http.StatusOK {
			t.Errorf("GET %s = %d\n%s", path, rec.Code, rec.Body)
		}
	}
}

func TestEveryKindOfResourceIsAsTheOpenAPITextDocuments(t *testing.T) {
	c := newResources(t, ionostest.ResourcesConfig{})
	server := c.withServer(t)
	at := datacenters + "/servers/" + *server.Id
	nics := at + "/nics/" + *(*server.Entities.Nics.Items)[0].Id
	volume := datacenters + "/volumes/" + *(*server.Entities.Volumes.Items)[0].Id
	for _, tt := range []struct{ collection, with, change string }{
		{ionostest.BasePath + "/datacenters", `"name": "dc", "location": "de/fra"`, `"name": "dc-2"`},
		{ionostest.BasePath + "/ipblocks", `"location": "de/fra", "size": 2`, `"name": "addresses"`},
		{datacenters + "/lans", `"name": "private", "public": false`, `"public": true`},
		{datacenters + "/volumes", `"name": "data", "size": 20, "type": "HDD", "licenceType": "OTHER"`, `"size": 30`},
		{datacenters + "/servers", `"name": "bbb-2", "cores": 2, "ram": 8192`, `"cores": 3, "ram": 10240`},
		{at + "/volumes", `"name": "logs", "size": 20, "type": "SSD"`, ""},
		{at + "/nics", `"name": "second", "lan": 1`, `"dhcp": false`},
		{nics + "/firewallrules", `"name": "ssh", "protocol": "TCP", "sourceIp": "192.0.2.20"`, `"portRangeStart": 22, "portRangeEnd": 22`},
		{datacenters + "/labels", `"key": "stage", "value": "dev"`, ""},
		{at + "/labels", `"key": "stage", "value": "dev"`, ""},
		{volume + "/labels", `"key": "stage", "value": "dev"`, ""},
	} {
		var made struct{ ID string }
		rec := c.call(t, "POST", tt.collection, `{"properties": {`+tt.with+`}}`, nil)
		if err := json.Unmarshal(rec.Body.Bytes(), &made); err != nil || made.ID == "" {
			t.Fatalf("POST %s = %d, %v\n%s", tt.collection, rec.Code, err, rec.Body)
		}
		one := tt.collection + "/" + made.ID
		if tt.change != "" {
			c.must(t, "PATCH", one, "{"+tt.change+"}", nil)
		}
		if !strings.HasPrefix(one, at+"/volumes") {
			c.must(t, "PUT", one, `{"properties": {`+tt.with+`}}`, nil)
		}
		readAt(t, c, tt.collection)
		readAt(t, c, one)
		readAt(t, c, ionostest.BasePath+"/labels")
		c.must(t, "DELETE", one, "", nil)
	}
}

func TestWhatIsOnlyReadIsAsTheOpenAPITextDocuments(t *testing.T) {
	c := newResources(t, ionostest.ResourcesConfig{})
	server := c.withServer(t)
	var images ionoscloud.Images
	c.must(t, "GET", ionostest.BasePath+"/images", "", &images)
	stopped := c.call(t, "POST", datacenters+"/servers/"+*server.Id+"/stop", "", nil).Header().Get("Location")
	status := strings.TrimPrefix(stopped, "http://example.com")
	for _, path := range []string{
		status, strings.TrimSuffix(status, "/status"), ionostest.BasePath + "/images/" + *(*images.Items)[0].Id,
		ionostest.BasePath + "/snapshots", ionostest.BasePath + "/", ionostest.BasePath + "/locations/de",
		datacenters + "/servers/" + *server.Id + "/nics/" + *(*server.Entities.Nics.Items)[0].Id + "/flowlogs",
	} {
		readAt(t, c, path)
	}
}

func TestTheCloudOfAWorldIsAsTheOpenAPITextDocuments(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 1, Datacenters: []string{"dc-1"}})
	id := w.Servers()[0].ID
	for _, sparse := range []bool{false, true} {
		api := openapitest.Checked(t, ionostest.New(ionostest.Config{World: w, Sparse: sparse}))
		stopped := httptest.NewRecorder()
		api.ServeHTTP(stopped, httptest.NewRequest("POST", ionostest.BasePath+"/datacenters/dc-1/servers/"+id+"/stop", nil))
		status := strings.TrimPrefix(stopped.Header().Get("Location"), "http://example.com")
		readAt(t, api, strings.TrimSuffix(status, "/status"))
		readAt(t, api, status)
		for _, path := range []string{
			"/", "/requests", "/contracts", "/locations", "/locations/de", "/locations/de/fra", "/datacenters", "/datacenters/dc-1",
			"/datacenters/dc-1/servers", "/datacenters/dc-1/servers/" + id, "/datacenters/dc-1/volumes", "/datacenters/dc-1/lans",
			"/datacenters/dc-1/lans/1", "/datacenters/dc-1/lans/1/nics", "/datacenters/dc-1/labels", "/labels",
			"/datacenters/dc-1/servers/" + id + "/volumes", "/datacenters/dc-1/servers/" + id + "/nics",
			"/datacenters/dc-1/servers/" + id + "/labels", "/datacenters/dc-1/servers/" + id + "/token",
		} {
			readAt(t, api, ionostest.BasePath+path)
		}
	}
}
