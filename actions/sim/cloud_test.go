package sim_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func refOf(t *testing.T, w *sim.World, name string) fleet.ServerRef {
	t.Helper()
	r := mustRead(t, w, name)
	return fleet.ServerRef{Datacenter: r.Datacenter, ID: r.ID}
}

func start(t *testing.T, w *sim.World, name string) string {
	t.Helper()
	id, err := w.Cloud().Start(t.Context(), refOf(t, w, name))
	if err != nil {
		t.Fatalf("Start(%s): %v", name, err)
	}
	return id
}

func phase(t *testing.T, w *sim.World, request string) fleet.RequestStatus {
	t.Helper()
	status, err := w.Cloud().Request(t.Context(), request)
	if err != nil {
		t.Fatalf("Request(%s): %v", request, err)
	}
	return status
}

// exactly returns a span with only one duration.
func exactly(d time.Duration) sim.Span { return sim.Span{Min: d, Max: d} }

func TestADatacenterMayWorkOneChangeAtATime(t *testing.T) {
	for _, serial := range []bool{false, true} {
		w := sim.New(sim.Config{
			Servers: 4, Datacenters: []string{"one", "two"},
			Cloud: sim.CloudConfig{Serial: serial, Start: exactly(time.Minute)},
		})
		for _, name := range []string{"bbb-server1", "bbb-server2", "bbb-server3", "bbb-server4"} {
			start(t, w, name)
		}
		w.Run(time.Minute)
		on := 0
		for _, r := range w.Servers() {
			if r.Power == fleet.PowerOn {
				on++
			}
		}
		if want := map[bool]int{false: 4, true: 2}[serial]; on != want {
			t.Errorf("serial %v: %d servers on after the time of one start; want %d", serial, on, want)
		}
	}
}

func TestASecondChangeToABusyServer(t *testing.T) {
	for _, answer := range []sim.BusyAnswer{sim.BusyQueues, sim.Busy422, sim.Busy423} {
		w := sim.New(sim.Config{Servers: 1, Cloud: sim.CloudConfig{Busy: answer, Start: exactly(time.Minute), Stop: exactly(time.Minute)}})
		start(t, w, "bbb-server1")
		_, err := w.Cloud().Stop(t.Context(), refOf(t, w, "bbb-server1"))
		w.Run(90 * time.Second)
		midway := mustRead(t, w, "bbb-server1").Power
		w.Run(time.Minute)
		after := mustRead(t, w, "bbb-server1").Power
		switch {
		case answer == sim.BusyQueues && (err != nil || midway != fleet.PowerOn || after != fleet.PowerOff):
			t.Errorf("queueing: %v, then %s, then %s; want it on, then off", err, midway, after)
		case answer != sim.BusyQueues && (!errors.Is(err, fleet.ErrBusy) || after != fleet.PowerOn):
			t.Errorf("%s: %v, then %s; want ErrBusy and the server on", answer, err, after)
		}
	}
}

func TestWhatARunningServerCannotTakeLive(t *testing.T) {
	small, large := fleet.Size{Cores: 2, RAM: 8192}, fleet.Size{Cores: 4, RAM: 16384}
	tests := []struct {
		name     string
		cold     sim.ColdResize
		from, to fleet.Size
		noPlug   bool
		size     fleet.Size
		refused  bool
		ended    int
	}{
		{"growth with the flags is live", sim.ColdReboots, small, large, false, large, false, 0},
		{"growth without them reboots", sim.ColdReboots, small, large, true, large, false, 1},
		{"a decrease reboots", sim.ColdReboots, large, small, false, small, false, 1},
		{"or is rejected", sim.ColdRejects, large, small, false, large, true, 0},
		{"or happens unnoticed", sim.ColdSilent, large, small, false, small, false, 0},
		{"or is done and nothing happened", sim.ColdIgnored, large, small, false, large, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := sim.New(sim.Config{Servers: 1, Running: 1, Size: tt.from, Cloud: sim.CloudConfig{Cold: tt.cold}, Each: func(_ int, s *sim.ServerSpec) {
				s.HotPlug = fleet.HotPlug{CPU: !tt.noPlug, RAM: !tt.noPlug}
			}})
			hold(t, w, 10)
			_, err := w.Cloud().Resize(t.Context(), refOf(t, w, "bbb-server1"), tt.to)
			w.Run(time.Minute)
			r, f := mustRead(t, w, "bbb-server1"), w.Figures()
			if (err != nil) != tt.refused || r.Size != tt.size || f.MeetingsEndedEarly != tt.ended {
				t.Errorf("error %v, size %s, %d ended early; want refused %v, %s, %d", err, r.Size, f.MeetingsEndedEarly, tt.refused, tt.size, tt.ended)
			}
		})
	}
}

func TestTheContractLimitsWhatIsOn(t *testing.T) {
	limit := fleet.Size{Cores: 4, RAM: 1 << 20}
	w := sim.New(sim.Config{Servers: 3, Running: 1, Cloud: sim.CloudConfig{PerContract: limit}})
	first, second := start(t, w, "bbb-server2"), start(t, w, "bbb-server3")
	w.Run(2 * time.Minute)
	a, b := phase(t, w, first), phase(t, w, second)
	if (a.Phase == fleet.RequestFailed) == (b.Phase == fleet.RequestFailed) {
		t.Errorf("two starts with room for one: %+v and %+v; want one done and one failed", a, b)
	}
	if c, err := w.Cloud().Contract(t.Context()); err != nil || c.Free.Cores != 0 {
		t.Errorf("Contract = %+v, %v; want no core free", c, err)
	}
	w = sim.New(sim.Config{Servers: 3, Running: 2, Cloud: sim.CloudConfig{PerContract: limit, ContractRefuses: true}})
	if _, err := w.Cloud().Start(t.Context(), refOf(t, w, "bbb-server3")); err == nil {
		t.Error("a start beyond the contract was accepted where that is refused")
	}
}

func TestCloudAnswersMatchTheirSentinels(t *testing.T) {
	all := []error{fleet.ErrAuth, fleet.ErrGone, fleet.ErrBusy, fleet.ErrThrottled, fleet.ErrUnknown}
	tests := []struct {
		status int
		want   error // the sentinel of a write
	}{
		{401, fleet.ErrAuth}, {403, fleet.ErrAuth}, {404, fleet.ErrGone}, {409, fleet.ErrBusy}, {422, fleet.ErrBusy},
		{423, fleet.ErrBusy}, {429, fleet.ErrThrottled}, {500, fleet.ErrUnknown}, {502, fleet.ErrUnknown},
		{503, fleet.ErrUnknown}, {504, fleet.ErrUnknown},
	}
	for _, tt := range tests {
		w := sim.New(sim.Config{Servers: 1})
		w.Inject(sim.Fault{Kind: sim.CloudAnswers, Status: tt.status, RetryAfter: 7 * time.Second, Times: 2})
		_, err := w.Cloud().Start(t.Context(), refOf(t, w, "bbb-server1"))
		for _, sentinel := range all {
			if errors.Is(err, sentinel) != (sentinel == tt.want) {
				t.Errorf("%d: %v is %v: %v; want only %v", tt.status, err, sentinel, errors.Is(err, sentinel), tt.want)
			}
		}
		if e, ok := errors.AsType[*sim.CloudError](err); !ok || e.RetryAfter != 7*time.Second {
			t.Errorf("%d: Retry-After is lost in %v", tt.status, err)
		}
		if _, err := w.Cloud().Servers(t.Context(), w.Datacenters()[0]); err == nil || errors.Is(err, fleet.ErrUnknown) {
			t.Errorf("%d on a list: %v; want an error that is not ErrUnknown", tt.status, err)
		}
		start(t, w, "bbb-server1") // ends the fault, which is limited by Times
	}
}

func TestFaultsOfTheCloud(t *testing.T) {
	t.Run("a request ends FAILED, and the next succeeds", func(t *testing.T) {
		w := sim.New(sim.Config{Servers: 1})
		w.Inject(sim.Fault{Kind: sim.RequestFails, On: "bbb-server1", Times: 1})
		request := start(t, w, "bbb-server1")
		w.Run(2 * time.Minute)
		if got := phase(t, w, request); got.Phase != fleet.RequestFailed || got.Message == "" {
			t.Errorf("request = %+v; want failed, with a message", got)
		}
		if r := mustRead(t, w, "bbb-server1"); r.Power != fleet.PowerOff || r.Busy {
			t.Errorf("server is %s, busy %v; want off and free", r.Power, r.Busy)
		}
		start(t, w, "bbb-server1")
		w.Run(2 * time.Minute)
		if got := mustRead(t, w, "bbb-server1").Power; got != fleet.PowerOn {
			t.Errorf("the next start leaves it %s; want on", got)
		}
	})
	t.Run("a server is busy until the fault is lifted", func(t *testing.T) {
		w := sim.New(sim.Config{Servers: 1})
		lift := w.Inject(sim.Fault{Kind: sim.BusyForever, On: "bbb-server1"})
		request := start(t, w, "bbb-server1")
		w.Run(time.Hour)
		if r := mustRead(t, w, "bbb-server1"); !r.Busy || phase(t, w, request).Phase != fleet.RequestPending {
			t.Errorf("after an hour: busy %v, request %v; want it pending", r.Busy, phase(t, w, request))
		}
		lift()
		w.Run(time.Minute)
		if r := mustRead(t, w, "bbb-server1"); r.Busy || r.Power != fleet.PowerOn {
			t.Errorf("lifted: busy %v, %s; want it on", r.Busy, r.Power)
		}
	})
	t.Run("a server boots and BigBlueButton never comes", func(t *testing.T) {
		w := sim.New(sim.Config{Servers: 1})
		w.Inject(sim.Fault{Kind: sim.StartHangs, On: "bbb-server1", For: time.Hour})
		start(t, w, "bbb-server1")
		w.Run(50 * time.Minute)
		if r := mustRead(t, w, "bbb-server1"); r.Power != fleet.PowerOn || !r.NodeUp || r.BBBUp {
			t.Errorf("%s, exporter %v, BigBlueButton %v; want only BigBlueButton missing", r.Power, r.NodeUp, r.BBBUp)
		}
		w.Run(15 * time.Minute)
		if !mustRead(t, w, "bbb-server1").BBBUp {
			t.Error("the fault ended by itself and BigBlueButton still does not answer")
		}
	})
	t.Run("a list shrinks", func(t *testing.T) {
		w := sim.New(sim.Config{Servers: 10, Datacenters: []string{"one"}})
		w.Inject(sim.Fault{Kind: sim.ListShrinks, On: "one", Share: 0.8})
		if list, err := w.Cloud().Servers(t.Context(), "one"); err != nil || len(list) != 2 {
			t.Errorf("Servers = %d, %v; want 2 of 10", len(list), err)
		}
	})
	t.Run("a machine crashes and a start brings it back", func(t *testing.T) {
		w := sim.New(sim.Config{Servers: 1, Running: 1})
		if err := w.Operator().Crash("bbb-server1"); err != nil {
			t.Fatal(err)
		}
		if got := mustRead(t, w, "bbb-server1").Power; got != fleet.PowerOther {
			t.Errorf("crashed: %s; want other", got)
		}
		start(t, w, "bbb-server1")
		w.Run(2 * time.Minute)
		if got := mustRead(t, w, "bbb-server1").Power; got != fleet.PowerOn {
			t.Errorf("started: %s; want on", got)
		}
	})
}

func TestWhatHangsEndsWithItsCallersContext(t *testing.T) {
	calls := []struct {
		name    string
		fault   sim.FaultKind
		call    func(context.Context, *sim.World) error
		unknown bool // whether the outcome of the write is unknown
	}{
		{"a list", sim.ListHangs, func(ctx context.Context, w *sim.World) error {
			_, err := w.Cloud().Servers(ctx, "one")
			return err
		}, false},
		{"a start", sim.CloudHangs, func(ctx context.Context, w *sim.World) error {
			_, err := w.Cloud().Start(ctx, refOf(t, w, "bbb-server2"))
			return err
		}, true},
		{"the balancer's list", sim.BalancerHang, func(ctx context.Context, w *sim.World) error {
			_, err := w.Balancer().Servers(ctx)
			return err
		}, false},
		{"a cordon", sim.BalancerHang, func(ctx context.Context, w *sim.World) error {
			return w.Balancer().SetState(ctx, mustRead(t, w, "bbb-server1").BalancerID, fleet.Cordoned)
		}, true},
		{"a server's meetings", sim.BBBHangs, func(ctx context.Context, w *sim.World) error {
			_, err := w.Meetings().Meetings(ctx, fleet.BalancerServer{URL: mustRead(t, w, "bbb-server1").URL})
			return err
		}, false},
	}
	for _, tt := range calls {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := sim.New(sim.Config{Servers: 2, Running: 1, Datacenters: []string{"one"}, BlockOnHang: true})
				w.Inject(sim.Fault{Kind: tt.fault})
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				before := time.Now()
				err := tt.call(ctx, w)
				if took := time.Since(before); !errors.Is(err, context.DeadlineExceeded) || took != 20*time.Second {
					t.Errorf("%v after %s; want the deadline after 20 s", err, took)
				}
			})
			w := sim.New(sim.Config{Servers: 2, Running: 1, Datacenters: []string{"one"}})
			w.Inject(sim.Fault{Kind: tt.fault})
			err := tt.call(t.Context(), w)
			if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, fleet.ErrUnknown) != tt.unknown {
				t.Errorf("in virtual time: %v; want the deadline at once, ErrUnknown %v", err, tt.unknown)
			}
		})
	}
}

func TestAnAddressThatIsNotReservedChangesWithAStart(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1, Each: func(_ int, s *sim.ServerSpec) { s.DynamicAddr = true }})
	old := mustRead(t, w, "bbb-server1").Addr
	if err := errors.Join(w.Operator().Stop("bbb-server1")); err != nil {
		t.Fatal(err)
	}
	if got := mustRead(t, w, "bbb-server1").Addr; got.IsValid() {
		t.Errorf("address while off = %s; want none", got)
	}
	if err := w.Operator().Start("bbb-server1"); err != nil {
		t.Fatal(err)
	}
	r := mustRead(t, w, "bbb-server1")
	dns, err := w.Resolve(t.Context(), "bbb-1.bbb.example.org")
	if r.Addr == old || !r.Addr.IsValid() || err != nil || dns[0] != old {
		t.Errorf("address %s, DNS %v, %v; want another one than %s, which DNS keeps", r.Addr, dns, err, old)
	}
	if found := mustRead(t, w, r.Addr.String()); found.Name != "bbb-server1" {
		t.Errorf("the new address finds %q", found.Name)
	}
	if found, err := w.Server(old.String()); err == nil {
		t.Errorf("the old address still finds %q", found.Name)
	}
}

func TestAServerSizedByTemplateCannotBeResized(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Each: func(_ int, s *sim.ServerSpec) { s.Template = "CUBE" }})
	if _, err := w.Cloud().Resize(t.Context(), refOf(t, w, "bbb-server1"), fleet.Size{Cores: 4, RAM: 8192}); err == nil {
		t.Error("a CUBE was resized")
	}
}

func TestFlapsAreStartsSoonAfterAStop(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 2})
	for i, pause := range []time.Duration{29 * time.Minute, 31 * time.Minute} {
		name := w.Servers()[i].Name
		if err := w.Operator().Stop(name); err != nil {
			t.Fatal(err)
		}
		w.Run(pause)
		if err := w.Operator().Start(name); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.Figures().Flaps; got != 1 {
		t.Errorf("flaps = %d; want 1, of a start after 29 min and one after 31", got)
	}
}

func TestACubeIsSuspendedAndResumedAndNothingElse(t *testing.T) {
	for _, template := range []string{sim.Cube, "GPU", ""} {
		w := sim.New(sim.Config{Servers: 1, Running: 1, Each: func(_ int, s *sim.ServerSpec) { s.Template = template }})
		ref := refOf(t, w, "bbb-server1")
		off, on, vm, others := "stop", "start", "SHUTOFF", []string{"suspend", "resume"}
		if template == sim.Cube {
			off, on, vm, others = "suspend", "resume", "SUSPENDED", []string{"stop", "start"}
		}
		for _, op := range others {
			_, err := w.Change(op, ref, fleet.Size{})
			if e, ok := errors.AsType[*sim.CloudError](err); !ok || e.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s of type %q = %v, want 422", op, template, err)
			}
		}
		for _, step := range []struct {
			op, vm string
			power  fleet.Power
		}{{off, vm, fleet.PowerOff}, {on, "RUNNING", fleet.PowerOn}} {
			if _, err := w.Change(step.op, ref, fleet.Size{}); err != nil {
				t.Fatalf("%s of type %q: %v", step.op, template, err)
			}
			w.Run(5 * time.Minute)
			if m, err := w.Machine(ref); err != nil || m.VMState != step.vm || m.Power != step.power {
				t.Errorf("after %s of type %q: %s, %s, %v, want %s", step.op, template, m.VMState, m.Power, err, step.vm)
			}
		}
	}
}

func TestASuspendedCubeKeepsItsPartOfTheContract(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Each: func(i int, s *sim.ServerSpec) {
		if i == 1 {
			s.Template = sim.Cube
		}
	}, Cloud: sim.CloudConfig{PerContract: fleet.Size{Cores: 2, RAM: 8192}, ContractRefuses: true}})
	if _, _, used, err := w.CloudContract(); err != nil || used != (fleet.Size{Cores: 2, RAM: 8192}) {
		t.Errorf("provisioned %s, %v, want what the CUBE has, and nothing of the other", used, err)
	}
	if _, err := w.Change("resume", refOf(t, w, "bbb-server1"), fleet.Size{}); err != nil {
		t.Errorf("resume = %v, want that it takes nothing more", err)
	}
	if _, err := w.Change("start", refOf(t, w, "bbb-server2"), fleet.Size{}); err == nil {
		t.Error("the other was started beyond the contract")
	}
}
