package daemon

import (
	"context"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/alertmanager"
)

func (c *preflight) alertmanager(ctx context.Context) {
	if len(c.file.Alertmanager.URLs) == 0 {
		return // the warnings of the configuration name it
	}
	ctx, cancel := context.WithTimeout(ctx, c.file.Actions.Deadlines.Read)
	defer cancel()
	alerts, err := c.clients.alerts.Alerts(ctx)
	if err != nil {
		c.wrong("alertmanager", err, "check alertmanager.urls and the login")
		return
	}
	ours, silenced := 0, 0
	for _, a := range alerts {
		if _, known := c.file.Actions.Asks[a.Name]; known {
			ours++
			if a.Suppressed {
				silenced++
			}
		}
	}
	c.ok("alertmanager", "%d alerts, %d of them for the scaler, %d of these suppressed by a silence, an inhibition or a time interval", len(alerts), ours, silenced)
	if source, is := c.clients.alerts.(*alertmanager.Source); is && len(source.Blind()) > 0 {
		c.note("alertmanager", "%s: older than Alertmanager 0.28, so that the daemon cannot see which alerts a mute or active time interval suppresses, and acts on them; use silences or bbb-scaler pause, or update Alertmanager",
			strings.Join(source.Blind(), ", "))
	}
	c.routes(ctx, alerts)
}
