# make help lists the targets.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-builtin-rules
# Inputs, not seconds: Go 1.26 fails a target whose time ends at a bad moment
# (golang/go#75804).
FUZZTIME    ?= 2000x
RACE        ?= ./actions/... ./receiver/...
SOURCES      = $(shell git ls-files '*.go')
VERSION      = $(shell sed -n 's/^const Release = "\(.*\)"/\1/p' cmd/internal/build/build.go)
REVISION     = $(shell git describe --always --abbrev=40 --exclude '*' --dirty=-modified)
DATE         = $(shell git log -1 --format=%cI)
VAR          = -X github.com/prometheus/common/version
STAMP        = $(VAR).Version=$(VERSION) $(VAR).Revision=$(REVISION) $(VAR).BuildDate=$(DATE)

.DEFAULT_GOAL := help
.PHONY: help terraform build demo test go-test race fuzz bench check format vet staticcheck tidy generated generate tools soak mutation page report release image

help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## builds the daemon, the generator and the simulator into bin/
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w $(STAMP)' -o bin/ ./cmd/...

demo: ## a school morning in a minute, with everything real but the cloud; Ctrl-C ends it
	@echo 'Building the demo. The first time, Go compiles Prometheus and Alertmanager, which takes some minutes.'
	@go build -o bin/simulate ./cmd/simulate
	@bin/simulate --live $(DEMO)

test: tools fuzz race go-test ## every test, with whatever it needs installed; takes minutes

go-test: tools
	go test -timeout 30m ./...

# It takes five times as long, so that it sees fewer random worlds.
race: ## the core's and the receiver's tests under the race detector
	RAPID_CHECKS=20 go test -race -timeout 30m $(RACE)

fuzz: ## every fuzz target with FUZZTIME (2000x) inputs; 10m is ten minutes each
	@.ci/fuzz $(FUZZTIME)

bench: ## every benchmark, with allocations
	go test -run '^$$' -bench . -benchmem ./...

check: format vet staticcheck tidy generated ## what CI runs first: format, vet, staticcheck, go.mod, generated files

format: # gofmt and go fix would change nothing
	@test -z "$$(gofmt -l $(SOURCES) | tee /dev/stderr)" || { echo 'not formatted: run gofmt -w on these' >&2; exit 1; }
	@test -z "$$(go fix -diff ./... | tee /dev/stderr)" || { echo 'out of date: run go fix ./...' >&2; exit 1; }

vet:
	go vet ./...

staticcheck: tools
	bin/staticcheck ./...

tidy:
	go mod tidy -diff

generated: # the generated files are those that make generate writes
	@before=$$(git status --porcelain; git diff | sha1sum); $(MAKE) --silent generate; \
	after=$$(git status --porcelain; git diff | sha1sum); \
	test "$$before" = "$$after" || { git --no-pager diff --stat; git status --short; echo 'generated files changed: commit what make generate wrote' >&2; exit 1; }

generate: ## writes the generated files in deploy/ again
	go generate ./...

tools: ## installs the servers and linters for tests into bin/
	@.ci/install tools debian browser

soak: ## the core's promises in thousands of new random worlds; takes an hour
	go test -run 'Promises' -timeout 3h ./actions -rapid.checks=3000 -rapid.seed=$$RANDOM

mutation: ## changes each threshold, comparison and duration of the rules and sees a test go red
	go run ./rules/mutation

# The provider is not on the Go module proxy: build it from its repository, with
# go build -o PROVIDER/terraform-provider-ionoscloud.
terraform: ## applies and destroys deploy/terraform at a simulated IONOS, with the provider in the directory PROVIDER
	@test -x "$(PROVIDER)/terraform-provider-ionoscloud" || { echo 'set PROVIDER to the directory of terraform-provider-ionoscloud' >&2; exit 2; }
	TERRAFORM_PROVIDER=$(abspath $(PROVIDER)) go test -count=1 -v -run TestTheScalerAndTerraformShareTheServers ./cmd/internal/e2e

page: ## writes the picture of the page for the README
	go test -count=1 -run 'TestThePageInABrowser/looks_right/picture' ./receiver
	cp bin/screenshots/picture.png deploy/page.png

# Each table stands under the command that makes it. More than half an hour on two cores.
WEEKS = deploy/guides/simulation.md

report: ## writes the guide's tables and picture of simulated weeks, in all worlds
	mkdir -p bin
	awk '/^\$$ go run \.\/cmd\/simulate / { print; run = substr($$0, 3); old = 1; \
	    while ((run | getline line) > 0) { sub(/ +$$/, "", line); print line } \
	    if (close(run)) exit 1; next } \
	  old && /^```/ { old = 0 } !old' $(WEEKS) > bin/weeks.md
	mv bin/weeks.md $(WEEKS)

DIST ?= dist
ARCHITECTURES ?= amd64 arm64

# Docker loads the image with tar -C dist/image -c . | docker load, and skopeo copies it
# to a registry: skopeo copy --all oci:dist/image:VERSION docker://REGISTRY/bbb-scaler:VERSION
release: ## static binaries, a bill of materials, an image (OCI layout) and checksums, in dist/
	rm -rf $(DIST)
	for arch in $(ARCHITECTURES); do \
	  CGO_ENABLED=0 GOOS=linux GOARCH=$$arch go build -trimpath -buildvcs=false -ldflags '-s -w $(STAMP)' -o $(DIST)/linux_$$arch/ ./cmd/bbb-scaler ./cmd/genrules; \
	done
	go run -C .ci/tools/release . -version $(VERSION) -revision $(REVISION) -date $(DATE) -source $(CURDIR) $(abspath $(DIST))

image: ## builds the container image with Docker
	docker build --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) --build-arg DATE=$(DATE) --tag bbb-scaler:$(VERSION) .
