package daemon

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/bbb-scaler/bbb-scaler/receiver/client"
)

// Exit codes of bbb-scaler. The guide commands.md and the help list them.
const (
	exitDone    = 0
	exitProblem = 1 // check found problems, status shows one, or the daemon ended with an error
	exitUsage   = 2 // the command line cannot be understood
	exitOutage  = 3 // the daemon does not answer
	exitRefused = 4 // the daemon refuses the request: the login, or the server or pause is unknown
)

// exitCodes is the part of the help about exit codes.
const exitCodes = `Exit codes: 0 done; for status: OK or ATTENTION. 1 check found a problem, the verdict of status is PROBLEM, or something failed. ` +
	`2 the command line is wrong. 3 the daemon does not answer. 4 the daemon refuses the request, or there is no such server or pause.`

// errUsage is the error of a command line that cannot be understood.
var errUsage = errors.New("see bbb-scaler --help")

// usage returns an error about the command line.
func usage(format string, args ...any) error {
	return fmt.Errorf("%w; %w", fmt.Errorf(format, args...), errUsage)
}

// errNoServer is returned for a server that the fleet does not have.
var errNoServer = errors.New("no such server")

// ExitCode returns the exit code of the program for an error of Run.
func ExitCode(err error) int {
	switch refused, isRefused := errors.AsType[*client.Error](err); {
	case err == nil:
		return exitDone
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, client.ErrUnreachable):
		return exitOutage
	case errors.Is(err, errNoServer), isRefused && refused.Code >= http.StatusBadRequest:
		return exitRefused
	}
	return exitProblem
}
