package outbound

import (
	"context"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// secure starts a TLS server that counts the writes that it receives, and returns a
// client whose checks are valid for the given time.
func secure(t *testing.T, fresh time.Duration) (client *http.Client, url string, writes *atomic.Int32) {
	t.Helper()
	writes = new(atomic.Int32)
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			writes.Add(1)
		}
	}))
	t.Cleanup(server.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	transport, err := Connections{CAFile: ca}.Transport()
	if err != nil {
		t.Fatal(err)
	}
	return NewClient(lateConnection{transport, fresh}), server.URL, writes
}

func send(ctx context.Context, t *testing.T, client *http.Client, method, url string) (*http.Request, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err == nil {
		resp.Body.Close()
	}
	return req, err
}

func TestAWriteWhoseConnectionComesLateIsCheckedAgainBeforeItIsSent(t *testing.T) {
	errMeeting := errors.New("a meeting runs on it")
	const late, inTime = 0, time.Hour // validity of a check, so that every connection is late or in time
	tests := []struct {
		name          string
		method        string
		reused        bool // on a connection that is already open
		fresh         time.Duration
		check         error
		checks, sends int32
	}{
		{"late, and refused", http.MethodPost, false, late, errMeeting, 1, 0},
		{"late on a connection that was in use, and refused", http.MethodPost, true, late, errMeeting, 1, 0},
		{"late, and still allowed", http.MethodPost, false, late, nil, 1, 1},
		{"in time", http.MethodPost, false, inTime, errMeeting, 0, 1},
		{"a late read", http.MethodGet, false, late, errMeeting, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, url, writes := secure(t, tt.fresh)
			if tt.reused {
				send(t.Context(), t, client, http.MethodGet, url)
			}
			var checks atomic.Int32
			ctx := fleet.WithCheck(t.Context(), func(context.Context) error { checks.Add(1); return tt.check })
			req, err := send(ctx, t, client, tt.method, url)
			if refused := tt.check != nil && tt.checks > 0; errors.Is(err, errMeeting) != refused || (err != nil) != refused {
				t.Errorf("%v, want refused %v", err, refused)
			}
			if checks.Load() != tt.checks || writes.Load() != tt.sends {
				t.Errorf("%d checks and %d writes, want %d and %d", checks.Load(), writes.Load(), tt.checks, tt.sends)
			}
			if err == nil {
				return
			}
			if fault := NoAnswer(req, err, true, "x.ca_file"); fault.Repeat || errors.Is(fault, fleet.ErrUnknown) || !errors.Is(fault, errMeeting) {
				t.Errorf("fault %+v, want the check's error, neither repeated nor unknown", fault)
			}
		})
	}
}

func TestTheClientsConnectionsAreCheckedWhenTheyComeLate(t *testing.T) {
	transport, err := Options{}.Connect(Connections{})
	if l, ok := transport.(lateConnection); err != nil || !ok || l.fresh != fresh {
		t.Errorf("Connect() = %T, %v, want one that checks writes again after %v", transport, err, fresh)
	}
}
