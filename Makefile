# Two commands: `make demo` runs the main job on the embedded defaults, `make test` is what CI runs.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# With CI=true the build output lives in a cache folder outside the checkout, so that a clean
# checkout is not a cold build.
CACHE ?= $(or $(CORRIDOR_CACHE),$(HOME)/.cache/corridor)
ifeq ($(CI),true)
export CARGO_TARGET_DIR ?= $(CACHE)/target
endif
TARGET := $(or $(CARGO_TARGET_DIR),target)
export CORRIDOR_PYTHON ?= $(CACHE)/python/bin/python
export NPM_CONFIG_UPDATE_NOTIFIER = false

.PHONY: help demo test web build format lint unit docs licences fuzz-check end-to-end tools

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

demo: web ## build, run one watch from question to answer, then serve the page on 127.0.0.1:8080
	cargo build --release --locked --bin corridor
	$(TARGET)/release/corridor demo $(DEMO)

test: format web lint unit docs licences end-to-end ## what CI runs

web: web/node_modules/.installed ## check, test and build the web page
	cd web && npm run --silent check && npm run --silent test && npm run --silent build

web/node_modules/.installed: web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	touch $@

build: web ## the release program with the web page in it
	cargo build --release --locked --bin corridor

format: ## formatting
	cargo fmt --all --check

lint: ## clippy, warnings are errors
	cargo clippy --workspace --all-targets --locked -- -D warnings

unit: tools ## all Rust tests
	cargo test --workspace --locked

docs: ## the library docs, warnings are errors
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

licences: ## licences, duplicate and banned crates
	bash dev/tools.sh "$(CACHE)" deny
	$(CACHE)/tools/bin/cargo-deny --all-features check --hide-inclusion-graph licenses bans sources

# Takes the program that the tests were run with: building it alone would choose other features for
# half of what it stands on.
end-to-end: unit web ## the demo, outside clients and a browser against the running program
	bash dev/end-to-end.sh $(TARGET)/debug/corridor

tools: ## what the tests need beyond the toolchain, Node and make
	bash dev/tools.sh "$(CACHE)"
