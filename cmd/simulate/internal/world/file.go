package world

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// file is a world's file. Its keys are explained in worlds/typical.yml.
type file struct {
	Extends  string   `yaml:"extends"`
	About    string   `yaml:"about"`
	Load     load     `yaml:"load"`
	Cloud    cloud    `yaml:"cloud"`
	Balancer balancer `yaml:"balancer"`
	Prices   prices   `yaml:"prices"`
	Faults   []string `yaml:"faults"`
}

// load has cores, and RAM in MiB.
type load struct {
	IdleCores        float64  `yaml:"idle_cores"`
	IdleCoresPerCore float64  `yaml:"idle_cores_per_core"`
	IdleRAM          float64  `yaml:"idle_ram_mib"`
	IdleRAMPerGiB    float64  `yaml:"idle_ram_mib_per_gib"`
	LeakRAM          float64  `yaml:"leak_ram_mib_per_hour"`
	BootCores        float64  `yaml:"boot_cores"`
	ParticipantCores float64  `yaml:"participant_cores"`
	ParticipantRAM   float64  `yaml:"participant_ram_mib"`
	WebcamCores      float64  `yaml:"webcam_cores"`
	WebcamRAM        float64  `yaml:"webcam_ram_mib"`
	StreamCores      float64  `yaml:"stream_cores"`
	StreamsEach      int      `yaml:"streams_per_person"`
	RecordingTime    duration `yaml:"recording_time"`
}

type cloud struct {
	Start           span       `yaml:"start"`
	Stop            span       `yaml:"stop"`
	Resize          span       `yaml:"resize"`
	System          span       `yaml:"system"`
	BBB             span       `yaml:"bbb"`
	Serial          bool       `yaml:"serial"`
	Busy            string     `yaml:"busy"`
	Cold            string     `yaml:"cold_resize"`
	RateLimit       int        `yaml:"calls_per_minute"`
	RateBurst       int        `yaml:"calls_at_once"`
	PerServer       fleet.Size `yaml:"per_server"`
	PerContract     fleet.Size `yaml:"per_contract"`
	ContractRefuses bool       `yaml:"contract_refuses"`
}

type balancer struct {
	PollInterval       duration `yaml:"poll_interval"`
	PollerThreads      int      `yaml:"poller_threads"`
	PollerWait         duration `yaml:"poller_wait_timeout"`
	ConnectTimeout     duration `yaml:"connect_timeout"`
	ResponseTimeout    duration `yaml:"response_timeout"`
	Off                string   `yaml:"off"`
	UnhealthyThreshold int      `yaml:"unhealthy_threshold"`
	HealthyThreshold   int      `yaml:"healthy_threshold"`
	CordonRace         float64  `yaml:"cordon_race"`
	EnableRace         float64  `yaml:"enable_race"`
}

type prices struct {
	Currency string  `yaml:"currency"`
	CoreHour float64 `yaml:"core_hour"`
	GiBHour  float64 `yaml:"gib_hour"`
}

// duration is a time.Duration that is written with its unit.
type duration time.Duration

// String returns the text that UnmarshalYAML reads.
func (d duration) String() string { return time.Duration(d).String() }

// UnmarshalYAML reads a duration such as 90s.
func (d *duration) UnmarshalYAML(node *yaml.Node) error {
	v, err := parseDuration(node.Value)
	*d = duration(v)
	return err
}

// span is a sim.Span, written as 30s..90s, or as one duration.
type span sim.Span

// UnmarshalYAML reads a span.
func (s *span) UnmarshalYAML(node *yaml.Node) error {
	least, most, isRange := strings.Cut(node.Value, "..")
	if !isRange {
		most = least
	}
	var err error
	if s.Min, err = parseDuration(least); err != nil {
		return err
	}
	if s.Max, err = parseDuration(most); err == nil && s.Max < s.Min {
		err = fmt.Errorf("%s must not be below %s", s.Max, s.Min)
	}
	return err
}

// parseDuration reads a duration above 0 with a unit.
func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("need a duration above 0 with a unit, such as 90s or 5m, or, for cloud, a range such as 30s..90s")
	}
	return d, nil
}

// validate returns what is wrong with the values. The types are right.
func (f *file) validate() []error {
	var p refuse.Problems
	eachNumber("", reflect.ValueOf(*f), func(key string, v float64) {
		p.Require(v >= 0 && !math.IsInf(v, 0), key, v, "be a finite number of at least 0")
	})
	below1 := func(key string, v float64) { p.Require(!(v >= 1), key, v, "be below 1") }
	below1("load.idle_cores_per_core", f.Load.IdleCoresPerCore)
	below1("load.idle_ram_mib_per_gib / 1024", f.Load.IdleRAMPerGiB/1024)
	p.Require(f.Balancer.CordonRace <= 1, "balancer.cordon_race", f.Balancer.CordonRace, "be a probability from 0 to 1")
	p.Require(f.Balancer.EnableRace <= 1, "balancer.enable_race", f.Balancer.EnableRace, "be a probability from 0 to 1")
	for key, n := range map[string]int{
		"balancer.poller_threads": f.Balancer.PollerThreads, "balancer.unhealthy_threshold": f.Balancer.UnhealthyThreshold,
		"balancer.healthy_threshold": f.Balancer.HealthyThreshold, "cloud.calls_at_once": f.Cloud.RateBurst,
		"cloud.per_server.cores": int(f.Cloud.PerServer.Cores), "cloud.per_server.ram_mib": int(f.Cloud.PerServer.RAM),
		"cloud.per_contract.cores": int(f.Cloud.PerContract.Cores), "cloud.per_contract.ram_mib": int(f.Cloud.PerContract.RAM),
	} {
		p.AtLeast(key, n, 1)
	}
	oneOf(&p, "cloud.busy", f.Cloud.Busy, string(sim.BusyQueues), string(sim.Busy422), string(sim.Busy423))
	oneOf(&p, "cloud.cold_resize", f.Cloud.Cold, string(sim.ColdReboots), string(sim.ColdRejects), string(sim.ColdSilent), string(sim.ColdIgnored))
	oneOf(&p, "balancer.off", f.Balancer.Off, string(sim.OffRefuses), string(sim.OffSilent))
	p.Require(f.Load.ParticipantCores+f.Load.WebcamCores+f.Load.StreamCores > 0, "load.participant_cores", f.Load.ParticipantCores,
		"be above 0, unless webcam_cores or stream_cores is: people cause load")
	p.Require(f.Prices.CoreHour+f.Prices.GiBHour > 0, "prices.core_hour", f.Prices.CoreHour, "be above 0, unless gib_hour is")
	return p
}

func oneOf(p *refuse.Problems, key, value string, allowed ...string) {
	p.Require(slices.Contains(allowed, value), key, value, "be one of %s", strings.Join(allowed, ", "))
}

// eachNumber calls f for each number in a struct and its sections, with its key.
func eachNumber(at string, v reflect.Value, f func(key string, v float64)) {
	for i := range v.NumField() {
		key := strings.TrimPrefix(at+"."+v.Type().Field(i).Tag.Get("yaml"), ".")
		switch field := v.Field(i); {
		case field.Type() == reflect.TypeFor[span](): // has been checked
		case field.Kind() == reflect.Struct:
			eachNumber(key, field, f)
		case field.CanFloat():
			f(key, field.Float())
		case field.CanInt():
			f(key, float64(field.Int()))
		}
	}
}

// world returns the values as the simulation takes them.
func (f *file) world() World {
	l, c, b := f.Load, f.Cloud, f.Balancer
	return World{
		About: f.About, Faults: f.Faults, Prices: sim.Prices(f.Prices),
		Load: sim.LoadModel{
			BaseCores: l.IdleCores, BaseCoresPerCore: l.IdleCoresPerCore, BaseRAM: l.IdleRAM, BaseRAMPerGiB: l.IdleRAMPerGiB,
			LeakRAM: l.LeakRAM, BootCores: l.BootCores, ParticipantCores: l.ParticipantCores, ParticipantRAM: l.ParticipantRAM,
			WebcamCores: l.WebcamCores, WebcamRAM: l.WebcamRAM, StreamCores: l.StreamCores, StreamsEach: l.StreamsEach,
			RecordingTime: time.Duration(l.RecordingTime),
		},
		Cloud: sim.CloudConfig{
			Start: sim.Span(c.Start), Stop: sim.Span(c.Stop), Resize: sim.Span(c.Resize), System: sim.Span(c.System), BBB: sim.Span(c.BBB),
			Serial: c.Serial, Busy: sim.BusyAnswer(c.Busy), Cold: sim.ColdResize(c.Cold), RateLimit: c.RateLimit, RateBurst: c.RateBurst,
			PerServer: c.PerServer, PerContract: c.PerContract, ContractRefuses: c.ContractRefuses,
		},
		Balancer: sim.BalancerConfig{
			PollInterval: time.Duration(b.PollInterval), PollerThreads: b.PollerThreads, PollerWait: time.Duration(b.PollerWait),
			ConnectTimeout: time.Duration(b.ConnectTimeout), ResponseTimeout: time.Duration(b.ResponseTimeout), Off: sim.OffAnswer(b.Off),
			UnhealthyThreshold: b.UnhealthyThreshold, HealthyThreshold: b.HealthyThreshold, CordonRace: b.CordonRace, EnableRace: b.EnableRace,
		},
	}
}
