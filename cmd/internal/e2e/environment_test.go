package e2e

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite/scalelitetest"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// The environment that the compose file of bbb_scaler, the predecessor, gives;
// only the cloud's address is one of ours.
func TestThePredecessorsEnvironmentAloneRunsTheDaemon(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 5, 3, 2)
	cloud := f.serve(t, "127.0.0.1:0", ionostest.New(ionostest.Config{World: f.world, User: "scaler@example.org", Password: "e2e-password"}))
	d := &daemon{addr: freeAddr(t)}
	d.process = startWith(t, []string{
		"BBB_SCALER_IONOS_URL=" + cloud,
		"IONOS_USER=scaler@example.org", "IONOS_PASS=e2e-password", "IONOS_DATACENTER=" + strings.Join(f.Datacenters(), ","),
		"MINIMUM_ACTIVE_MACHINES=3", "WAITINGTIME=300000",
		"MAX_ALLOWED_MEMORY_WORKLOAD=0.85", "MIN_ALLOWED_MEMORY_WORKLOAD=0.15",
		"MAX_ALLOWED_CPU_WORKLOAD=0.85", "MIN_ALLOWED_CPU_WORKLOAD=0.15",
		"MAX_WORKER_MEMORY=16384", "MAX_WORKER_CPU=4", "DEFAULT_WORKER_MEMORY=8192", "DEFAULT_WORKER_CPU=2",
		"BBB_PASS=e2e-lb-secret", "GRAFANA_PASS=e2e-grafana-token", "GRAFANA_ENDPOINT=",
	}, build(t, "bbb-scaler"), "--storage.path="+t.TempDir(), "--web.listen-address="+d.addr)
	d.ready(t, d.url("/-/ready"))

	until(t, time.Minute, "the floor's third server to run", func() bool { return f.server(t, 3).Power == fleet.PowerOn })
	f.expect(t, map[string]int{"/start ": 1, "^" + http.MethodPatch: 0, "/stop ": 0, "updateServer": 0})
	d.hides(t, "e2e-password", "e2e-lb-secret", "e2e-grafana-token")
}

// composed returns the arguments and the environment that docker compose gives the daemon
// of deploy/compose with the variables of a .env file.
func composed(t *testing.T, dotenv map[string]string) (args, env []string) {
	t.Helper()
	dir := filepath.Join(root(t), "deploy/compose")
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: dir, Environment: dotenv, ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(dir, "docker-compose.yml")}},
	}, func(o *loader.Options) { o.SetProjectName("bbb", true) })
	if err != nil {
		t.Fatal(err)
	}
	service := project.Services["bbb-scaler"]
	mounts := strings.NewReplacer("=/etc/bbb-scaler/", "="+dir+"/config/", "=/var/lib/bbb-scaler", "="+t.TempDir())
	for _, arg := range service.Command {
		args = append(args, mounts.Replace(arg))
	}
	for name, value := range service.Environment {
		env = append(env, name+"="+*value)
	}
	return args, env
}

// Scalelite's address is derived from its own variable URL_HOST.
func TestTheComposeFilesDaemonDrainsAndStopsWithTheVariablesOfThePredecessorAlone(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 16, 3, 3)
	for i, id := range []string{"maths", "music", "physics"} {
		f.meet(t, i+1, id)
	}
	cloud := f.serve(t, "127.0.0.1:0", ionostest.New(ionostest.Config{World: f.world, User: "scaler@example.org", Password: "e2e-password"}))
	scalelite := httptest.NewTLSServer(f.writes.record(scalelitetest.New(scalelitetest.Config{World: f.world, Secret: "e2e-lb-secret"})))
	t.Cleanup(scalelite.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: scalelite.Certificate().Raw})
	args, env := composed(t, map[string]string{
		"IONOS_USER": "scaler@example.org", "IONOS_PW": "e2e-password", "DATACENTER": strings.Join(f.Datacenters(), ","),
		"MINIMUM_ACTIVE_MACHINES": "2", "WAITINGTIME": "60000",
		"MAX_ALLOWED_MEMORY_WORKLOAD": "0.85", "MIN_ALLOWED_MEMORY_WORKLOAD": "0.15",
		"MAX_ALLOWED_CPU_WORKLOAD": "0.85", "MIN_ALLOWED_CPU_WORKLOAD": "0.15",
		"MAX_WORKER_MEMORY": "16384", "MAX_WORKER_CPU": "4", "DEFAULT_WORKER_MEMORY": "8192", "DEFAULT_WORKER_CPU": "2",
		"LOADBALANCER_SECRET": "e2e-lb-secret", "GRAFANA_PASS": "", "GRAFANA_ENDPOINT": "",
		"URL_HOST": "scalelite.example.org", "SECRET_KEY_BASE": "e2e",
	})
	// The addresses are the test's, and so is the certificate authority.
	env[slices.Index(env, "URL_HOST=scalelite.example.org")] = "URL_HOST=" + strings.TrimPrefix(scalelite.URL, "https://")
	env = append(env, "BBB_SCALER_IONOS_URL="+cloud, "SSL_CERT_FILE="+writeFile(t, t.TempDir(), "ca.pem", string(ca)))
	d := &daemon{addr: freeAddr(t)}
	d.process = startWith(t, env, build(t, "bbb-scaler"), append(args, "--web.listen-address="+d.addr)...)
	d.ready(t, d.url("/-/ready"))
	low := map[string]string{rules.AnnotationValue: "0.01", rules.AnnotationCPU: "0.01", rules.AnnotationMemory: "0.01",
		rules.AnnotationCores: "0.060", rules.AnnotationRAM: "123"}
	fleetLow := map[string]string{rules.LabelAlert: rules.FleetWorkloadLow, rules.LabelFleet: "bbb"}
	d.notify(t, low, fleetLow)

	var leaving int
	until(t, 5*time.Minute, "a server to drain", func() bool {
		leaving = f.cordoned(t)
		return leaving > 0
	})
	if err := f.world.EndMeeting(f.hosts[leaving-1], []string{"maths", "music", "physics"}[leaving-1]); err != nil {
		t.Fatal(err)
	}
	d.notify(t, low, fleetLow, map[string]string{rules.LabelAlert: rules.ServerIdle, rules.LabelFleet: "bbb", rules.LabelInstance: f.hosts[leaving-1] + ":9100"})
	until(t, 10*time.Minute, "the server to be off", func() bool { return f.server(t, leaving).Power == fleet.PowerOff })
	f.expect(t, map[string]int{"/stop ": 1, "/start ": 0, "^" + http.MethodPatch: 0})
	if figures := f.world.Figures(); figures.MeetingsEndedEarly != 0 {
		t.Errorf("%d meetings ended early", figures.MeetingsEndedEarly)
	}
	d.hides(t, "e2e-password", "e2e-lb-secret")
}
