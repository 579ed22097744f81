// Package receiver is the HTTP server of the daemon: the webhook for
// Alertmanager's notifications, health checks, metrics, the API, and a status
// page. Package receiver/api has the paths and request types, package
// receiver/client the client.
//
// A notification is validated completely, passed to the Scaler, and answered after
// it is stored. Status code 200 means that it is stored durably, 4xx that it will
// never be accepted, so that Alertmanager drops it, and 5xx that Alertmanager should
// send it again.
//
// Reads need no authentication except that of the HTTP server (--web.config.file).
// Requests that change something need a login, or the token of the configuration,
// or, if neither is configured, a connection from the same host.
//
// # The page
//
// The page begins with a verdict in words and colour (package receiver/verdict), which
// the API and the command status show too. Below it are charts of the last day and the
// next hours (package receiver/trend remembers the day, trend.go draws up the values),
// what happens next and why (package receiver/outlook), what the day costs
// (spending.go), alerts, journal and servers. Each server has a page of its own
// (serverpage.go). The folder web has the templates, style sheet and scripts, and
// uPlot 1.6.32 with its licence, which draws the charts. reasons.go, alertgroups.go and
// row.go prepare what the templates show.
//
// Pause, resume and release are requests of the script to the API, with the rights that
// every caller of the API has: the login that the browser sends, a token that a person
// types, or none on the daemon's host. Requests from pages of other sites are refused. A
// page that was cut off sends nothing, and a release names the state that the person saw.
//
// The page follows the fleet without being loaded again. feed.go renders it at most
// every two seconds, while it is open anywhere, and compares it with its last
// version. events.go sends the difference as server-sent events: a region as HTML if
// it has changed, and of each row the fields that have changed. live.js merges them
// into the page. A browser that was cut off names the version that it has, and is
// sent the updates since then or, if they are no longer kept, the whole page.
//
// A stream sends an event at least every 15 s, so that proxies keep it open and the
// page notices when it is cut off: then it turns grey and says so. At most 200
// streams are open at once, and a browser keeps none for a tab that is hidden. A
// proxy must not buffer the path /api/v1/events; nginx is told so by a header.
//
// Without JavaScript the page loads itself again every 15 s, without charts and
// controls, and lists the servers without search and filters. The Content-Security-Policy
// allows the page's own scripts and style sheets, connections to the daemon, and nothing
// inline.
package receiver
