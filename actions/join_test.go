package actions_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// registeredTwice is a balancer that lists one server twice, with two ids.
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
	if lines, err := fx.store.Journal(t.Context(), 10, name); err != nil || len(lines) > 0 {
		t.Errorf("journal %+v, %v; want nothing", lines, err)
	}
}

func TestAlertThatNamesTwoServersIsOfNeither(t *testing.T) {
	fx := lowFixture(t, nil)
	r, err := fx.w.Server("bbb-server2")
	must(t, err)
	fx.watch = func(c fleet.Cloud, b fleet.Balancer) (fleet.Cloud, fleet.Balancer) {
		return cloudListsAs{c, r.ID, func(s *fleet.CloudServer) { s.Name = "bbb-server1" }}, b
	}
	fx.restart()
	a := fires(rules.ServerMemoryHigh, fx.w.Now(), fx.w.Now())
	a.Labels, a.Annotations = map[string]string{rules.LabelInstance: "bbb-server1:9100"}, value(0.95)
	must(t, onlyErr(fx.s.Notify([]fleet.Alert{a})))
	must(t, fx.s.Cycle(t.Context(), fx.w.Now()))
	if got := fx.s.Status().Unjoined; len(got) != 1 || !strings.Contains(got[0].Text, "bbb-server1:9100") {
		t.Errorf("unjoined %q, want the alert", got)
	}
	if n := fx.steps(); n != 0 {
		t.Errorf("%d steps, want none\n%s", n, fx.describe())
	}
}
