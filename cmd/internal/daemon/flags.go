package daemon

import (
	"cmp"
	"context"
	"io"
	"os"
	"os/user"
	"slices"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	logflag "github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/exporter-toolkit/web"
	webflag "github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/build"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/flags"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
)

// options are the flags of all commands, the daemon's included.
type options struct {
	environ    []string // as of os.Environ
	configFile string
	configText []byte // of that file, when it was last read or refused
	autoReload time.Duration
	storage    storage
	peers      peers
	copy       storageCopy
	dryRun     bool
	displayed  displayedClock
	log        *promslog.Config
	web        *web.FlagConfig

	connection connection
	output     string    // outputText or outputJSON
	only       selection // status: the servers to show
	watch      repetition
	journal    journalFlags
	colors     terminal.Palette // of standard output
	pause      pauseFlags
	server     string // explain, release: name or id of the server
	id         string // resume: id of the pause; "" for all pauses

	url                string // healthy: base URL of the daemon
	user, passwordFile string // hash-password
}

// pauseFlags are the flags of pause.
type pauseFlags struct {
	scaleInOnly    bool
	server, reason string
	length         time.Duration
}

// parse reads the command line. It returns the options and the command's name.
func parse(args, environ []string, stdout io.Writer) (*options, string, error) {
	o := &options{environ: environ, colors: terminal.PaletteOf(stdout, config.Getenv(environ))}
	app := o.application(stdout)
	if !slices.Contains(args, "--completion-bash") { // a default command would hide the others from completion
		app.GetCommand("run").Default()
	}
	command, err := flags.Parse(app, args)
	if err != nil {
		err = usage("%w", err)
	}
	return o, command, err
}

// application returns the commands and flags, which set o.
func (o *options) application(stdout io.Writer) *kingpin.Application {
	o.log = &promslog.Config{}
	app := kingpin.New("bbb-scaler", "Scales BigBlueButton servers on IONOS behind Scalelite. It acts on alerts of Prometheus that Alertmanager sends to its webhook: it starts and stops servers and changes their size.\n\n"+exitCodes)
	app.UsageWriter(stdout).ErrorWriter(stdout) // of --help and --version; errors are returned
	app.Version(build.This().Text(app.Name))
	app.HelpFlag.Short('h')
	app.Flag("config.file", "Configuration file. Without it, the defaults and the environment variables apply.").StringVar(&o.configFile)
	logflag.AddFlags(app, o.log)

	daemon := app.Command("run", "Runs the daemon. This is the default command.")
	o.storage.flags(daemon)
	o.peers.flags(daemon)
	daemon.Flag("dry-run", "Plan and write the journal, but change nothing at IONOS and in Scalelite.").BoolVar(&o.dryRun)
	daemon.Flag("config.auto-reload-interval", "Interval at which the configuration file is checked for changes, which are then loaded. 0s: load it only on SIGHUP and POST /-/reload.").Default("30s").DurationVar(&o.autoReload)
	o.web = webflag.AddFlags(daemon, ":9745")
	daemon.Flag("web.displayed-clock", "Clock of the page and of the API, for simulations: a time, the real time at that moment, and how many times as fast it goes.").Hidden().SetValue(&o.displayed)

	app.Command("check", "Reads the configuration and all systems that the daemon uses, and prints the fleet, the problems and how to fix them. Changes nothing. The exit code is 1 if there is a problem.")
	o.clientCommands(app)
	o.copy.flags(app)
	o.setupCommands(app)
	return app
}

// printer returns a printer for people.
func (o *options) printer(out io.Writer) *printer { return &printer{out: out, colors: o.colors} }

// clientCommands adds the commands that call a running daemon.
func (o *options) clientCommands(app *kingpin.Application) {
	add := func(name, help string) *kingpin.CmdClause {
		c := app.Command(name, help)
		o.connection.flags(c, config.Getenv(o.environ))
		return c
	}
	status := add("status", "Prints the verdict on the fleet of a running daemon, what is wrong and what to do, and the servers. The exit code is 1 if the verdict is PROBLEM, as during an outage of IONOS or Scalelite, 3 if the daemon does not answer, and 0 for OK and ATTENTION.")
	o.outputFlag(status, "the document of /api/v1/fleet.")
	o.only.flags(status)
	o.watch.flags(status, "watch", "Print the fleet again and again, until Ctrl-C.")

	explain := add("explain", "Prints one server: its state with the reason, its alerts, cooldowns and pauses, and its last steps.")
	o.outputFlag(explain, "the server, its pauses, blocks, brakes and alerts, and its last journal entries, as the API has them.")
	o.watch.flags(explain, "watch", "Print the server again and again, until Ctrl-C.")
	explain.Arg("server", "Name or id of the server.").Required().StringVar(&o.server)

	journal := add("journal", "Prints the journal: every step with its outcome and reason, oldest first.")
	o.outputFlag(journal, "the entries of /api/v1/journal, one on each line.")
	o.journal.flags(journal)

	pause := add("pause", "Stops all changes of the fleet, or of some servers, for a limited time.")
	pause.Flag("scale-in-only", "Pause only the removal of capacity; servers are still started and grown.").BoolVar(&o.pause.scaleInOnly)
	pause.Flag("server", "Name or id of the server to pause, or a pattern of names such as bbb-1*. Without it, the whole fleet.").StringVar(&o.pause.server)
	pause.Flag("reason", "Reason, which is shown together with the pause.").Required().StringVar(&o.pause.reason)
	pause.Flag("for", "Duration of the pause, such as 2h or 45m.").Required().DurationVar(&o.pause.length)

	resume := add("resume", "Ends one pause or all pauses.")
	resume.Arg("id", "Id of the pause, as status prints it. Without it, all pauses.").StringVar(&o.id)

	release := add("release", "Lets the scaler change a server again that a person cordoned, disabled, stopped or resized.")
	release.Arg("server", "Name or id of the server, or a pattern of names such as bbb-1*. The pattern * releases all such servers.").Required().StringVar(&o.server)
}

// setupCommands adds the commands for those who install the daemon and the exporters.
func (o *options) setupCommands(app *kingpin.Application) {
	healthy := app.Command("healthy", "Exits with 0 if the daemon on this host answers: the health check of a container. It needs no login, and the same URL with and without TLS.")
	healthy.Flag("url", "Base URL of the daemon.").Default("http://127.0.0.1:9745").StringVar(&o.url)

	hash := app.Command("hash-password", "Prints a user with the hash of a password, for basic_auth_users in the web configuration file of the daemon or of an exporter.")
	hash.Flag("password-file", "File with the password; by default, standard input.").Default("/dev/stdin").StringVar(&o.passwordFile)
	hash.Arg("user", "Name of the user.").Required().StringVar(&o.user)
}

// commands maps the name of each command to its function.
func (o *options) commands(stdout, stderr io.Writer) map[string]func(context.Context) error {
	asking := func(ask asks) func(context.Context) error {
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
		"status":  asking(o.watched(o.askStatus)),
		"explain": asking(o.watched(o.askExplain)),
		"journal": asking(func(ctx context.Context, daemon *client.Client, out io.Writer) error {
			return o.askJournal(ctx, daemon, out, stderr)
		}),
		"pause":   asking(o.askPause),
		"resume":  asking(o.askResume),
		"release": asking(o.askRelease),

		"storage copy":  func(ctx context.Context) error { return o.copyStorage(ctx, stdout) },
		"healthy":       func(ctx context.Context) error { return o.healthy(ctx, stdout) },
		"hash-password": func(context.Context) error { return o.hashPassword(stdout) },
	}
}

// asks is a command that calls a running daemon.
type asks func(context.Context, *client.Client, io.Writer) error

// watched returns a command that --watch repeats.
func (o *options) watched(ask asks) asks {
	return func(ctx context.Context, daemon *client.Client, out io.Writer) error {
		return o.watch.show(ctx, out, func(screen io.Writer) error { return ask(ctx, daemon, screen) })
	}
}

// author returns the author of a pause, user@host. The daemon uses it if the
// request has no login.
func author() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, _ := os.Hostname()
	return name + "@" + cmp.Or(host, "unknown")
}
