package ionos

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// prune removes random parts of a JSON value, or sets them to null.
func prune(t *rapid.T, v any) any {
	keep := func() bool { return rapid.IntRange(0, 9).Draw(t, "keep") > 0 }
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, part := range v {
			if keep() {
				out[key] = prune(t, part)
			}
		}
		return out
	case []any:
		var out []any
		for _, part := range v {
			if keep() {
				out = append(out, prune(t, part))
			}
		}
		return out
	}
	if keep() {
		return v
	}
	return nil
}

// TestAnyPartOfAnAnswerMayBeMissing also checks that a missing part is never guessed: a
// server without vmState is neither on nor off, one without a state is busy.
func TestAnyPartOfAnAnswerMayBeMissing(t *testing.T) {
	body, err := os.ReadFile("testdata/servers.json")
	if err != nil {
		t.Fatal(err)
	}
	var whole any
	if err := json.Unmarshal(body, &whole); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		part, err := json.Marshal(prune(r, whole))
		if err != nil {
			r.Fatal(err)
		}
		servers, _ := client(t, always(200, string(part))).Servers(t.Context(), "d1")
		for _, s := range servers {
			if s.ID == "" || s.Power == "" {
				r.Errorf("%s gives %+v, without id or power", part, s)
			}
			if s.Power == fleet.PowerOn && !strings.Contains(string(part), "RUNNING") || !s.Busy && !strings.Contains(string(part), `"state"`) {
				r.Errorf("%s gives %+v, more than was told", part, s)
			}
		}
	})
}

// FuzzAnswers checks that no answer makes an operation panic, or return an error of more
// than one line.
func FuzzAnswers(f *testing.F) {
	body, err := os.ReadFile("testdata/servers.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(200, body, "application/json")
	f.Add(200, []byte(contractBody), "application/json")
	f.Add(422, []byte(told), "application/json")
	f.Add(404, []byte(`<html>`), "text/html")
	f.Add(200, []byte(`{"metadata":{"status":"FAILED"}}`), "application/json; charset=utf-8")
	f.Fuzz(func(t *testing.T, status int, body []byte, kind string) {
		// Statuses that are repeated are left out, because each run would wait.
		if status < 200 || status == 429 || status >= 500 {
			status = 200
		}
		for name, run := range operations() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			err := run(ctx, client(t, always(status, string(body), "Content-Type", kind)))
			cancel()
			if err != nil && (len(err.Error()) > 2000 || strings.ContainsAny(err.Error(), "\n\r\x00")) {
				t.Errorf("%s: error does not fit on a line: %q", name, err)
			}
		}
	})
}

// bigList returns a list of n servers in the cloud's format, about 1.2 KB each.
func bigList(n int) string {
	item := `{"id":"f7438b0c-2f36-4bec-892f-%012d","type":"server","href":"https://api.ionos.com/cloudapi/v6/datacenters/d1/servers/x","metadata":{"etag":"45480eb3fbfc31f1d916c1eaa4abdcc3","createdDate":"2024-08-01T07:12:03Z","createdBy":"a@example.org","createdByUserId":"u","lastModifiedDate":"2026-02-03T06:00:11Z","lastModifiedBy":"a@example.org","lastModifiedByUserId":"u","state":"AVAILABLE"},"properties":{"name":"bbb-%d","hostname":"bbb","cores":4,"ram":8192,"availabilityZone":"AUTO","vmState":"RUNNING","bootVolume":{"id":"v","type":"volume"},"cpuFamily":"INTEL_SKYLAKE","type":"ENTERPRISE"},"entities":{"volumes":{"items":[{"id":"v","type":"volume","metadata":{"state":"AVAILABLE"},"properties":{"name":"root","type":"SSD","size":50,"bus":"VIRTIO","licenceType":"LINUX","cpuHotPlug":true,"ramHotPlug":true,"nicHotPlug":true,"nicHotUnplug":true,"discVirtioHotPlug":true,"discVirtioHotUnplug":true}}]},"nics":{"items":[{"id":"n","type":"nic","metadata":{"state":"AVAILABLE"},"properties":{"name":"public","mac":"02:01:1f:5c:aa:10","ips":["192.0.2.42"],"dhcp":true,"lan":1}}]}}}`
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(item, i, i)
	}
	return `{"items":[` + strings.Join(items, ",") + `]}`
}

func BenchmarkListOf745Servers(b *testing.B) {
	c, err := New(valid(), outbound.Options{Transport: always(200, bigList(745))})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if servers, err := c.Servers(b.Context(), "d1"); err != nil || len(servers) != 745 {
			b.Fatalf("%d servers, %v", len(servers), err)
		}
	}
}
