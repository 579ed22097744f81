package daemon

import (
	"cmp"
	"context"
	"io"
	"os"
	"os/user"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	logflag "github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/exporter-toolkit/web"
	webflag "github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
)

// options are the flags of all commands, the daemon's included.
type options struct {
	environ    []string // as of os.Environ
	configFile string
	configText []byte // of that file, when it was last read or refused
	autoReload time.Duration
	storage    string
	dryRun     bool
	log        *promslog.Config
	web        *web.FlagConfig

	connection connection
	json       bool // status prints JSON
	pause      pauseFlags
	server     string // of explain and release: name or id
	id         string // of the pause to end; "" is all
}

type pauseFlags struct {
	scaleInOnly    bool
	server, reason string
	length         time.Duration
}

// parse reads the command line. It returns the options and the command's name.
func parse(args, environ []string, stdout io.Writer) (*options, string, error) {
	o := &options{environ: environ, log: &promslog.Config{}}
	app := kingpin.New("bbb-scaler", "Scales a fleet of BigBlueButton servers on IONOS behind Scalelite. Alerts of Prometheus, sent by Alertmanager, start and stop servers and change their size.")
	app.UsageWriter(stdout).ErrorWriter(stdout) // of --help and --version; errors are returned
	app.Version(thisBuild().String())
	app.HelpFlag.Short('h')
	app.Flag("config.file", "Configuration file. Without it, the defaults and the environment variables apply.").StringVar(&o.configFile)
	logflag.AddFlags(app, o.log)

	daemon := app.Command("run", "Runs the daemon. This is the default command.").Default()
	daemon.Flag("storage.path", "Directory of the store: journal, pauses, cooldowns and the alerts that are active.").Default("data").StringVar(&o.storage)
	daemon.Flag("dry-run", "Change nothing: plan and write the journal, and send no change to the cloud or the balancer.").BoolVar(&o.dryRun)
	daemon.Flag("config.auto-reload-interval", "How often the configuration file is looked at for a change, which is then taken over. 0s: only on SIGHUP and POST /-/reload.").Default("30s").DurationVar(&o.autoReload)
	o.web = webflag.AddFlags(daemon, ":9745")

	app.Command("check", "Reads everything that the daemon reads, changes nothing, prints the fleet, and lists problems and how to fix them. The exit code is 1 if there is a problem.")
	o.clientCommands(app)
	command, err := app.Parse(args)
	return o, command, err
}

// clientCommands adds the commands that call a running daemon.
func (o *options) clientCommands(app *kingpin.Application) {
	add := func(name, help string) *kingpin.CmdClause {
		c := app.Command(name, help)
		o.connection.flags(c, config.Getenv(o.environ))
		return c
	}
	status := add("status", "Prints the fleet of a running daemon.")
	status.Flag("json", "Print the fleet as JSON.").BoolVar(&o.json)

	explain := add("explain", "Prints one server: its state and the reason, its alerts, what holds it back, and its last steps.")
	explain.Arg("server", "Name or id of the server.").Required().StringVar(&o.server)

	pause := add("pause", "Pauses the scaler for a limited time, for the whole fleet or for some servers.")
	pause.Flag("scale-in-only", "Pause only what removes capacity; servers are still started and grown.").BoolVar(&o.pause.scaleInOnly)
	pause.Flag("server", "Name or id of the server to pause, or a pattern of names such as bbb-1*. Without it, the whole fleet.").StringVar(&o.pause.server)
	pause.Flag("reason", "Reason, shown wherever the pause is.").Required().StringVar(&o.pause.reason)
	pause.Flag("for", "Length, such as 2h or 45m.").Required().DurationVar(&o.pause.length)

	resume := add("resume", "Ends a pause, or all of them.")
	resume.Arg("id", "Id of the pause, as status prints it. Without it, all pauses.").StringVar(&o.id)

	release := add("release", "Returns a server that a person cordoned, disabled, stopped or resized to the scaler's control.")
	release.Arg("server", "Name or id of the server.").Required().StringVar(&o.server)
}

// commands maps the name of each command to its function.
func (o *options) commands(stdout, stderr io.Writer) map[string]func(context.Context) error {
	asking := func(ask func(context.Context, *client.Client, io.Writer) error) func(context.Context) error {
		return func(ctx context.Context) error {
			daemon, err := o.connection.dial()
			if err != nil {
				return err
			}
			defer daemon.Close()
			return hint(ask(ctx, daemon, stdout))
		}
	}
	return map[string]func(context.Context) error{
		"run":     func(ctx context.Context) error { return o.daemon(ctx, stderr) },
		"check":   func(ctx context.Context) error { return o.check(ctx, stdout) },
		"status":  asking(o.askStatus),
		"explain": asking(o.askExplain),
		"pause":   asking(o.askPause),
		"resume":  asking(o.askResume),
		"release": asking(o.askRelease),
	}
}

// author names the author of a pause for a daemon without logins: user@host.
func author() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, _ := os.Hostname()
	return name + "@" + cmp.Or(host, "unknown")
}
