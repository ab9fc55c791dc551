# `make demo`, `make test`, `make lint` and `make clean` need Python 3.11 or newer and nothing else:
# each makes .venv from constraints.txt when it is missing or older than what it is made from.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test quick faults soak mutants lint format dashboards clean venv warm constraints

help:  ## Say what there is to make.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

demo: $(READY)  ## Watch real tickets run through a real Kafka.
	$(BIN)/sla demo $(ARGS)

test: lint warm  ## Check everything: style, types, tests, coverage of the core.
	$(BIN)/python -m pytest --cov

quick: $(READY)  ## Run the tests that need no broker and no patience.
	$(BIN)/python -m pytest -m "not slow" --ignore=tests/cli/test_kafka.py \
	  --ignore=tests/broker --ignore=tests/demo --ignore=tests/work --ignore=tests/worker \
	  --ignore=tests/monitoring/test_live.py

faults: $(READY) warm  ## Break workers, brokers and records for an hour; nothing may be lost or doubled.
	$(BIN)/python -m pytest tests/faults -s --faults-rounds 10 $(ARGS)

soak: $(READY) warm  ## Let workers come, go, die and sleep for an hour; then judge all that was said.
	$(BIN)/python -m pytest tests/faults/test_soak.py -s --faults-minutes 60 $(ARGS)

# Not in constraints.txt, which everybody installs: a venv of its own, beside the packages of ours.
mutants: $(READY)  ## Break the core in 1,200 places, one at a time; a test must notice each.
	"$(PYTHON)" -m venv .venv-mutants
	.venv-mutants/bin/python -m pip install --quiet --disable-pip-version-check mutmut==3.8.1
	export PYTHONPATH="$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"; \
	  .venv-mutants/bin/mutmut run && .venv-mutants/bin/mutmut results

lint: $(READY)  ## Check style and types.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(READY)  ## Put the code in form.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

dashboards: $(READY)  ## Write Grafana's dashboards from monitoring/dashboards.
	$(BIN)/python -m monitoring.dashboards

warm: $(READY)
	$(BIN)/python -m streams.broker

clean:  ## Remove what was made here; the cache of Kafka's jars stays.
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov
	rm -rf .venv-mutants mutants bench/.venv-peers bench/peers/*/target
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv: $(READY)  ## Make the virtual environment.

# Made whole or not at all: the stamp comes last, and what is older than its sources is made anew.
$(READY): constraints.txt pyproject.toml
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This needs Python 3.11 or newer; found: $$("$(PYTHON)" --version 2>&1 || echo none)." >&2; \
	  echo "Name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	rm -rf $(VENV)
	"$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r constraints.txt -c constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Options that keep this machine's index, folders and paths out of the file.
COMPILE := --quiet --allow-unsafe --generate-hashes --strip-extras --no-header --annotation-style line \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --all-build-deps
EVERYTHING := \# Everything that the tests, the demo and the build need, exact and with digests. Made by `make constraints`.
WORKER := \# What the worker needs, the same pins as in constraints.txt. Made by `make constraints`.

constraints:  ## Pin the newest versions that pyproject.toml allows.
	"$(PYTHON)" -m venv .venv-pins
	.venv-pins/bin/python -m pip install --quiet --disable-pip-version-check pip-tools==7.6.2
	.venv-pins/bin/pip-compile $(COMPILE) --upgrade --all-extras -o .venv-pins/all.txt pyproject.toml
	.venv-pins/bin/pip-compile $(COMPILE) -c .venv-pins/all.txt -o .venv-pins/worker.txt pyproject.toml
	{ echo '$(EVERYTHING)'; cat .venv-pins/all.txt; } > constraints.txt
	{ echo '$(WORKER)'; sed 's|-c .venv-pins/all.txt|-c constraints.txt|' .venv-pins/worker.txt; } > constraints-runtime.txt
	rm -rf .venv-pins
