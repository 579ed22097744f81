package ionos

import (
	"fmt"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/sync/semaphore"
)

// lanes limits the concurrent calls to each datacenter, so that calls that hang in one
// datacenter leave at least one connection for each of the others. With one
// datacenter, the limit is the number of connections.
type lanes struct {
	width int64 // maximum number of concurrent calls to one datacenter

	mu           sync.Mutex
	byDatacenter map[string]*semaphore.Weighted
}

// newLanes returns lanes for a number of connections and datacenters.
func newLanes(connections, datacenters int) *lanes {
	width := max(connections-max(datacenters-1, 0), 1)
	return &lanes{width: int64(width), byDatacenter: map[string]*semaphore.Weighted{}}
}

// enter waits until the limit of the request's datacenter allows one more call. A
// request without a datacenter does not wait. The caller must call leave.
func (l *lanes) enter(req *http.Request) (leave func(), err error) {
	datacenter := datacenterOf(req.URL.Path)
	if datacenter == "" {
		return func() {}, nil
	}
	lane := l.lane(datacenter)
	if err := lane.Acquire(req.Context(), 1); err != nil {
		return nil, fmt.Errorf("waiting for other calls to datacenter %s: %w", datacenter, err)
	}
	return func() { lane.Release(1) }, nil
}

// lane returns the semaphore of a datacenter.
func (l *lanes) lane(datacenter string) *semaphore.Weighted {
	l.mu.Lock()
	defer l.mu.Unlock()
	lane := l.byDatacenter[datacenter]
	if lane == nil {
		lane = semaphore.NewWeighted(l.width)
		l.byDatacenter[datacenter] = lane
	}
	return lane
}

// datacenterOf returns the id in ".../datacenters/{id}/...", or "" for any other path.
func datacenterOf(path string) string {
	_, rest, _ := strings.Cut(path, "/datacenters/")
	id, _, _ := strings.Cut(rest, "/")
	return id
}
