package daemon

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
)

// askPause adds a pause and prints how to end it.
func (o *options) askPause(ctx context.Context, daemon *client.Client, out io.Writer) error {
	p, err := daemon.Pause(ctx, api.PauseRequest{
		Server: o.pause.server, ScaleInOnly: o.pause.scaleInOnly, Reason: o.pause.reason, By: author(), For: o.pause.length.String(),
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(out, terminal.Sprintf("paused %s until %s; to end the pause earlier: bbb-scaler resume %s\n",
		cmp.Or(p.Server, "the whole fleet"), p.Until.Local().Format(time.RFC1123), p.ID))
	return err
}

// askResume ends one pause or all of them.
func (o *options) askResume(ctx context.Context, daemon *client.Client, out io.Writer) error {
	if o.id == "" {
		if err := daemon.ResumeAll(ctx); err != nil {
			return err
		}
		_, err := fmt.Fprintln(out, "ended all pauses")
		return err
	}
	if err := daemon.Resume(ctx, o.id); err != nil {
		return err
	}
	_, err := fmt.Fprint(out, terminal.Sprintf("ended pause %s\n", o.id))
	return err
}

// askRelease returns a server to the scaler's control.
func (o *options) askRelease(ctx context.Context, daemon *client.Client, out io.Writer) error {
	if err := daemon.Release(ctx, o.server); err != nil {
		return err
	}
	_, err := fmt.Fprint(out, terminal.Sprintf("%s is under the scaler's control again\n", o.server))
	return err
}
