# One place for every task. `make demo` and `make test` are the two commands a newcomer needs.
PYTHON ?= python3
UV := .uv/bin/uv
BIN := .venv/bin
CHROMIUM := $(or $(YUNTING_CHROMIUM),/usr/bin/chromium)
DATA := $(or $(YUNTING_DATA),$(wildcard ../shared/data),var/data)
export YUNTING_DATA := $(abspath $(DATA))

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long test-plain check unit browser soak bench pages lock screenshots clean

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(UV):
	@echo "setup: bringing uv into .uv/"
	@$(PYTHON) -m venv .uv
	@.uv/bin/pip install --quiet --disable-pip-version-check uv==0.13.9

.venv/.ready: pyproject.toml requirements.lock $(UV)
	@echo "setup: installing the pinned packages into .venv/ (two minutes on a new machine: 100 MB of them are face models)"
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@touch $@

# Yunting itself, with the compiled data plane where there is a C compiler.
.venv/.built: .venv/.ready setup.py $(wildcard media_server/dataplane/native/*.[ch])
	@rm -f media_server/dataplane/native/_plane*.so
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@$(BIN)/python -m media_server.dataplane
	@# Without it the next make tries again: there may be a compiler then.
	@if ls media_server/dataplane/native/_plane*.so >/dev/null 2>&1; then touch $@; fi

setup: .venv/.built ## the Python environment in .venv/

demo: setup ## a hearing with synthetic parties on https://127.0.0.1:8443
	@$(BIN)/yunting demo $(ARGS)

test: setup ## what is green before each commit, in ten minutes (installs Chromium and the page tools when it may)
	@scripts/test $(ARGS)

test-long: setup ## the integration and browser tests that take long
	@scripts/test-long $(ARGS)

test-plain: setup ## integration and browser tests once more on the pure-Python data plane
	@scripts/test-plain $(ARGS)

check: setup ## lint, types, import floors, file sizes
	@scripts/check

soak: setup ## long runs: fuzz, drift over two hours, an hour of joins and leaves, thousands of corruptions
	@FUZZ_SECONDS=120 scripts/native-checks
	@YUNTING_EXAMPLES=1000 $(BIN)/python -m pytest -q tests/unit tests/contracts -p no:cacheprovider --timeout 5400
	@$(BIN)/python -m pytest tests/soak -m soak -p no:cacheprovider --timeout 5400 -s $(ARGS)

bench: setup ## every benchmark, one JSON line each
	@scripts/bench $(ARGS)

pages: kiosk_client/node_modules/.ready ## rebuild the web pages into kiosk_client/dist
	@cd kiosk_client && npm run --silent build

kiosk_client/node_modules/.ready: kiosk_client/package.json kiosk_client/package-lock.json
	@echo "pages: installing the page tools as the lock file pins them"
	@# Not `npm ci`: it refuses a lock without the native packages of other systems, which a mirror may not carry.
	@cd kiosk_client && npm install --no-save --silent
	@touch $@

tests/browser/third_party/node_modules/.ready: tests/browser/third_party/package.json tests/browser/third_party/package-lock.json
	@echo "tests: installing the WHIP clients of others (npm ci)"
	@cd tests/browser/third_party && npm ci --silent --no-audit --no-fund
	@touch $@

screenshots: setup ## pictures of every page for the README
	@$(BIN)/python scripts/screenshots.py

lock: $(UV) ## re-pin requirements.lock from pyproject.toml
	@$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
		--python-version 3.11 pyproject.toml --extra fast --extra postgres --extra s3 --group dev -o requirements.lock

clean: ## remove what setup made
	rm -rf .venv .uv build *.egg-info kiosk_client/node_modules
