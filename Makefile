# The ways to build, run and check scimhub. `make` alone lists them.
#
# Everything but the linters needs Go, git and make only. The tools the linters
# need are pinned in .tools/go.mod and built by Go when first used.

.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

ARGS ?=
FUZZTIME ?= 1m
BENCH ?= .
BENCHTIME ?= 1s
PKG ?= ./...
# What runs the tests. .ci/run sets a runner that also counts them.
GOTEST ?= go test

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)
TOOL := go tool -modfile=.tools/go.mod

# The race detector needs a C compiler that can link a program.
CAN_LINK_C = echo 'int main(void) { return 0; }' | $$(go env CC) -x c -o /dev/null - 2>/dev/null

.PHONY: help
help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/scimhub, a static binary.
	CGO_ENABLED=0 go build -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/scimhub ./cmd/scimhub

.PHONY: run
run: build ## Start the hub on ./scimhub.db; ARGS='--listen :8080' adds flags.
	bin/scimhub serve $(ARGS)

.PHONY: demo
demo: build ## See the main job at work on a fresh database; ARGS=--once ends after it.
	bin/scimhub demo $(ARGS)

.PHONY: test
test: ## Run every test with the race detector, PostgreSQL ones included; PKG=./storage/... narrows it.
	go vet $(PKG)
	@race=-race; export CGO_ENABLED=1; \
	if ! $(CAN_LINK_C); then race=; CGO_ENABLED=0; \
	  echo 'NOTICE: no working C compiler, so the tests run WITHOUT the race detector.' >&2; fi; \
	set -x; .ci/postgres $(GOTEST) $$race -timeout 8m $(PKG)

.PHONY: cover
cover: ## Measure test coverage into bin/cover.out and bin/cover.html.
	@mkdir -p bin
	.ci/postgres go test -coverpkg=./... -coverprofile=bin/cover.out $(PKG)
	go tool cover -html=bin/cover.out -o bin/cover.html
	@go tool cover -func=bin/cover.out | tail -n 1

.PHONY: golden
golden: ## Rewrite the golden files from what the code does now; read the diff.
	@packages=$$(grep -rl --include='*_test.go' UPDATE_GOLDEN . | xargs -r -n 1 dirname | sort -u); \
	if [ -z "$$packages" ]; then echo 'no test reads UPDATE_GOLDEN' >&2; exit 1; fi; \
	UPDATE_GOLDEN=1 .ci/postgres go test -count=1 $$packages

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (1m) each.
	.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## Run the benchmarks; BENCH=GetUser and BENCHTIME=5s narrow and lengthen them.
	.ci/postgres go test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -benchmem $(PKG)

.PHONY: lint
lint: ## Run the linters, the format check and the vulnerability check.
	$(TOOL) golangci-lint run
	@unformatted=$$($(TOOL) gofumpt -l .); \
	if [ -n "$$unformatted" ]; then printf 'not formatted, run make fmt:\n%s\n' "$$unformatted" >&2; exit 1; fi
	.ci/vulncheck

.PHONY: fmt
fmt: ## Format the Go files.
	$(TOOL) gofumpt -l -w .

.PHONY: generate
generate: ## Write the generated files anew.
	go generate ./...
