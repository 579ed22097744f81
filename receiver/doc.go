// Package receiver is the HTTP side of the scaler: the webhook that
// Alertmanager notifies, health, metrics, an API, and a page for people.
//
// A notification is checked as a whole, handed to the Scaler, and answered only
// once it is stored: 200 means that it is durable, 4xx that it will never be
// accepted (Alertmanager drops it), 5xx that Alertmanager should send it again.
package receiver
