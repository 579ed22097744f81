package ionostest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	ionoscloud "github.com/ionos-cloud/sdk-go/v6"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/openapitest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// dial serves a sim.World and returns the real SDK connected to it.
func dial(t *testing.T, cfg ionostest.Config) *ionoscloud.APIClient {
	t.Helper()
	server := httptest.NewServer(openapitest.Checked(t, ionostest.New(cfg)))
	t.Cleanup(server.Close)
	conf := ionoscloud.NewConfiguration(cfg.User, cfg.Password.Reveal(), cfg.Token.Reveal(), server.URL)
	conf.MaxRetries = 1
	return ionoscloud.NewAPIClient(conf)
}

func status(t *testing.T, err error) int {
	t.Helper()
	e, ok := errors.AsType[ionoscloud.GenericOpenAPIError](err)
	if !ok {
		t.Fatalf("error %v (%T) is none of the API's", err, err)
	}
	return e.StatusCode()
}

func TestTheSDKListsTheFleetOfADatacenterInOneCall(t *testing.T) {
	w := sim.New(sim.Config{Servers: 5, Running: 2, Datacenters: []string{"dc-1"}})
	sdk := dial(t, ionostest.Config{World: w, Token: "token"})
	list, _, err := sdk.ServersApi.DatacentersServersGet(t.Context(), "dc-1").Depth(3).Pretty(false).Execute()
	if err != nil {
		t.Fatalf("listing: %v", err)
	}
	if n := len(*list.Items); n != 5 || list.Links.Next != nil {
		t.Fatalf("%d servers, next page %v; want 5 and none", n, list.Links.Next)
	}
	s := (*list.Items)[0]
	p := s.Properties
	if *p.Name != "bbb-server1" || *p.Cores != 2 || *p.Ram != 8192 || *p.VmState != "RUNNING" || *p.Type != "ENTERPRISE" || *s.Metadata.State != "AVAILABLE" {
		t.Errorf("server 1 = %s, %d cores, %d MB, %s, %s, %s", *p.Name, *p.Cores, *p.Ram, *p.VmState, *p.Type, *s.Metadata.State)
	}
	volume := (*s.Entities.Volumes.Items)[0]
	if *volume.Id != *p.BootVolume.Id || !*volume.Properties.CpuHotPlug || !*volume.Properties.RamHotPlug {
		t.Error("the boot volume with its hot-plug flags is not among the volumes")
	}
	if ips := *(*s.Entities.Nics.Items)[0].Properties.Ips; len(ips) != 1 || ips[0] != "198.18.0.1" {
		t.Errorf("NIC addresses = %v; want 198.18.0.1", ips)
	}
	if off := (*list.Items)[4].Properties; *off.VmState != "SHUTOFF" {
		t.Errorf("vmState of a server that is off = %s; want SHUTOFF", *off.VmState)
	}
	if got := w.Figures().CloudCalls; got != 1 {
		t.Errorf("calls counted = %d; want 1", got)
	}
}

func TestDepthDecidesHowMuchIsTold(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Datacenters: []string{"dc-1"}})
	sdk := dial(t, ionostest.Config{World: w})
	for depth := range int32(4) {
		list, _, err := sdk.ServersApi.DatacentersServersGet(t.Context(), "dc-1").Depth(depth).Execute()
		if err != nil {
			t.Fatalf("depth %d: %v", depth, err)
		}
		s := (*list.Items)[0]
		properties, entities := s.Properties != nil, s.Entities != nil
		full := entities && (*s.Entities.Nics.Items)[0].Properties != nil
		if properties != (depth >= 1) || entities != (depth >= 2) || full != (depth >= 3) {
			t.Errorf("depth %d: properties %v, entities %v, in full %v", depth, properties, entities, full)
		}
	}
}

func TestPagesLeadOnToTheLast(t *testing.T) {
	w := sim.New(sim.Config{Servers: 7, Datacenters: []string{"dc-1"}})
	sdk := dial(t, ionostest.Config{World: w})
	var names []string
	for offset := int32(0); ; offset += 3 {
		list, _, err := sdk.ServersApi.DatacentersServersGet(t.Context(), "dc-1").Depth(1).Offset(offset).Limit(3).Execute()
		if err != nil {
			t.Fatalf("offset %d: %v", offset, err)
		}
		if n := len(*list.Items); n > 3 {
			t.Fatalf("offset %d: %d servers on a page; want 3 at most", offset, n)
		}
		for _, s := range *list.Items {
			names = append(names, *s.Properties.Name)
		}
		if list.Links.Next == nil {
			break
		}
	}
	if got := strings.Join(names, " "); !strings.HasPrefix(got, "bbb-server1 bbb-server2") || len(names) != 7 {
		t.Errorf("names over all pages = %s; want 7 in order", got)
	}
}

func TestPowerChangesAreAcceptedAndFollowed(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Datacenters: []string{"dc-1"}})
	sdk := dial(t, ionostest.Config{World: w, User: "user", Password: "password"})
	id := w.Servers()[0].ID
	steps := []struct {
		name  string
		call  func() (*ionoscloud.APIResponse, error)
		power fleet.Power
	}{
		{"start", func() (*ionoscloud.APIResponse, error) {
			return sdk.ServersApi.DatacentersServersStartPost(t.Context(), "dc-1", id).Execute()
		}, fleet.PowerOn},
		{"reboot", func() (*ionoscloud.APIResponse, error) {
			return sdk.ServersApi.DatacentersServersRebootPost(t.Context(), "dc-1", id).Execute()
		}, fleet.PowerOn},
		{"stop", func() (*ionoscloud.APIResponse, error) {
			return sdk.ServersApi.DatacentersServersStopPost(t.Context(), "dc-1", id).Execute()
		}, fleet.PowerOff},
	}
	for _, step := range steps {
		resp, err := step.call()
		if err != nil || resp.StatusCode != http.StatusAccepted {
			t.Fatalf("%s: %v", step.name, err)
		}
		location := resp.Header.Get("Location")
		if got, _, err := sdk.GetRequestStatus(t.Context(), location); err != nil || *got.Metadata.Status != "RUNNING" {
			t.Errorf("%s: request just after = %v, %v; want RUNNING", step.name, got, err)
		}
		w.Run(3 * time.Minute)
		if got, _, err := sdk.GetRequestStatus(t.Context(), location); err != nil || *got.Metadata.Status != "DONE" {
			t.Errorf("%s: request in the end = %v, %v; want DONE", step.name, got, err)
		}
		if got := w.Servers()[0].Power; got != step.power {
			t.Errorf("after %s the server is %s; want %s", step.name, got, step.power)
		}
	}
}

func TestAPatchOfOneValueKeepsTheOther(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1, Datacenters: []string{"dc-1"}})
	sdk := dial(t, ionostest.Config{World: w})
	cores := int32(4)
	s, resp, err := sdk.ServersApi.DatacentersServersPatch(t.Context(), "dc-1", w.Servers()[0].ID).Server(ionoscloud.ServerProperties{Cores: &cores}).Execute()
	if err != nil || resp.StatusCode != http.StatusAccepted || *s.Metadata.State != "BUSY" {
		t.Fatalf("patching: %v, %v; want 202 and a BUSY server", s.Metadata, err)
	}
	w.Run(time.Minute)
	if got, want := w.Servers()[0].Size, (fleet.Size{Cores: 4, RAM: 8192}); got != want {
		t.Errorf("size = %s; want %s", got, want)
	}
}

func TestRefusalsCarryTheDocumentedCodes(t *testing.T) {
	const dc = "dc-1"
	unknown := "00000000-0000-4000-8000-000000000000"
	tests := []struct {
		name   string
		cfg    sim.Config
		server ionostest.Config
		fault  sim.Fault
		call   func(ctx context.Context, sdk *ionoscloud.APIClient, id string) error
		status int
		code   string
	}{
		{name: "a wrong token", server: ionostest.Config{Token: "right"}, call: listWrongly, status: 401, code: "315"},
		{name: "a wrong password", server: ionostest.Config{User: "user", Password: "right"}, call: listWrongly, status: 401, code: "315"},
		{name: "a server that does not exist", call: func(ctx context.Context, sdk *ionoscloud.APIClient, _ string) error {
			_, err := sdk.ServersApi.DatacentersServersStopPost(ctx, dc, unknown).Execute()
			return err
		}, status: 404, code: "309"},
		{name: "RAM that is no multiple of 256", call: patch(2, 8000), status: 422, code: "200"},
		{name: "a busy server, where that is refused", cfg: sim.Config{Cloud: sim.CloudConfig{Busy: sim.Busy423}}, call: patchTwice, status: 423, code: "423"},
		{name: "a decrease, where that is refused", cfg: sim.Config{Cloud: sim.CloudConfig{Cold: sim.ColdRejects}}, call: patch(1, 8192), status: 422, code: "200"},
		{name: "forbidden", fault: sim.Fault{Kind: sim.CloudAnswers, Status: 403}, call: patch(4, 8192), status: 403, code: "451"},
		{name: "a broken backend", fault: sim.Fault{Kind: sim.CloudAnswers, Status: 500}, call: patch(4, 8192), status: 500, code: "500"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.Servers, tt.cfg.Running, tt.cfg.Datacenters = 1, 1, []string{dc}
			w := sim.New(tt.cfg)
			if tt.fault.Kind != "" {
				w.Inject(tt.fault)
			}
			tt.server.World = w
			err := tt.call(t.Context(), dial(t, tt.server), w.Servers()[0].ID)
			if got := status(t, err); got != tt.status {
				t.Errorf("status = %d; want %d (%v)", got, tt.status, err)
			}
			e, _ := errors.AsType[ionoscloud.GenericOpenAPIError](err)
			body, ok := e.Model().(ionoscloud.Error)
			if !ok || len(*body.Messages) == 0 || *(*body.Messages)[0].ErrorCode != tt.code {
				t.Errorf("error body = %+v; want code %s", e.Model(), tt.code)
			}
		})
	}
}

func listWrongly(ctx context.Context, sdk *ionoscloud.APIClient, _ string) error {
	if sdk.GetConfig().Token != "" {
		sdk.GetConfig().Token = "wrong"
	}
	sdk.GetConfig().Password = "wrong"
	_, _, err := sdk.ServersApi.DatacentersServersGet(ctx, "dc-1").Execute()
	return err
}

func patch(cores, ram int32) func(context.Context, *ionoscloud.APIClient, string) error {
	return func(ctx context.Context, sdk *ionoscloud.APIClient, id string) error {
		_, _, err := sdk.ServersApi.DatacentersServersPatch(ctx, "dc-1", id).Server(ionoscloud.ServerProperties{Cores: &cores, Ram: &ram}).Execute()
		return err
	}
}

func patchTwice(ctx context.Context, sdk *ionoscloud.APIClient, id string) error {
	if err := patch(3, 8192)(ctx, sdk, id); err != nil {
		return err
	}
	return patch(4, 8192)(ctx, sdk, id)
}

func TestTheRateLimitIsStatedAndKept(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Datacenters: []string{"dc-1"}, Cloud: sim.CloudConfig{RateLimit: 60, RateBurst: 2}})
	sdk := dial(t, ionostest.Config{World: w})
	list := func() (*ionoscloud.APIResponse, error) {
		_, resp, err := sdk.ServersApi.DatacentersServersGet(t.Context(), "dc-1").Execute()
		return resp, err
	}
	for range 2 {
		resp, err := list()
		if err != nil || resp.Header.Get("X-RateLimit-Limit") != "60" || resp.Header.Get("X-RateLimit-Burst") != "2" {
			t.Fatalf("within the burst: %v, headers %v", err, resp.Header)
		}
	}
	resp, err := list()
	if got := status(t, err); got != 429 || resp.Header.Get("Retry-After") != "1" {
		t.Errorf("beyond the burst: %d, Retry-After %q; want 429 and 1", got, resp.Header.Get("Retry-After"))
	}
	w.Run(time.Second)
	if _, err := list(); err != nil {
		t.Errorf("a second later: %v", err)
	}
}

func TestALostAnswerIsHTMLAndTheChangeHappened(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Datacenters: []string{"dc-1"}})
	w.Inject(sim.Fault{Kind: sim.CloudLost, Times: 1})
	sdk := dial(t, ionostest.Config{World: w})
	resp, err := sdk.ServersApi.DatacentersServersStartPost(t.Context(), "dc-1", w.Servers()[0].ID).Execute()
	if got := status(t, err); got != 502 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		t.Errorf("answer = %d, %s; want 502 as HTML", got, resp.Header.Get("Content-Type"))
	}
	w.Run(2 * time.Minute)
	if got := w.Servers()[0].Power; got != fleet.PowerOn {
		t.Errorf("the server is %s; want on all the same", got)
	}
}

func TestAListThatHangsEndsWithItsCaller(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Datacenters: []string{"dc-1", "dc-2"}})
	w.Inject(sim.Fault{Kind: sim.ListHangs, On: "dc-1"})
	sdk := dial(t, ionostest.Config{World: w})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := sdk.ServersApi.DatacentersServersGet(ctx, "dc-1").Execute(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("list of dc-1 = %v; want the caller's deadline", err)
	}
	if _, _, err := sdk.ServersApi.DatacentersServersGet(t.Context(), "dc-2").Execute(); err != nil {
		t.Errorf("list of dc-2: %v", err)
	}
}

func TestTheContractTellsWhatIsProvisioned(t *testing.T) {
	w := sim.New(sim.Config{Servers: 3, Running: 2, Cloud: sim.CloudConfig{PerContract: fleet.Size{Cores: 100, RAM: 1 << 20}}})
	sdk := dial(t, ionostest.Config{World: w})
	contracts, _, err := sdk.ContractResourcesApi.ContractsGet(t.Context()).Depth(1).Execute()
	if err != nil {
		t.Fatal(err)
	}
	l := (*contracts.Items)[0].Properties.ResourceLimits
	if *l.CoresPerContract != 100 || *l.CoresProvisioned != 4 || *l.RamProvisioned != 2*8192 {
		t.Errorf("cores %d of %d, RAM %d; want 4 of 100, 16384", *l.CoresProvisioned, *l.CoresPerContract, *l.RamProvisioned)
	}
}

func TestDatacentersAreListedAndRead(t *testing.T) {
	sdk := dial(t, ionostest.Config{World: sim.New(sim.Config{Datacenters: []string{"dc-1", "dc-2"}})})
	list, _, err := sdk.DataCentersApi.DatacentersGet(t.Context()).Depth(1).Execute()
	if err != nil || len(*list.Items) != 2 || *(*list.Items)[1].Properties.Name != "bbb-2" {
		t.Errorf("list = %+v, %v; want two, with names", list.Items, err)
	}
	if dc, _, err := sdk.DataCentersApi.DatacentersFindById(t.Context(), "dc-2").Execute(); err != nil || *dc.Properties.Location != "de/fra" {
		t.Errorf("dc-2 = %+v, %v", dc.Properties, err)
	}
	if _, _, err := sdk.DataCentersApi.DatacentersFindById(t.Context(), "dc-3").Execute(); status(t, err) != 404 {
		t.Errorf("dc-3: %v; want 404", err)
	}
}

// BenchmarkList lists one of seven datacenters of 745 servers.
func BenchmarkList(b *testing.B) {
	w := sim.New(sim.Config{Servers: 745, Running: 400, Datacenters: []string{"1", "2", "3", "4", "5", "6", "7"}})
	h := ionostest.New(ionostest.Config{World: w})
	r := httptest.NewRequest(http.MethodGet, ionostest.BasePath+"/datacenters/1/servers?depth=3&pretty=false", nil)
	b.ReportAllocs()
	for b.Loop() {
		rec := httptest.NewRecorder()
		if h.ServeHTTP(rec, r); rec.Code != http.StatusOK {
			b.Fatalf("status %d", rec.Code)
		}
	}
}
