package daemon

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
)

// healthyWithin limits the wait for an answer of the daemon.
const healthyWithin = 4 * time.Second

// healthy is the health check of the container, whose image has no other program. Any
// answer below 500 proves that the daemon serves requests: 401 where it requires a
// login, and 400 where its port has TLS. So the check needs neither a login nor the
// certificate's name.
func (o *options) healthy(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, healthyWithin)
	defer cancel()
	address := strings.TrimRight(o.url, "/") + api.PathHealthy
	if _, err := client.New(client.Config{URL: o.url}); err != nil {
		return usage("%w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("%w: %w", client.ErrUnreachable, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("%w: GET %s: %s", client.ErrUnreachable, address, resp.Status)
	}
	fmt.Fprintln(out, "healthy")
	return nil
}
