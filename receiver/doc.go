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
package receiver
