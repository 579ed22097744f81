package fleet

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"
)

func TestTheDefaultsAreValid(t *testing.T) {
	if errs := Defaults().Validate(); len(errs) > 0 {
		t.Errorf("Defaults().Validate() = %v", errs)
	}
}

func TestEveryKeyThatIsWrongIsNamedWithItsValue(t *testing.T) {
	for want, change := range map[string]func(*Config){
		`fleet.name: ""`:                                                    func(c *Config) { c.Fleet.Name = "" },
		"fleet.evaluation_interval: 0s":                                     func(c *Config) { c.Fleet.EvaluationInterval, c.Fleet.BusyInterval = 0, -1 },
		"fleet.busy_interval: 0s":                                           func(c *Config) { c.Fleet.BusyInterval = 0 },
		"fleet.busy_interval: 1m0s: must be at most":                        func(c *Config) { c.Fleet.BusyInterval = time.Minute },
		"fleet.debounce_quiet: -1s":                                         func(c *Config) { c.Fleet.DebounceQuiet = -time.Second },
		"fleet.debounce_max: 1s: must be at least":                          func(c *Config) { c.Fleet.DebounceMax = time.Second },
		"fleet.concurrency: 0":                                              func(c *Config) { c.Fleet.Concurrency = 0 },
		"thresholds.cpu.min: 0.9: must be below":                            func(c *Config) { c.Thresholds.CPU.Min = 0.9 },
		"thresholds.memory.max: NaN":                                        func(c *Config) { c.Thresholds.Memory.Max = math.NaN() },
		"sizes.default.cores: 0":                                            func(c *Config) { c.Sizes.Default.Cores = 0 },
		"sizes.default.ram_mib: 8000: must be a positive":                   func(c *Config) { c.Sizes.Default.RAM = 8000 },
		"sizes.fleet.ram_mib: 1000: must be a positive multiple":            func(c *Config) { c.Sizes.Fleet.RAM = 1000 },
		"sizes.max.ram_mib: 0":                                              func(c *Config) { c.Sizes.Max.RAM = 0 },
		"sizes.max.ram_mib: 4096: must be at least":                         func(c *Config) { c.Sizes.Max.RAM = 4096 },
		"sizes.max.cores: 1: must be at least":                              func(c *Config) { c.Sizes.Max.Cores = 1 },
		"sizes.step.cores: 0":                                               func(c *Config) { c.Sizes.Step.Cores = 0 },
		"sizes.step.cores: 3: must be a divisor":                            func(c *Config) { c.Sizes.Step.Cores = 3 },
		"sizes.step.ram_mib: 7168: must be a divisor":                       func(c *Config) { c.Sizes.Step.RAM = 7168 },
		"capacity.min_active: 0":                                            func(c *Config) { c.Capacity.MinActive = 0 },
		"capacity.max_step: 0":                                              func(c *Config) { c.Capacity.MaxStep = 0 },
		"capacity.start_time: 0s":                                           func(c *Config) { c.Capacity.StartTime = 0 },
		"capacity.ceiling: -1":                                              func(c *Config) { c.Capacity.Ceiling = -1 },
		"capacity.min_active_share: 1.5":                                    func(c *Config) { c.Capacity.MinActiveShare = 1.5 },
		"capacity.learning_active_share: -0.1":                              func(c *Config) { c.Capacity.LearningActiveShare = -0.1 },
		"capacity.ceiling: 1: must be 0 (no limit) or at least the highest": func(c *Config) { c.Capacity.Ceiling = 1 },
		"capacity.schedule[0].min_active: 0":                                func(c *Config) { c.Capacity.Schedule = Schedule{{Intervals: make([]timeinterval.TimeInterval, 1)}} },
		"capacity.pools.gold.min_active: -1: must be at least 0":            func(c *Config) { c.Capacity.Pools = map[string]Pool{"gold": {MinActive: -1}} },
		`capacity.pools: "": must have keys that are tags`:                  func(c *Config) { c.Capacity.Pools = map[string]Pool{"": {}} },
		`capacity.pools: "none": must have keys that are tags`:              func(c *Config) { c.Capacity.Pools = map[string]Pool{"none": {}} },
		"capacity.ceiling: 6: must be 0 (no limit) or at least the highest floor (7)": func(c *Config) {
			c.Capacity.Ceiling, c.Capacity.Pools = 6, map[string]Pool{"gold": {MinActive: 5}}
		},
		"capacity.schedule[0].time_intervals: must list": func(c *Config) { c.Capacity.Schedule = Schedule{{MinActive: 3}} },
		"capacity.schedule[0].time_intervals[1].location: must": func(c *Config) {
			in := timeinterval.TimeInterval{Location: &timeinterval.Location{Location: time.UTC}}
			c.Capacity.Schedule = Schedule{{MinActive: 3, Intervals: []timeinterval.TimeInterval{in, {}}}}
		},
		`fleet.datacenters[0]: "": must be one`:                   func(c *Config) { c.Fleet.Datacenters = []string{""} },
		`fleet.datacenters[0]: "d1, d2": must be one`:             func(c *Config) { c.Fleet.Datacenters = []string{"d1, d2"} },
		`fleet.datacenters[1]: "d1": must be listed once`:         func(c *Config) { c.Fleet.Datacenters = []string{"d1", "d1"} },
		`fleet.exclude[0]: "bbb-[": must be`:                      func(c *Config) { c.Fleet.Exclude = []string{"bbb-["} },
		`fleet.exclude[1]: "": must be`:                           func(c *Config) { c.Fleet.Exclude = []string{"bbb-1", ""} },
		"fleet.budget.max_cores: -1":                              func(c *Config) { c.Fleet.Budget.Cores = -1 },
		"fleet.budget.max_ram_mib: -1":                            func(c *Config) { c.Fleet.Budget.RAM = -1 },
		"scale_in.max_share: 1.5":                                 func(c *Config) { c.ScaleIn.MaxShare = 1.5 },
		"capacity.tolerance: 1":                                   func(c *Config) { c.Capacity.Tolerance = 1 },
		"capacity.headroom: 1":                                    func(c *Config) { c.Capacity.Headroom = 1 },
		"scale_in.max_unseen: 0":                                  func(c *Config) { c.ScaleIn.MaxUnseen = 0 },
		"scale_in.max_vanished: NaN":                              func(c *Config) { c.ScaleIn.MaxVanished = math.NaN() },
		"scale_in.recordings_deadline: -1s":                       func(c *Config) { c.ScaleIn.RecordingsDeadline = -time.Second },
		"cooldowns.server_up: 0s":                                 func(c *Config) { c.Cooldowns.ServerUp = 0 },
		"cooldowns.server_down: 0s":                               func(c *Config) { c.Cooldowns.ServerDown = 0 },
		"cooldowns.scale_out: 0s":                                 func(c *Config) { c.Cooldowns.Out = 0 },
		"cooldowns.scale_in: 0s":                                  func(c *Config) { c.Cooldowns.In = 0 },
		"cooldowns.backoff: 0s":                                   func(c *Config) { c.Cooldowns.Backoff = 0 },
		"cooldowns.backoff_max: 1s: must be at least":             func(c *Config) { c.Cooldowns.BackoffMax = time.Second },
		"deadlines.start: 0s":                                     func(c *Config) { c.Deadlines.Start = 0 },
		"deadlines.queue: -1s":                                    func(c *Config) { c.Deadlines.Queue = -time.Second },
		"deadlines.warm: 0s":                                      func(c *Config) { c.Deadlines.Warm = 0 },
		"deadlines.stop: 0s":                                      func(c *Config) { c.Deadlines.Stop = 0 },
		"deadlines.resize: 0s":                                    func(c *Config) { c.Deadlines.Resize = 0 },
		"deadlines.drain: 0s":                                     func(c *Config) { c.Deadlines.Drain = 0 },
		"deadlines.read: 0s":                                      func(c *Config) { c.Deadlines.Read = 0 },
		"deadlines.write: 0s":                                     func(c *Config) { c.Deadlines.Write = 0 },
		"deadlines.patience: 0s":                                  func(c *Config) { c.Deadlines.Patience = 0 },
		"deadlines.stale: 20s: must be more than deadlines.read":  func(c *Config) { c.Deadlines.Stale = 20 * time.Second },
		"deadlines.stale: 25s: must be at least fleet.evaluation": func(c *Config) { c.Deadlines.Stale = 25 * time.Second },
		"deadlines.alert_resync: 0s":                              func(c *Config) { c.Deadlines.AlertResync = 0 },
		"deadlines.alert_expiry: 3m0s: must be more than":         func(c *Config) { c.Deadlines.AlertExpiry = 3 * time.Minute },
	} {
		c := Defaults()
		change(&c)
		var all []string
		found := false
		for _, err := range c.Validate() {
			all = append(all, err.Error())
			found = found || strings.HasPrefix(err.Error(), want)
		}
		if !found {
			t.Errorf("Validate names %q, want one that begins with %q", all, want)
		}
	}
}

// Alertmanager's time intervals are wrong by one day at the change to summer time if
// days are counted from the end of the month. The warning is needed as long as this
// test passes.
func TestDaysFromTheEndAreADayOffAtTheChangeToSummerTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	last := Floor{MinActive: 9, Intervals: []timeinterval.TimeInterval{{
		DaysOfMonth: []timeinterval.DayOfMonthRange{{InclusiveRange: timeinterval.InclusiveRange{Begin: -1, End: -1}}},
		Location:    &timeinterval.Location{Location: berlin},
	}}}
	c := Config{Capacity: Capacity{MinActive: 1, Schedule: Schedule{last}}}
	if got := c.Capacity.FloorAt("", time.Date(2027, 3, 31, 12, 0, 0, 0, berlin), 10); got != 1 {
		t.Errorf("the floor of 31 March 2027 is %d: the last day is counted right now, drop the warning", got)
	}
	if got := c.Capacity.FloorAt("", time.Date(2027, 4, 30, 12, 0, 0, 0, berlin), 10); got != 9 {
		t.Errorf("the floor of 30 April 2027 is %d, want 9", got)
	}
	if got := c.Warnings(); len(got) != 1 || !strings.Contains(got[0], "capacity.schedule[0]") {
		t.Errorf("Warnings() = %q, want one", got)
	}
}
