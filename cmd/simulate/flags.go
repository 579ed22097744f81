package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/build"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/flags"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/live"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/world"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// options are the command line.
type options struct {
	live          bool
	fleets        numbers // the numbers of servers
	servers       int     // the first of them
	output        string
	length        time.Duration
	speed         float64
	logLevel      string
	targets       string
	cutLinks      uint64
	withoutDaemon bool
	given         map[string]bool // names of the flags on the command line

	seeds      string
	days       int
	strategies string
	faults     []string
	pools      []string
	trace      string
	before     string // the trace of the week before
	configs    []string
	plot       string
	worlds     string // names or paths
	timetables string
	showWorld  string // name, of the command world

	scalelite live.Scalelite
	replicas  live.Replicas
}

func parse(args []string) (*options, string, error) {
	o := &options{}
	app := kingpin.New("simulate", "Shows what bbb-scaler does with a fleet: in simulated weeks, or with --live as a demo on a simulated fleet. "+
		"The command simulate record turns the history of a real fleet into a trace; see simulate record --help. The command simulate calibrate fits a world to it; see simulate calibrate --help.")
	app.HelpFlag.Short('h')
	app.Version(build.This().Text(app.Name))
	app.UsageTemplate(kingpin.LongHelpTemplate) // the flags are those of the command without a name
	c := app.Command("compare", "Compares strategies over simulated weeks of a school or of others, or runs the live demo. This is the default command. "+
		"The strategies are "+strategyHelp+". The figures that need words: overload is the share of people's time on servers above a maximum threshold, "+
		"servers, kept and reserve are the parts of the cost above that of the bound: servers that are on, sizes that people needed before, and sizes that nobody needed yet; "+
		"delay is the time from a need for a server on a morning until it is there, flaps are starts within 30 min of a stop of the same server, "+
		"and churn is starts within 30 min after a stop of any server that neither the load nor the floor asked for.").Default()
	c.Flag("servers", "Number of servers of the fleet, or several separated by commas. Default: 100, or 24 with --live.").SetValue(&o.fleets)
	c.Flag("output", "Format of the output: text or json.").Default("text").EnumVar(&o.output, "text", "json")
	c.Flag("seed", "Seed of the generated week: a number, or a range such as 1..10 for several weeks. With --live: one number.").Default("1").StringVar(&o.seeds)
	c.Flag("days", "Number of days to simulate, from a Monday on, up to 366.").Default("7").IntVar(&o.days)
	c.Flag("strategy", "Strategies to compare, separated by commas: "+strings.Join(strategyNames, ", ")+".").
		Default(strings.Join(strategyNames, ",")).StringVar(&o.strategies)
	c.Flag("fault", "Fault that lasts for the whole run: kind[=number][@server or datacenter], such as bbb-hangs@bbb-server3. May be repeated. The kinds are "+faultNames()+".").StringsVar(&o.faults)
	c.Flag("pool", "A tag and a share, such as gold=0.2: that share of the servers has the tag in Scalelite, and that share of the meetings requires it. May be repeated.").StringsVar(&o.pools)
	c.Flag("world", "What servers hold, people cause, the cloud and the balancer do, and servers cost: "+worldNames()+", or a file that ends with .yml; or several separated by commas. The command simulate world NAME prints one, to start a file from.").
		Default(world.Default).StringVar(&o.worlds)
	c.Flag("timetable", "Timetable from which the weeks are generated: "+strings.Join(timetableNames(), ", ")+"; or several separated by commas. More than one world, timetable or number of servers gives one table, with a row for each case and strategy.").Default(sim.School().Name).StringVar(&o.timetables)
	c.Flag("trace", "CSV file with meetings, used instead of generated weeks: lines of start,duration,participants,webcams below that header. The start is a time such as 08:00 (of Monday) or Tue 08:00, or seconds after Monday 00:00; the duration is 45m, 1h30m or seconds.").ExistingFileVar(&o.trace)
	c.Flag("trace.before", "With --trace: CSV file with the meetings of the whole week before, for the forecast. The column start counts from the Monday of that week. Without this file, there is no forecast for the first Monday.").ExistingFileVar(&o.before)
	c.Flag("config.file", "Configuration file of the scaler. If repeated, each file is a separate strategy. With --live: once; addresses, credentials, datacenters and capacity.schedule of the file are not used. Default: the shipped defaults; with --live, smaller servers.").StringsVar(&o.configs)
	c.Flag("plot", "SVG file for a plot of the first seed's week, of one world, timetable and number of servers.").StringVar(&o.plot)
	c.Flag("live", "Run the demo: a simulated fleet in this process, with the real daemon, Prometheus and Alertmanager, one hour in a minute.").BoolVar(&o.live)
	c.Flag("without-daemon", "With --live: run no daemon, and print the command that starts one with the configuration of this run.").BoolVar(&o.withoutDaemon)
	c.Flag("for", "With --live: real time to run, such as 90s or 3m. Default: until Ctrl-C.").DurationVar(&o.length)
	c.Flag("speed", "With --live: seconds of simulated time in one second of real time, from 1 to 240. Default: 60, or less if --scalelite.poll-interval requires it.").Float64Var(&o.speed)
	c.Flag("scalelite.url", "With --live: URL of a real Scalelite on this machine, which is used instead of the simulated one. It must have no servers; the simulated servers are registered there until the end.").StringVar(&o.scalelite.URL)
	c.Flag("scalelite.secret", "LOADBALANCER_SECRET of that Scalelite. Prefer the environment variable LOADBALANCER_SECRET.").StringVar((*string)(&o.scalelite.Secret))
	c.Flag("scalelite.poll-interval", "POLL_INTERVAL of that Scalelite. It limits --speed: 60s allow a speed of 2, 2s allow a speed of 60.").Default("60s").DurationVar(&o.scalelite.PollInterval)
	c.Flag("targets", "With --live: name by which Prometheus scrapes the exporters: address, name or private address of the servers. The result is the same.").
		Default(live.TargetsAddress).EnumVar(&o.targets, live.TargetsAddress, live.TargetsName, live.TargetsPrivate)
	c.Flag("cut-links", "With --live: run two Prometheus and two Alertmanagers, and cut the links between them and to the daemon at random, for seconds to minutes of simulated time. The value is the seed, from 1. Every half hour, and at the end, all are mended and the daemon's alerts compared with Alertmanager's.").Uint64Var(&o.cutLinks)
	o.replicaFlags(c)
	c.Flag("log.level", "With --live: minimum level of the log lines of the daemon, Prometheus and Alertmanager that are printed.").Default("error").EnumVar(&o.logLevel, "error", "warn", "info", "debug")
	app.Command("world", "Prints the file of a shipped world.").
		Arg("name", "Name of the world.").Default(world.Default).StringVar(&o.showWorld)
	command, err := flags.Parse(app, args)
	if err != nil {
		return nil, "", fmt.Errorf("%w; see simulate --help", err)
	}
	o.given, err = givenFlags(app, args)
	return o, command, err
}

// Upper limits of flags. In the live demo each server has three listeners, and at
// 240 times the speed a scrape interval of 30 s is 125 ms.
const (
	mostServers = 2000
	mostDays    = 366
	mostLive    = 745
	mostSpeed   = 240
	// mostServerSpeed limits servers times speed in the live demo: two cores scrape
	// that many exporters in time.
	mostServerSpeed = 9000
)

func (o *options) validate() error {
	most := mostServers
	if o.live {
		most = mostLive
	}
	var p refuse.Problems
	for _, n := range o.fleets {
		p.Require(n >= 1 && n <= most, "--servers", n, "be from 1 to %d", most)
	}
	p.Require(!o.live || len(o.fleets) == 1, "--servers", &o.fleets, "be one number with --live")
	p.Require(!o.live || !strings.Contains(o.worlds, ","), "--world", o.worlds, "be one world with --live")
	p.Require(o.speed >= 1 && o.speed <= mostSpeed, "--speed", o.speed, "be from 1 to %d", mostSpeed)
	p.Require(!o.live || o.speed > mostSpeed || float64(o.servers)*o.speed <= mostServerSpeed, "--speed", o.speed, "be at most %.3g with %d servers", mostServerSpeed/float64(o.servers), o.servers)
	p.Require(!o.live || !strings.Contains(o.seeds, ".."), "--seed", o.seeds, "be one number with --live")
	p.Require(!o.live || len(o.configs) <= 1, "--config.file", strings.Join(o.configs, ", "), "be given once with --live")
	p.Require(o.cutLinks > 0 || !o.given["cut-links"], "--cut-links", o.cutLinks, "be at least 1")
	if o.given["for"] {
		p.Positive("--for", o.length)
	}
	p.Require(o.days >= 1 && o.days <= mostDays, "--days", o.days, "be from 1 to %d", mostDays)
	return errors.Join(p...)
}

// seedList reads "3" or "1..10".
func seedList(text string) ([]uint64, error) {
	first, last, isRange := strings.Cut(text, "..")
	from, err := strconv.ParseUint(first, 10, 32)
	to := from
	if err == nil && isRange {
		to, err = strconv.ParseUint(last, 10, 32)
	}
	if err != nil || to < from || to-from >= 1000 {
		return nil, refuse.Value("--seed", text, "be a number or a range of at most 1000, such as 1..10")
	}
	var list []uint64
	for s := from; s <= to; s++ {
		list = append(list, s)
	}
	return list, nil
}

// program is the main function of a command.
type program = func(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error

// run runs the command in args until it ends or ctx is done.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	others := map[string]program{"record": runRecord, "calibrate": runCalibrate, replicaCommand: runReplica}
	if len(args) > 0 && others[args[0]] != nil {
		return others[args[0]](ctx, args[1:], environ, stdout, stderr)
	}
	o, command, err := parse(args)
	if err != nil {
		return err
	}
	if command == "world" {
		return printWorld(stdout, o.showWorld)
	}
	if err := o.refuseIgnored(); err != nil {
		return err
	}
	o.defaultServers()
	if err := o.beside(config.Getenv(environ)); err != nil {
		return err
	}
	if err := errors.Join(o.validate(), o.validateReplicas(environ)); err != nil {
		return err
	}
	if o.live {
		return o.demo(ctx, environ, stdout, stderr)
	}
	return o.compare(ctx, environ, stdout, stderr)
}
