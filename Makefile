# One page of commands. Needs Python 3.11 or newer and make; everything else goes into .venv.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
PACKAGES := hotline ivr_flows workers config

.DEFAULT_GOAL := help
.PHONY: help install run pure test test-browser bench check play draw migrate lock node-sdk

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

install: $(STAMP)  ## the virtual environment .venv, exactly as locked (nothing to do when current)

# uv checks every hash of the lock; the build tool is in the lock too, so nothing is fetched unchecked after it.
$(STAMP): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make install PYTHON=python3.11" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

run: install  ## everything in demo, in the browser: Ctrl-C ends it
	HOTLINE_ENV=demo $(BIN)/hotline up $(ARGS)

# What Python has compiled is kept, also where the shell says otherwise: a fifth of the time.
pure: install  ## the tests of what decides and touches nothing, at each save: under two seconds
	@PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -q tests/flows tests/rules $(ARGS)

test: check  ## check, and all tests but the browser's and the long ones
	$(BIN)/pytest -n 2 --dist worksteal -m "not browser and not long" $(ARGS)

test-browser: install  ## the browser's tests, with Debian's Chromium
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } \
		|| echo "chromium could not be installed: as root on Debian, apt-get install chromium" >&2
	$(BIN)/pytest -m "browser and not long" $(ARGS); code=$$?; test $$code -eq 0 -o $$code -eq 5

bench: install  ## figures of speed: from the key 9 to the carrier, with engines and workers gone too
	$(BIN)/python -m tests.bench $(ARGS)

check: install  ## style, types, import directions, the scripts' laws and spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PACKAGES)
	$(BIN)/lint-imports
	$(BIN)/hotline scripts check
	$(BIN)/pytest -q tests/exams/test_reading.py

play: install  ## play a script in the terminal, as caller or texter
	@$(BIN)/hotline scripts play $(ARGS)

draw: install  ## the scripts' diagram
	@$(BIN)/hotline scripts draw

migrate: install  ## the database to its newest shape
	$(BIN)/hotline migrate $(ARGS)

NODE_SDK := 6.2.0
node-sdk: install  ## Twilio's Node SDK, a second client for the conformance test (needs npm)
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix .venv/node twilio@$(NODE_SDK)

# For every Python from 3.11.0 and every platform: what an older Python needs more is in the lock, with its condition.
lock: install  ## compile the locks again from pyproject.toml
	$(BIN)/uv pip compile --quiet --no-header --universal --python-version 3.11 --generate-hashes --no-emit-index-url pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --no-header --universal --python-version 3.11 --generate-hashes --no-emit-index-url --extra embedded --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
