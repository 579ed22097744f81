package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
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
