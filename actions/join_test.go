package actions_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// registeredTwice is a balancer that lists one server a second time, with
// another id.
type registeredTwice struct {
	fleet.Balancer
	url string
}

func (b registeredTwice) Servers(ctx context.Context) ([]fleet.BalancerServer, error) {
	list, err := b.Balancer.Servers(ctx)
	for _, s := range list {
		if s.URL == b.url {
			s.ID += "-again"
			return append(list, s), err
		}
	}
	return list, err
}

func TestServerRegisteredTwiceInTheBalancerIsLeftAlone(t *testing.T) {
	fx := lowFixture(t, nil)
	const name = "bbb-server4"
	r, err := fx.w.Server(name)
	must(t, err)
	fx.watch = func(c fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
		return c, registeredTwice{b, r.URL}
	}
	fx.restart()
	fx.run(30 * time.Minute)
	if got := fx.reason(name); fx.state(name) != fleet.StateUnjoined || !strings.Contains(got, "registered 2 times") {
		t.Errorf("it is %s: %q, want it unjoined, with the cause\n%s", fx.state(name), got, fx.describe())
	}
	if lines, err := fx.store.Journal(10, name); err != nil || len(lines) > 0 {
		t.Errorf("journal %+v, %v; want nothing", lines, err)
	}
}
