package week

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// TestADayOfTwoPoolsRefusesNobody has a fifth of the meetings of a school's Monday
// require a tag that a fifth of the servers has.
func TestADayOfTwoPoolsRefusesNobody(t *testing.T) {
	file, journal := config.Defaults(), store.NewMemory()
	c := aDay(20, file)
	c.Pools = []Pool{{Tag: "gold", Share: 0.2}}
	setup := c.setup(1)
	setup.World.Start, setup.Until = monday.Add(6*time.Hour), monday.Add(15*time.Hour)
	setup.Arrivals = slices.DeleteFunc(setup.Arrivals, func(a sim.Arrival) bool { return a.At.Before(setup.World.Start) || !a.At.Before(setup.Until) })
	r := mustSimulate(t, setup, Ours{Title: "ours", File: file, Override: func(d *actions.Deps) { d.Store = journal }})
	asked := map[string]int{}
	for _, a := range setup.Arrivals {
		asked[a.Tag]++
	}
	if asked["gold!"] < 8 || asked[""] < 30 {
		t.Fatalf("meetings %v, want many of both kinds", asked)
	}
	if f := r.Figures; f.Meetings != len(setup.Arrivals) || f.MeetingsRefused+f.MeetingsEndedEarly+f.JoinsRefused > 0 {
		t.Errorf("%d of %d meetings, %d refused, %d ended early, %d joins refused; want all and none",
			f.Meetings, len(setup.Arrivals), f.MeetingsRefused, f.MeetingsEndedEarly, f.JoinsRefused)
	}
	entries, err := journal.Journal(t.Context(), store.JournalKept, "")
	if err != nil {
		t.Fatal(err)
	}
	steps := map[bool]map[fleet.Kind]int{true: {}, false: {}} // by whether the server has a tag
	gold := sim.New(setup.World).Servers()[:4]
	for _, e := range entries {
		if e.Outcome == fleet.Done {
			tagged := false
			for _, r := range gold {
				tagged = tagged || r.Name == e.Step.Server
			}
			steps[tagged][e.Step.Kind]++
		}
	}
	for tagged, n := range steps {
		if n[fleet.Start]+n[fleet.Grow] == 0 || n[fleet.Cordon]+n[fleet.Reclaim] == 0 {
			t.Errorf("with a tag %v: steps %v; want servers added and taken away again", tagged, n)
		}
	}
}

func TestAFleetWithoutPoolsIsSetUpAsBefore(t *testing.T) {
	setup := aDay(12, config.Defaults()).setup(1)
	for _, a := range setup.Arrivals {
		if a.Tag != "" {
			t.Fatalf("a meeting asks for %q, want no tag", a.Tag)
		}
	}
	if len(setup.World.Pools) != 0 || len(setup.History) != 1 || len(setup.History[""].Crowds) == 0 {
		t.Errorf("pools %v, history of %d pools; want no pool and the history of the one without a tag", setup.World.Pools, len(setup.History))
	}
}

func TestTheSameMeetingsRequireATagEveryTime(t *testing.T) {
	arrivals := make([]sim.Arrival, 1000)
	pools := []Pool{{"gold", 0.2}, {"silver", 0.3}}
	count := func(seed uint64) string {
		var all strings.Builder
		n := map[string]int{}
		for _, a := range tagged(arrivals, pools, seed) {
			n[a.Tag]++
			all.WriteString(a.Tag + ",")
		}
		if n["gold!"] < 150 || n["gold!"] > 250 || n["silver!"] < 250 || n["silver!"] > 350 {
			t.Errorf("seed %d: tags %v, want about 200 gold! and 300 silver!", seed, n)
		}
		return all.String()
	}
	first, again, other := count(1), count(1), count(2)
	if first != again || first == other {
		t.Error("want the same tags for the same seed, and others for another")
	}
	if arrivals[0].Tag != "" {
		t.Error("the given meetings have changed")
	}
}
