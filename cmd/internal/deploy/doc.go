// Package deploy holds the tests of the files in the folder deploy and of the
// Dockerfile: that they parse, fit together, and name only variables, flags
// and metrics that exist.
package deploy

//go:generate cp ../../../deploy/docker-compose.yml ../../../deploy/terraform/docker-compose.yml
