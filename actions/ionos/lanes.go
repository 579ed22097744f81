package ionos

import (
	"fmt"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/sync/semaphore"
)

// lanes keep one datacenter from taking all connections: while its calls hang,
// those to the others go on. Each has a lane of the same width; with one
// datacenter that is every connection, and each further one gets its own.
type lanes struct {
	width int64

	mu           sync.Mutex
	byDatacenter map[string]*semaphore.Weighted
}

func newLanes(connections, datacenters int) *lanes {
	width := max(connections-max(datacenters-1, 0), 1)
	return &lanes{width: int64(width), byDatacenter: map[string]*semaphore.Weighted{}}
}

// enter waits for room in the lane of the request's datacenter, if it has one.
// The caller must call leave.
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

// datacenterOf finds the id in ".../datacenters/{id}/...", or "".
func datacenterOf(path string) string {
	_, rest, _ := strings.Cut(path, "/datacenters/")
	id, _, _ := strings.Cut(rest, "/")
	return id
}
