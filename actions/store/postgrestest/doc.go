// Package postgrestest runs a real PostgreSQL for tests, from the programs of an installed
// server. Nothing that it does needs the server of the system, or changes it.
package postgrestest
