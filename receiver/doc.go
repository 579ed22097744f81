// Package receiver is the HTTP server of the daemon: the webhook for
// Alertmanager's notifications, health checks, metrics, the API, and a status
// page. Package receiver/api has the paths and request types, package
// receiver/client the client.
//
// A notification is validated as a whole, passed to the Scaler, and answered
// after it is stored: 200 means that it is durable, 4xx that it will never be
// accepted (Alertmanager drops it), 5xx that Alertmanager should send it again.
//
// Reading needs no authentication beyond that of the server around the handler
// (--web.config.file). Requests that change something also need a login, the
// token of the configuration, or, if neither is configured, a connection from
// the same host.
package receiver
