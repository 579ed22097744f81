package ionostest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	ionoscloud "github.com/ionos-cloud/sdk-go/v6"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/openapitest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestTheContractHasEveryLimitThatTheSDKKnows(t *testing.T) {
	sdk := dial(t, ionostest.Config{World: sim.New(sim.Config{Servers: 1})})
	contracts, _, err := sdk.ContractResourcesApi.ContractsGet(t.Context()).Depth(1).Execute()
	if err != nil {
		t.Fatal(err)
	}
	limits := reflect.ValueOf(*(*contracts.Items)[0].Properties.ResourceLimits)
	if limits.NumField() != 25 {
		t.Errorf("the SDK knows %d limits, want 25", limits.NumField())
	}
	for i := range limits.NumField() {
		if limits.Field(i).IsNil() {
			t.Errorf("%s is missing", limits.Type().Field(i).Name)
		}
	}
}

func TestWhatIsAroundAServerCanBeReadAndFitsTogether(t *testing.T) {
	const dc = "dc-1"
	w := sim.New(sim.Config{Servers: 2, Running: 1, Datacenters: []string{dc}})
	sdk := dial(t, ionostest.Config{World: w})
	ctx, id := t.Context(), w.Servers()[0].ID
	s, _, err := sdk.ServersApi.DatacentersServersFindById(ctx, dc, id).Depth(3).Execute()
	if err != nil {
		t.Fatal(err)
	}
	volume, nic := *s.Properties.BootVolume.Id, *(*s.Entities.Nics.Items)[0].Id
	for name, read := range map[string]func() (got []string, want []string, err error){
		"labels of a server": func() ([]string, []string, error) {
			l, _, err := sdk.LabelsApi.DatacentersServersLabelsGet(ctx, dc, id).Execute()
			return ids(l.Items, func(x ionoscloud.LabelResource) *string { return x.Id }), nil, err
		},
		"its token": func() ([]string, []string, error) {
			token, _, err := sdk.ServersApi.DatacentersServersTokenGet(ctx, dc, id).Execute()
			return []string{*token.Token}, []string{id}, err
		},
		"its volumes": func() ([]string, []string, error) {
			l, _, err := sdk.ServersApi.DatacentersServersVolumesGet(ctx, dc, id).Depth(1).Execute()
			return ids(l.Items, func(x ionoscloud.Volume) *string { return x.Id }), []string{volume}, err
		},
		"its volume": func() ([]string, []string, error) {
			v, _, err := sdk.ServersApi.DatacentersServersVolumesFindById(ctx, dc, id, volume).Execute()
			return []string{*v.Id, *v.Properties.BootServer}, []string{volume, id}, err
		},
		"its NIC": func() ([]string, []string, error) {
			n, _, err := sdk.NetworkInterfacesApi.DatacentersServersNicsFindById(ctx, dc, id, nic).Execute()
			return *n.Properties.Ips, []string{"198.18.0.1"}, err
		},
		"its NICs": func() ([]string, []string, error) {
			l, _, err := sdk.NetworkInterfacesApi.DatacentersServersNicsGet(ctx, dc, id).Execute()
			return ids(l.Items, func(x ionoscloud.Nic) *string { return x.Id }), []string{nic}, err
		},
		"a volume of the datacenter": func() ([]string, []string, error) {
			v, _, err := sdk.VolumesApi.DatacentersVolumesFindById(ctx, dc, volume).Execute()
			return []string{*v.Properties.Name}, []string{"root"}, err
		},
		"the LAN of all NICs": func() ([]string, []string, error) {
			l, _, err := sdk.LANsApi.DatacentersLansNicsGet(ctx, dc, "1").Execute()
			return ids(l.Items, func(x ionoscloud.Nic) *string { return x.Id })[:1], []string{nic}, err
		},
		"the LANs": func() ([]string, []string, error) {
			l, _, err := sdk.LANsApi.DatacentersLansGet(ctx, dc).Execute()
			return ids(l.Items, func(x ionoscloud.Lan) *string { return x.Id }), []string{"1"}, err
		},
		"the locations": func() ([]string, []string, error) {
			l, _, err := sdk.LocationsApi.LocationsGet(ctx).Execute()
			return ids(l.Items, func(x ionoscloud.Location) *string { return x.Id }), []string{"de/fra"}, err
		},
		"the location": func() ([]string, []string, error) {
			l, _, err := sdk.LocationsApi.LocationsFindByRegionIdAndId(ctx, "de", "fra").Execute()
			return []string{*l.Properties.Name}, []string{"frankfurt"}, err
		},
	} {
		if got, want, err := read(); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s = %q, %v, want %q", name, got, err, want)
		}
	}
}

func ids[T any](items *[]T, id func(T) *string) (all []string) {
	for _, item := range *items {
		all = append(all, *id(item))
	}
	return all
}

func TestRequestsAreListedWithTheirStatus(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 2, Datacenters: []string{"dc-1"}})
	sdk := dial(t, ionostest.Config{World: w})
	for _, s := range w.Servers() {
		if _, err := sdk.ServersApi.DatacentersServersStopPost(t.Context(), "dc-1", s.ID).Execute(); err != nil {
			t.Fatal(err)
		}
	}
	for _, phase := range []string{"RUNNING", "DONE"} {
		list, _, err := sdk.RequestsApi.RequestsGet(t.Context()).Depth(1).Execute()
		if err != nil || len(*list.Items) != 2 {
			t.Fatalf("requests = %+v, %v, want 2", list.Items, err)
		}
		for i, q := range *list.Items {
			m := q.Metadata.RequestStatus.Metadata
			if *m.Status != phase || *(*m.Targets)[0].Target.Id != w.Servers()[i].ID || !strings.HasSuffix(*q.Properties.Url, "/stop") {
				t.Errorf("request %d: %s of %s, %s, want the stop of server %d, %s", i, *m.Status, *(*m.Targets)[0].Target.Id, *q.Properties.Url, i+1, phase)
			}
		}
		w.Run(5 * time.Minute)
	}
}

func TestListsAreFilteredOrderedAndCut(t *testing.T) {
	w := sim.New(sim.Config{Servers: 12, Running: 5, Datacenters: []string{"dc-1"}, Each: func(i int, s *sim.ServerSpec) { s.Size.Cores = fleet.Cores(13 - i) }})
	sdk := dial(t, ionostest.Config{World: w})
	get := func() ionoscloud.ApiDatacentersServersGetRequest {
		return sdk.ServersApi.DatacentersServersGet(t.Context(), "dc-1").Depth(1)
	}
	name := func(i int) string { return w.Servers()[i-1].ID }
	tests := []struct {
		name string
		call ionoscloud.ApiDatacentersServersGetRequest
		want []string
	}{
		{"by a part of the name, in any case", get().Filter("name", "SERVER1"), []string{name(1), name(10), name(11), name(12)}},
		{"by two properties", get().Filter("name", "server1").Filter("vmState", "RUNNING"), []string{name(1)}},
		{"by what none has", get().Filter("name", "nobody"), nil},
		{"ordered by number", get().OrderBy("cores").Limit(2), []string{name(12), name(11)}},
		{"ordered, second page", get().OrderBy("cores").Limit(2).Offset(2), []string{name(10), name(9)}},
		{"cut", get().MaxResults(1), []string{name(1)}},
		{"by the state of its metadata", get().Filter("state", "BUSY"), nil},
	}
	for _, tt := range tests {
		list, _, err := tt.call.Execute()
		if got := ids(list.Items, func(s ionoscloud.Server) *string { return s.Id }); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
	for name, call := range map[string]ionoscloud.ApiDatacentersServersGetRequest{
		"an unknown filter": get().Filter("colour", "red"), "an unknown order": get().OrderBy("colour"),
	} {
		if _, _, err := call.Execute(); status(t, err) != http.StatusUnprocessableEntity {
			t.Errorf("%s: %v, want 422", name, err)
		}
	}
}

func TestChangesInARowAllComeTrue(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1, Datacenters: []string{"dc-1"}})
	sdk := dial(t, ionostest.Config{World: w})
	cores, ram, name := int32(5), int32(10240), "renamed"
	for _, change := range []ionoscloud.ServerProperties{{Cores: &cores}, {Ram: &ram}, {Name: &name}} {
		if _, _, err := sdk.ServersApi.DatacentersServersPatch(t.Context(), "dc-1", w.Servers()[0].ID).Server(change).Execute(); err != nil {
			t.Fatal(err)
		}
	}
	w.Run(10 * time.Minute)
	s, _, err := sdk.ServersApi.DatacentersServersFindById(t.Context(), "dc-1", w.Servers()[0].ID).Execute()
	if p := s.Properties; err != nil || *p.Cores != cores || *p.Ram != ram || *p.Name != name {
		t.Errorf("%s with %d cores and %d MB, %v, want %s with %d and %d", *p.Name, *p.Cores, *p.Ram, err, name, cores, ram)
	}
}

func TestWhatIsNotSimulatedIsRefusedAndNotMissing(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Datacenters: []string{"dc-1"}})
	sdk := dial(t, ionostest.Config{World: w})
	ctx, id := t.Context(), w.Servers()[0].ID
	for name, call := range map[string]func(context.Context) (*ionoscloud.APIResponse, error){
		"delete": func(ctx context.Context) (*ionoscloud.APIResponse, error) {
			return sdk.ServersApi.DatacentersServersDelete(ctx, "dc-1", id).Execute()
		},
		"replace": func(ctx context.Context) (*ionoscloud.APIResponse, error) {
			_, resp, err := sdk.ServersApi.DatacentersServersPut(ctx, "dc-1", id).Server(*ionoscloud.NewServer(*ionoscloud.NewServerProperties())).Execute()
			return resp, err
		},
	} {
		if _, err := call(ctx); status(t, err) != http.StatusNotImplemented || !strings.Contains(err.Error(), "simulation") {
			t.Errorf("%s: %v, want 501 and that this is a simulation", name, err)
		}
	}
	if got, err := sdk.ServersApi.DatacentersServersStartPost(ctx, "dc-1", "nobody").Execute(); status(t, err) != http.StatusNotFound {
		t.Errorf("a start of nobody: %d, want 404", got.StatusCode)
	}
	_, _, err := sdk.SnapshotsApi.SnapshotsGet(ctx).Execute()
	if status(t, err) != http.StatusNotImplemented || !strings.Contains(err.Error(), "simulation") {
		t.Errorf("a path that is not served: %v, want 501 and that this is a simulation", err)
	}
}

func TestABodyThatIsWrongIsRefusedInTheFormatOfTheAPI(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Datacenters: []string{"dc-1"}})
	h := openapitest.Checked(t, ionostest.New(ionostest.Config{World: w}))
	path := ionostest.BasePath + "/datacenters/dc-1/servers/" + w.Servers()[0].ID
	tests := []struct {
		name, body string
		status     int
		want       string
	}{
		{"no JSON", `{"cores":`, 400, `{"httpStatus":400,"messages":[{"errorCode":"100","message":"[(root)] The request body must be a JSON object"}]}`},
		{"no object", `[1]`, 400, `must be a JSON object`},
		{"a text for a number", `{"cores":"five"}`, 422, `[(root).cores] Attribute 'cores' has the wrong type: got \"five\"`},
		{"a value that cannot be", `{"cores":0}`, 422, `'cores' at least 1`},
		{"an attribute that does not exist", `{"colour":"red"}`, 422, `Attribute 'colour' cannot be changed`},
		{"an attribute that cannot be changed", `{"cpuFamily":"AMD_OPTERON"}`, 422, `Attribute 'cpuFamily' cannot be changed`},
		{"an attribute as it is", `{"cpuFamily":"INTEL_SKYLAKE"}`, 202, `"id"`},
	}
	for _, tt := range tests {
		rec := httptest.NewRecorder()
		call := httptest.NewRequest(http.MethodPatch, path+"?pretty=false", strings.NewReader(tt.body))
		call.Header.Set("Content-Type", "application/json")
		h.ServeHTTP(rec, call)
		body, _ := io.ReadAll(rec.Body)
		if rec.Code != tt.status || !strings.Contains(string(body), tt.want) || rec.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s, want %d with %s", tt.name, rec.Code, body, tt.status, tt.want)
		}
	}
}
