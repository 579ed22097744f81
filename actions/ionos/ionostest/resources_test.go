package ionostest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	ionoscloud "github.com/ionos-cloud/sdk-go/v6"

	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/openapitest"
)

const (
	datacenter  = "7f2d1c3a-0000-4000-8000-000000000001"
	datacenters = ionostest.BasePath + "/datacenters/" + datacenter
)

// resources is a simulated IONOS that is called without a network.
type resources struct{ http.Handler }

func newResources(t *testing.T, cfg ionostest.ResourcesConfig) resources {
	cfg.Datacenters = []string{datacenter}
	return resources{openapitest.Checked(t, ionostest.NewResources(cfg))}
}

// call makes a call and decodes its answer into v, strictly if that is a model of the SDK,
// whose fields are those of the API's OpenAPI text.
func (c resources) call(t *testing.T, method, path, body string, v any) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	c.ServeHTTP(rec, r)
	if v != nil {
		decoder := json.NewDecoder(bytes.NewReader(rec.Body.Bytes()))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(v); err != nil {
			t.Fatalf("%s %s: %v\n%s", method, path, err, rec.Body)
		}
	}
	return rec
}

// must is call for what succeeds.
func (c resources) must(t *testing.T, method, path, body string, v any) {
	t.Helper()
	if rec := c.call(t, method, path, body, v); rec.Code >= 300 {
		t.Fatalf("%s %s = %d\n%s", method, path, rec.Code, rec.Body)
	}
}

const aServer = `{"properties": {"name": "bbb-1", "cores": 2, "ram": 8192}, "entities": {
	"volumes": {"items": [{"properties": {"name": "root", "size": 50, "type": "SSD Standard", "imageAlias": "ubuntu:22.04", "sshKeys": ["ssh-ed25519 A"]}}]},
	"nics": {"items": [{"properties": {"lan": 1, "ips": ["192.0.2.1"], "firewallActive": true},
		"entities": {"firewallrules": {"items": [{"properties": {"name": "https", "protocol": "TCP", "portRangeStart": 443, "portRangeEnd": 443}}]}}}]}}}`

// withServer creates a LAN and a server in it.
func (c resources) withServer(t *testing.T) (server ionoscloud.Server) {
	t.Helper()
	c.must(t, "POST", datacenters+"/lans", `{"properties": {"name": "public", "public": true}}`, &ionoscloud.Lan{})
	c.must(t, "POST", datacenters+"/servers", aServer, &server)
	c.must(t, "GET", datacenters+"/servers/"+*server.Id+"?depth=4", "", &server)
	return server
}

func TestAServerIsCreatedWithItsVolumesNICsAndRules(t *testing.T) {
	c := newResources(t, ionostest.ResourcesConfig{})
	server := c.withServer(t)
	volume, nic := (*server.Entities.Volumes.Items)[0], (*server.Entities.Nics.Items)[0]
	if *server.Properties.BootVolume.Id != *volume.Id || !*volume.Properties.CpuHotPlug || *volume.Properties.LicenceType != "LINUX" {
		t.Errorf("boot volume %s, volume %s with hot-plug of cores: %t", *server.Properties.BootVolume.Id, *volume.Id, *volume.Properties.CpuHotPlug)
	}
	if volume.Properties.SshKeys != nil {
		t.Error("the API returns ssh keys")
	}
	if ips, rule := *nic.Properties.Ips, (*nic.Entities.Firewallrules.Items)[0]; !slices.Equal(ips, []string{"192.0.2.1"}) || *rule.Properties.PortRangeEnd != 443 {
		t.Errorf("NIC with %q and port %d", ips, *rule.Properties.PortRangeEnd)
	}
	if *server.Properties.VmState != "RUNNING" || *server.Metadata.State != "AVAILABLE" {
		t.Errorf("%s, %s", *server.Properties.VmState, *server.Metadata.State)
	}
	var of ionoscloud.LanNics
	c.must(t, "GET", datacenters+"/lans/1/nics", "", &of)
	if len(*of.Items) != 1 || *(*of.Items)[0].Id != *nic.Id {
		t.Errorf("the LAN's NICs are %v", *of.Items)
	}
}

func TestEveryAnswerHasTheFieldsOfTheAPI(t *testing.T) {
	c := newResources(t, ionostest.ResourcesConfig{})
	server := c.withServer(t)
	at := datacenters + "/servers/" + *server.Id
	c.must(t, "POST", at+"/labels", `{"properties": {"key": "stage", "value": "dev"}}`, &ionoscloud.LabelResource{})
	c.must(t, "POST", ionostest.BasePath+"/ipblocks", `{"properties": {"location": "de/fra", "size": 2}}`, &ionoscloud.IpBlock{})
	for path, model := range map[string]any{
		"/datacenters": &ionoscloud.Datacenters{}, "/ipblocks": &ionoscloud.IpBlocks{}, "/images": &ionoscloud.Images{}, "/labels": &ionoscloud.Labels{},
		"/locations/de/fra": &ionoscloud.Location{}, "/contracts": &ionoscloud.Contracts{}, "/requests": &ionoscloud.Requests{},
	} {
		c.must(t, "GET", ionostest.BasePath+path+"?depth=5", "", model)
	}
	for path, model := range map[string]any{
		"": &ionoscloud.Server{}, "/volumes": &ionoscloud.AttachedVolumes{}, "/nics": &ionoscloud.Nics{}, "/labels": &ionoscloud.LabelResources{}, "/cdroms": &ionoscloud.Cdroms{},
	} {
		c.must(t, "GET", at+path+"?depth=5", "", model)
	}
	var labels ionoscloud.Labels
	c.must(t, "GET", ionostest.BasePath+"/labels?depth=1", "", &labels)
	if len(*labels.Items) != 1 {
		t.Errorf("%d labels, want 1", len(*labels.Items))
	}
}

func TestChangesOfAServerTakeEffectOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newResources(t, ionostest.ResourcesConfig{Takes: time.Minute})
		c.must(t, "POST", datacenters+"/servers", `{"properties": {"cores": 2, "ram": 8192}}`, nil)
		time.Sleep(time.Minute)
		var list ionoscloud.Servers
		read := func() ionoscloud.Server {
			c.must(t, "GET", datacenters+"/servers?depth=1", "", &list)
			return (*list.Items)[0]
		}
		at := datacenters + "/servers/" + *read().Id
		c.must(t, "PATCH", at, `{"cores": 5}`, nil)
		second := c.call(t, "PATCH", at, `{"ram": 10240}`, nil)
		status := strings.TrimPrefix(second.Header().Get("Location"), "http://example.com")
		for _, want := range []struct {
			cores, ram    int32
			state, status string
		}{{2, 8192, "BUSY", "RUNNING"}, {5, 8192, "BUSY", "RUNNING"}, {5, 10240, "AVAILABLE", "DONE"}} {
			var request ionoscloud.RequestStatus
			c.must(t, "GET", status, "", &request)
			got := read()
			if *got.Properties.Cores != want.cores || *got.Properties.Ram != want.ram || *got.Metadata.State != want.state || *request.Metadata.Status != want.status {
				t.Errorf("%d cores, %d MB, %s, request %s; want %v", *got.Properties.Cores, *got.Properties.Ram, *got.Metadata.State, *request.Metadata.Status, want)
			}
			time.Sleep(time.Minute)
		}
	})
}

func TestPUTReplacesWhatAClientMaySet(t *testing.T) {
	c := newResources(t, ionostest.ResourcesConfig{})
	server := c.withServer(t)
	nic := (*server.Entities.Nics.Items)[0]
	at := datacenters + "/servers/" + *server.Id + "/nics/" + *nic.Id + "/firewallrules"
	var rule ionoscloud.FirewallRule
	c.must(t, "PUT", at+"/"+*(*nic.Entities.Firewallrules.Items)[0].Id, `{"properties": {"portRangeStart": 1, "portRangeEnd": 2}}`, nil)
	c.must(t, "GET", at+"/"+*(*nic.Entities.Firewallrules.Items)[0].Id, "", &rule)
	if p := rule.Properties; *p.Protocol != "TCP" || *p.PortRangeEnd != 2 || p.Name != nil || *p.Type != "INGRESS" {
		t.Errorf("rule %s to port %d, name %v, type %s", *p.Protocol, *p.PortRangeEnd, p.Name, *p.Type)
	}
	c.must(t, "PUT", datacenters+"/servers/"+*server.Id, `{"properties": {"cores": 4, "ram": 1024}}`, nil)
	var replaced ionoscloud.Server
	c.must(t, "GET", datacenters+"/servers/"+*server.Id, "", &replaced)
	if p := replaced.Properties; *p.Cores != 4 || *p.VmState != "RUNNING" || p.Name != nil {
		t.Errorf("%d cores, %s, name %v", *p.Cores, *p.VmState, p.Name)
	}
}

func TestServersAreSwitched(t *testing.T) {
	var told []bool
	c := newResources(t, ionostest.ResourcesConfig{Switched: func(_, server string, on bool) {
		if server == "bbb-1" {
			told = append(told, on)
		}
	}})
	server := c.withServer(t)
	at := datacenters + "/servers/" + *server.Id
	for _, step := range []struct {
		action, state string
		status        int
	}{{"stop", "SHUTOFF", 202}, {"resume", "SHUTOFF", 422}, {"start", "RUNNING", 202}, {"explode", "RUNNING", 501}} {
		rec := c.call(t, "POST", at+"/"+step.action, "", nil)
		c.must(t, "GET", at, "", &server)
		if rec.Code != step.status || *server.Properties.VmState != step.state {
			t.Errorf("%s = %d, %s; want %d, %s", step.action, rec.Code, *server.Properties.VmState, step.status, step.state)
		}
	}
	if !slices.Equal(told, []bool{false, true}) {
		t.Errorf("switched on: %v", told)
	}
}

func TestWhatIsDeletedIsGone(t *testing.T) {
	c := newResources(t, ionostest.ResourcesConfig{})
	server := c.withServer(t)
	at := datacenters + "/servers/" + *server.Id
	volume := *(*server.Entities.Volumes.Items)[0].Id
	if rec := c.call(t, "DELETE", datacenters+"/lans/1", "", nil); rec.Code != http.StatusUnprocessableEntity {
		t.Errorf("DELETE of a LAN with a NIC = %d", rec.Code)
	}
	c.must(t, "DELETE", at+"/volumes/"+volume, "", nil)
	c.must(t, "GET", datacenters+"/volumes/"+volume, "", nil) // only detached
	c.must(t, "POST", at+"/volumes", `{"id": "`+volume+`"}`, nil)
	c.must(t, "DELETE", at, "", nil)
	c.must(t, "GET", datacenters+"/volumes/"+volume, "", nil)
	c.must(t, "DELETE", datacenters+"/volumes/"+volume, "", nil)
	c.must(t, "POST", datacenters+"/servers", aServer, &server)
	c.must(t, "DELETE", datacenters+"/servers/"+*server.Id+"?deleteVolumes=true", "", nil)
	c.must(t, "DELETE", datacenters+"/lans/1", "", nil)
	for _, path := range []string{"/servers", "/volumes", "/lans"} {
		if rec := c.call(t, "GET", datacenters+path, "", nil); !strings.Contains(rec.Body.String(), `"items": []`) {
			t.Errorf("%s are left: %s", path, rec.Body)
		}
	}
	if rec := c.call(t, "GET", at, "", nil); rec.Code != http.StatusNotFound {
		t.Errorf("GET of a deleted server = %d", rec.Code)
	}
}

func TestResourcesAreRefusedAsTheAPIDoes(t *testing.T) {
	c := newResources(t, ionostest.ResourcesConfig{})
	server := c.withServer(t)
	at := datacenters + "/servers/" + *server.Id
	c.must(t, "POST", at+"/labels", `{"properties": {"key": "stage", "value": "a"}}`, nil)
	for name, tc := range map[string]struct {
		call, body string
		status     int
		text       string
	}{
		"a server without cores":          {"POST " + datacenters + "/servers", `{"properties": {"ram": 8192}}`, 422, "Attribute 'cores' is required"},
		"an attribute that is unknown":    {"POST " + datacenters + "/servers", `{"properties": {"cpus": 2}}`, 422, "Attribute 'cpus' is unknown"},
		"a number that is a text":         {"PATCH " + at, `{"cores": "2"}`, 422, "Attribute 'cores' has the wrong type: got 2"},
		"RAM that is no multiple of 256":  {"PATCH " + at, `{"ram": 1000}`, 422, "Attribute 'ram' must be a multiple of 256"},
		"another state":                   {"PATCH " + at, `{"vmState": "SHUTOFF"}`, 422, "Attribute 'vmState' cannot be changed"},
		"a LAN that does not exist":       {"POST " + at + "/nics", `{"properties": {"lan": 7}}`, 422, "Attribute 'lan' names no LAN"},
		"an image that does not exist":    {"POST " + datacenters + "/volumes", `{"properties": {"size": 1, "type": "SSD", "imageAlias": "cp/m"}}`, 422, "Attribute 'imageAlias' names no image"},
		"ports in the wrong order":        {"POST " + at + "/nics/" + *(*server.Entities.Nics.Items)[0].Id + "/firewallrules", `{"properties": {"protocol": "TCP", "portRangeStart": 9, "portRangeEnd": 1}}`, 422, "portRangeEnd"},
		"an entity that is refused":       {"POST " + datacenters + "/servers", strings.Replace(aServer, `"lan": 1`, `"lan": 9`, 1), 422, "Attribute 'lan' names no LAN"},
		"a body that is no object":        {"POST " + datacenters + "/servers", `[]`, 400, "must be a JSON object"},
		"a server that does not exist":    {"GET " + datacenters + "/servers/0", "", 404, "Resource does not exist"},
		"a collection that is read-only":  {"POST " + ionostest.BasePath + "/images", `{}`, 501, "This is a simulation of IONOS"},
		"a PATCH of a label":              {"PATCH " + at + "/labels/stage", `{"value": "b"}`, 501, "This is a simulation of IONOS"},
		"a change at the server's volume": {"PATCH " + at + "/volumes/" + *(*server.Entities.Volumes.Items)[0].Id, `{"size": 60}`, 501, "This is a simulation of IONOS"},
		"a NIC that is deleted at a LAN":  {"DELETE " + datacenters + "/lans/1/nics/" + *(*server.Entities.Nics.Items)[0].Id, "", 501, "This is a simulation of IONOS"},
		"a collection that is not served": {"GET " + datacenters + "/loadbalancers", "", 501, "This is a simulation of IONOS"},
		"a method that is not served":     {"PUT " + datacenters + "/servers", `{}`, 501, "This is a simulation of IONOS"},
		"a PUT of a part":                 {"PUT " + at, `{"properties": {"cores": 3}}`, 422, "Attribute 'ram' is required"},
		"a label that exists":             {"POST " + at + "/labels", `{"properties": {"key": "stage", "value": "b"}}`, 422, "label that exists"},
	} {
		method, path, _ := strings.Cut(tc.call, " ")
		if rec := c.call(t, method, path, tc.body, nil); rec.Code != tc.status || !strings.Contains(rec.Body.String(), tc.text) {
			t.Errorf("%s: %d, want %d and %q\n%s", name, rec.Code, tc.status, tc.text, rec.Body)
		}
	}
	var list ionoscloud.Servers
	c.must(t, "GET", datacenters+"/servers", "", &list)
	if len(*list.Items) != 1 {
		t.Errorf("%d servers, want only the one that was created", len(*list.Items))
	}
}

func TestCallsBeyondTheRateLimitAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newResources(t, ionostest.ResourcesConfig{RateLimit: 60, RateBurst: 2})
		for i, want := range []struct {
			status int
			left   string
		}{{200, "1"}, {200, "0"}, {429, "0"}} {
			rec := c.call(t, "GET", datacenters, "", nil)
			if rec.Code != want.status || rec.Header().Get("X-RateLimit-Remaining") != want.left || rec.Header().Get("X-RateLimit-Limit") != "60" {
				t.Errorf("call %d = %d, headers %v; want %v", i+1, rec.Code, rec.Header(), want)
			}
		}
		time.Sleep(time.Second)
		c.must(t, "GET", datacenters, "", nil)
	})
}
