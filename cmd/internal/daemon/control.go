package daemon

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver"
)

// Paths of the daemon's API.
const (
	apiFleet   = "/api/v1/fleet"
	apiAlerts  = "/api/v1/alerts"
	apiJournal = "/api/v1/journal"
	apiPauses  = "/api/v1/pauses"
	apiRelease = "/api/v1/release"
)

func (o *options) showStatus(ctx context.Context, out io.Writer) error {
	var st fleet.Status
	if err := o.client.call(ctx, http.MethodGet, apiFleet, nil, &st); err != nil {
		return err
	}
	if o.json {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(st)
	}
	return printStatus(out, st, time.Now())
}

func (o *options) explain(ctx context.Context, out io.Writer) error {
	var st fleet.Status
	var alerts []fleet.Alert
	var entries []fleet.Entry
	if err := o.client.call(ctx, http.MethodGet, apiFleet, nil, &st); err != nil {
		return err
	}
	server, err := find(st, o.server)
	if err != nil {
		return err
	}
	if err := o.client.call(ctx, http.MethodGet, apiAlerts, nil, &alerts); err != nil {
		return err
	}
	query := url.Values{"server": {server.ID}, "limit": {"10"}}
	if err := o.client.call(ctx, http.MethodGet, apiJournal+"?"+query.Encode(), nil, &entries); err != nil {
		return err
	}
	return printServer(out, st, server, alerts, entries, time.Now())
}

// find returns the server of an id or a name.
func find(st fleet.Status, server string) (fleet.ServerStatus, error) {
	for _, s := range st.Servers {
		if s.ID == server || s.Name == server {
			return s, nil
		}
	}
	return fleet.ServerStatus{}, fmt.Errorf("the fleet %s has no server %q; bbb-scaler status lists all %d", st.Fleet, server, len(st.Servers))
}

func (o *options) askPause(ctx context.Context, out io.Writer) error {
	var p fleet.Pause
	ask := receiver.PauseRequest{
		Server: o.pause.server, ScaleInOnly: o.pause.scaleInOnly, Reason: o.pause.reason, By: author(), For: o.pause.length.String(),
	}
	if err := o.client.call(ctx, http.MethodPost, apiPauses, ask, &p); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "paused %s until %s; to end it before: bbb-scaler resume %s\n",
		cmp.Or(p.Server, "the whole fleet"), p.Until.Local().Format(time.RFC1123), p.ID)
	return err
}

func (o *options) askResume(ctx context.Context, out io.Writer) error {
	path := apiPauses
	if o.id != "" {
		path += "/" + url.PathEscape(o.id)
	}
	if err := o.client.call(ctx, http.MethodDelete, path, nil, nil); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, "resumed", cmp.Or(o.id, "everything"))
	return err
}

func (o *options) askRelease(ctx context.Context, out io.Writer) error {
	if err := o.client.call(ctx, http.MethodPost, apiRelease, receiver.ReleaseRequest{Server: o.server}, nil); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%s belongs to the scaler again\n", o.server)
	return err
}
