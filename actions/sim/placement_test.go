package sim_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestServersAreDealtOutToPools(t *testing.T) {
	w := sim.New(sim.Config{Servers: 6, Running: 1, Pools: []sim.Pool{{Tag: "gold", Servers: 2}, {Tag: "silver", Servers: 2, Running: 1}}})
	members, err := w.Members()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range members {
		got = append(got, m.Tag+" "+string(m.State))
	}
	want := []string{"gold enabled", "gold disabled", "silver enabled", "silver disabled", " disabled", " disabled"}
	if !slices.Equal(got, want) {
		t.Errorf("tags and states = %q; want %q", got, want)
	}
	if n := len(sim.New(sim.Config{Pools: []sim.Pool{{Servers: 3}}}).Servers()); n != 3 {
		t.Errorf("a pool of 3 alone gives %d servers; want 3", n)
	}
}

// pools returns a World with one running server for each tag.
func pools(tags ...string) *sim.World {
	var p []sim.Pool
	for _, tag := range tags {
		p = append(p, sim.Pool{Tag: tag, Servers: 1, Running: 1})
	}
	return sim.New(sim.Config{Pools: p})
}

func TestTagsPlace(t *testing.T) {
	none, gold, silver := "bbb-server1", "bbb-server2", "bbb-server3"
	tests := []struct {
		name, asks string
		off        []string // disabled servers
		busy       []string // servers with a meeting of 40 people
		want       string
		err        error
	}{
		{name: "no tag goes to servers without one, however busy", busy: []string{none}, want: none},
		{name: "a tag goes to servers that have it", asks: "gold", busy: []string{gold}, want: gold},
		{name: "of several, to the least loaded", asks: "gold;silver", busy: []string{gold}, want: silver},
		{name: "none stands for servers without a tag", asks: "gold;none", busy: []string{gold}, want: none},
		{name: "without a match, to servers without a tag", asks: "bronze", want: none},
		{name: "also when its servers are disabled", asks: "gold", off: []string{gold}, want: none},
		{name: "a tag that must be", asks: "gold!", busy: []string{gold}, want: gold},
		{name: "a tag that must be, of several", asks: "gold;silver!", off: []string{gold}, want: silver},
		{name: "a tag that must be, and is not", asks: "gold!", off: []string{gold}, err: sim.ErrTagUnavailable},
		{name: "a tag that must be where nothing is at all", asks: "gold!", off: []string{none, gold, silver}, err: sim.ErrNoServers},
		{name: "an exclamation mark alone is no tag", asks: "!", want: none},
		{name: "no tag where only tagged servers are", off: []string{none}, err: sim.ErrNoServers},
		{name: "no match where only tagged servers are", asks: "bronze", off: []string{none}, err: sim.ErrNoServers},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := pools("", "gold", "silver")
			for _, name := range tt.busy {
				if _, err := w.HostMeeting(name, sim.MeetingSpec{ID: "busy", Duration: time.Hour, Participants: 40, Fill: time.Second}); err != nil {
					t.Fatal(err)
				}
				w.Run(2 * time.Minute)
			}
			for _, name := range tt.off {
				set(t, w, name, fleet.Disabled)
			}
			got, err := w.Assign("maths", tt.asks)
			if !errors.Is(err, tt.err) || err == nil && got.ID != mustRead(t, w, tt.want).BalancerID {
				t.Errorf("Assign(maths, %q) = %s, %v; want %s, %v", tt.asks, got.URL, err, tt.want, tt.err)
			}
		})
	}
}

func TestMeetingsOfPeopleAskForTheirTag(t *testing.T) {
	w := pools("", "gold")
	for range 6 {
		if _, err := w.CreateMeeting(sim.MeetingSpec{Duration: time.Hour, Participants: 5, Tag: "gold!"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := meetingsOn(t, w); !slices.Equal(got, []int{0, 6}) {
		t.Errorf("meetings = %v; want all 6 on the tagged server", got)
	}
}

func TestAMeetingThatIsCreatedAgain(t *testing.T) {
	tests := []struct {
		name      string
		ended     bool                // whether it ends before it is created again
		state     fleet.BalancerState // state of its server at that time
		polled    bool                // whether the balancer polls in between
		elsewhere bool
		joins     error
	}{
		{name: "stays while it runs"},
		{name: "stays while it runs on a cordoned server", state: fleet.Cordoned},
		{name: "goes to the same server until a poll finds that it ended", ended: true},
		{name: "is placed anew after that poll", ended: true, polled: true, elsewhere: true},
		{name: "is placed anew when its server is cordoned", ended: true, state: fleet.Cordoned, elsewhere: true},
		{name: "goes to its disabled server, where nobody can join", ended: true, state: fleet.Disabled, joins: sim.ErrUnavailable},
		{name: "cannot be joined either while it runs there", state: fleet.Disabled, joins: sim.ErrUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := sim.New(sim.Config{Servers: 2, Running: 2})
			first, err := w.Assign("maths", "")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.HostMeeting(first.ID, sim.MeetingSpec{ID: "maths", Duration: time.Hour, Participants: 5, Fill: time.Second}); err != nil {
				t.Fatal(err)
			}
			w.Run(2 * time.Minute)
			if tt.ended {
				if err := w.EndMeeting(first.ID, "maths"); err != nil {
					t.Fatal(err)
				}
			}
			if tt.polled {
				w.Run(time.Minute)
			}
			// The other server has the lower load.
			if _, err := w.HostMeeting(first.ID, sim.MeetingSpec{ID: "other", Duration: time.Hour, Participants: 50, Fill: time.Second}); err != nil {
				t.Fatal(err)
			}
			if tt.polled {
				w.Run(time.Minute)
			}
			if tt.state != "" {
				if err := w.SetState(first.ID, tt.state); err != nil {
					t.Fatal(err)
				}
			}
			again, err := w.Assign("maths", "")
			if err != nil || (again.ID != first.ID) != tt.elsewhere {
				t.Errorf("Assign again = %s, %v; was %s, want another: %v", again.URL, err, first.URL, tt.elsewhere)
			}
			if _, err := w.Admit("maths"); !errors.Is(err, tt.joins) {
				t.Errorf("Admit = %v; want %v", err, tt.joins)
			}
		})
	}
}

func TestAMeetingOfNobodyYetMovesAwayFromACordonedServer(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 2})
	first, err := w.Assign("maths", "")
	if err != nil {
		t.Fatal(err)
	}
	spec := sim.MeetingSpec{ID: "maths", Duration: time.Hour}
	if _, err := w.HostMeeting(first.ID, spec); err != nil {
		t.Fatal(err)
	}
	if err := w.SetState(first.ID, fleet.Cordoned); err != nil {
		t.Fatal(err)
	}
	second, err := w.Assign("maths", "")
	if err != nil || second.ID == first.ID {
		t.Fatalf("Assign again = %s, %v; want the other server", second.URL, err)
	}
	if _, err := w.HostMeeting(second.ID, spec); err != nil {
		t.Errorf("creating it there: %v", err)
	}
}

func TestTheBalancerKnowsNoMeetingsOfAServerThatWasDeleted(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	if _, err := w.CreateMeeting(sim.MeetingSpec{ID: "maths", Duration: time.Hour, Participants: 5}); err != nil {
		t.Fatal(err)
	}
	if err := w.RemoveMember(mustRead(t, w, "bbb-server1").BalancerID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Admit("maths"); !errors.Is(err, sim.ErrNoMeeting) {
		t.Errorf("Admit = %v; want ErrNoMeeting", err)
	}
}

func TestAMeetingThatBreaksOffOnADeletedServerGoesOnElsewhere(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 2})
	if _, err := w.CreateMeeting(sim.MeetingSpec{ID: "maths", Duration: time.Hour, Participants: 5, Fill: time.Second}); err != nil {
		t.Fatal(err)
	}
	at := slices.Index(meetingsOn(t, w), 1)
	was := w.Servers()[at]
	if err := w.RemoveMember(was.BalancerID); err != nil {
		t.Fatal(err)
	}
	w.Inject(sim.Fault{Kind: sim.BBBCrashed, On: was.Name})
	w.Run(5 * time.Minute)
	if r := w.Servers()[1-at]; r.Meetings != 1 || r.Participants != 5 {
		t.Errorf("the other server has %d meetings with %d people; want all 5 there", r.Meetings, r.Participants)
	}
}

func TestPeopleCannotJoinThroughADisabledServer(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	m, err := w.Assign("maths", "")
	if err != nil {
		t.Fatal(err)
	}
	set(t, w, "bbb-server1", fleet.Disabled)
	if _, err := w.HostMeeting(m.ID, sim.MeetingSpec{ID: "maths", Duration: time.Hour, Participants: 5, Fill: time.Second}); err != nil {
		t.Fatal(err)
	}
	w.Run(5 * time.Minute)
	if r := mustRead(t, w, "bbb-server1"); r.Meetings != 1 || r.Participants != 0 {
		t.Errorf("%d people in %d meetings; want a meeting that nobody can join", r.Participants, r.Meetings)
	}
	set(t, w, "bbb-server1", fleet.Cordoned)
	w.Run(2 * time.Minute)
	if r := mustRead(t, w, "bbb-server1"); r.Participants != 5 {
		t.Errorf("cordoned: %d people; want that to mend it", r.Participants)
	}
}

func TestAPanicStopsAtAMeetingThatEndedSinceTheLastPoll(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	for i := range 3 { // the second ends before the panic
		spec := sim.MeetingSpec{ID: fmt.Sprint("meeting-", i), Duration: time.Hour, Participants: 5}
		if i == 1 {
			spec.Duration = 130 * time.Second
		}
		if _, err := w.CreateMeeting(spec); err != nil {
			t.Fatal(err)
		}
	}
	until(w, func() bool { return mustRead(t, w, "bbb-server1").Meetings == 2 })
	id := mustRead(t, w, "bbb-server1").BalancerID
	err := w.PanicMember(id, false)
	if e, ok := errors.AsType[*sim.BalancerError](err); !ok || e.Status != http.StatusBadRequest {
		t.Fatalf("PanicMember = %v; want status 400", err)
	}
	if r := mustRead(t, w, "bbb-server1"); r.Meetings != 1 || r.State != fleet.Enabled {
		t.Errorf("afterwards: %d meetings, %s; want one ended, one left, and the state kept", r.Meetings, r.State)
	}
	if err := w.PanicMember(id, false); err != nil {
		t.Errorf("PanicMember again = %v; want success", err)
	}
	if r := mustRead(t, w, "bbb-server1"); r.Meetings != 0 || r.State != fleet.Disabled {
		t.Errorf("in the end: %d meetings, %s; want none, disabled", r.Meetings, r.State)
	}
}

func TestAPollDropsTheRecordsOfMeetingsThatEnded(t *testing.T) {
	w := sim.New(sim.Config{Servers: 1, Running: 1})
	if _, err := w.CreateMeeting(sim.MeetingSpec{ID: "maths", Duration: 90 * time.Second, Participants: 5}); err != nil {
		t.Fatal(err)
	}
	w.Run(3 * time.Minute)
	if _, err := w.Admit("maths"); !errors.Is(err, sim.ErrNoMeeting) {
		t.Errorf("Admit = %v; want ErrNoMeeting", err)
	}
	if err := w.PanicMember(mustRead(t, w, "bbb-server1").BalancerID, false); err != nil {
		t.Errorf("PanicMember = %v; want it to meet no record", err)
	}
}

func TestThePollLearnsBigBlueButtonsVersion(t *testing.T) {
	w := sim.New(sim.Config{Servers: 2, Running: 1})
	members, err := w.Members()
	if err != nil || members[0].Version != "3.0.4" || members[1].Version != "" {
		t.Errorf("versions = %q, %q, %v; want that of the server that answers", members[0].Version, members[1].Version, err)
	}
}
