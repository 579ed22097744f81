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
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"
	webflag "github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// options are the flags of the daemon and of all commands.
type options struct {
	environ    []string // as of os.Environ
	configFile string
	storage    string
	dryRun     bool
	log        *promslog.Config
	web        *web.FlagConfig

	client client
	json   bool
	pause  pauseFlags
	server string // that explain and release are about
	id     string // of the pause to end
}

type pauseFlags struct {
	scaleInOnly    bool
	server, reason string
	length         time.Duration
}

// parse reads the command line; what a client of the daemon needs can come from
// the environment too.
func parse(args, environ []string, stdout io.Writer) (*options, string, error) {
	o := &options{environ: environ, log: &promslog.Config{}}
	app := kingpin.New("bbb-scaler", "Scales a fleet of BigBlueButton servers on IONOS, behind Scalelite, on what Alertmanager tells it.")
	app.UsageWriter(stdout).ErrorWriter(stdout) // of --help and --version; errors are returned
	app.Version(version.Print("bbb-scaler"))
	app.HelpFlag.Short('h')
	app.Flag("config.file", "Configuration file; without it, the defaults and the environment.").StringVar(&o.configFile)
	logflag.AddFlags(app, o.log)

	daemon := app.Command("run", "Runs the daemon. This is what happens without a command.").Default()
	daemon.Flag("storage.path", "Directory for what must survive a restart.").Default("data").StringVar(&o.storage)
	daemon.Flag("dry-run", "Change nothing: decide, journal and show only.").BoolVar(&o.dryRun)
	o.web = webflag.AddFlags(daemon, ":9745")

	app.Command("check", "Reads everything that the daemon would, shows the fleet, and says what is wrong and how to mend it. Exits 1 if something is.")
	o.clientCommands(app)
	command, err := app.Parse(args)
	return o, command, err
}

// clientCommands adds the commands that talk to a running daemon.
func (o *options) clientCommands(app *kingpin.Application) {
	add := func(name, help string) *kingpin.CmdClause {
		c := app.Command(name, help)
		o.client.flags(c, config.Getenv(o.environ))
		return c
	}
	status := add("status", "Shows the fleet of a running daemon.")
	status.Flag("json", "Print the fleet as JSON.").BoolVar(&o.json)

	explain := add("explain", "Shows all that bears on one server's next step.")
	explain.Arg("server", "Its name or id.").Required().StringVar(&o.server)

	pause := add("pause", "Stops the scaler from acting, for a while.")
	pause.Flag("scale-in-only", "Go on adding capacity.").BoolVar(&o.pause.scaleInOnly)
	pause.Flag("server", "Name or pattern of the servers to leave alone, such as bbb-1*; without it, the whole fleet.").StringVar(&o.pause.server)
	pause.Flag("reason", "Why, for whoever reads it later.").Required().StringVar(&o.pause.reason)
	pause.Flag("for", "How long, such as 2h or 45m.").Required().DurationVar(&o.pause.length)

	resume := add("resume", "Ends a pause, or all of them.")
	resume.Arg("id", "The pause; status shows it. Without it, all.").StringVar(&o.id)

	release := add("release", "Gives a server that a person cordoned, disabled, stopped or resized back to the scaler.")
	release.Arg("server", "Its name or id.").Required().StringVar(&o.server)
}

// commands maps each command to what does it.
func (o *options) commands(stdout, stderr io.Writer) map[string]func(context.Context) error {
	client := func(do func(ctx context.Context, out io.Writer) error) func(context.Context) error {
		return func(ctx context.Context) error {
			if err := o.client.connect(); err != nil {
				return err
			}
			return do(ctx, stdout)
		}
	}
	return map[string]func(context.Context) error{
		"run":     func(ctx context.Context) error { return o.daemon(ctx, stderr) },
		"check":   func(ctx context.Context) error { return o.check(ctx, stdout) },
		"status":  client(o.showStatus),
		"explain": client(o.explain),
		"pause":   client(o.askPause),
		"resume":  client(o.askResume),
		"release": client(o.askRelease),
	}
}

// author names who pauses, where no login does.
func author() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, _ := os.Hostname()
	return name + "@" + cmp.Or(host, "unknown")
}
