# Everything a contributor runs. `make` alone lists the targets.

VENV := .venv
STAMP := $(VENV)/.stamp
BIN := $(VENV)/bin
PYTHON ?=
LAB_PACKAGES := samba-ad-dc samba-ad-provision samba-dsdb-modules samba-vfs-modules openssl ldap-utils \
	postgresql
APT_INSTALL := apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends
CAN_INSTALL := command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]
FIND_PYTHON := for name in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	command -v $$name >/dev/null && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	&& { command -v $$name; break; }; done

.DEFAULT_GOAL := help
.PHONY: help setup lab demo demo-ad test soak lint types bench schemas permissions clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  %-12s %s\n' "$$name" "$$text"; done

setup: $(STAMP) ## Create .venv with the pinned dependencies and idcode itself

# Built again only when the pins or the project file change. PYTHON=python3.13 chooses an interpreter.
$(STAMP): requirements-dev.lock pyproject.toml
	@python=$$($(FIND_PYTHON)); \
	if [ -z "$$python" ] || ! $$python -c 'import ensurepip' 2>/dev/null; then \
		if $(CAN_INSTALL); then $(APT_INSTALL) python3 python3-venv; \
		else echo "make: needs Python 3.11 or later with venv, such as: apt-get install python3 python3-venv" >&2; exit 1; fi; \
		python=$$($(FIND_PYTHON)); \
	fi; \
	[ -n "$$python" ] || { echo "make: this system has no Python 3.11 or later" >&2; exit 1; }; \
	$$python -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lab: ## Install the Debian packages of the private Samba AD domain and PostgreSQL server (as root)
	@command -v dpkg-query >/dev/null || exit 0; \
	missing=$$(for package in $(LAB_PACKAGES); do \
		dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || echo $$package; done); \
	if [ -z "$$missing" ]; then exit 0; \
	elif $(CAN_INSTALL); then $(APT_INSTALL) $$missing; \
	else echo "make: some tests skip, without root and:" $$missing >&2; fi

demo: $(STAMP) ## Walk through idcode on a practice domain
	@$(BIN)/python examples/demo.py

demo-ad: $(STAMP) lab ## The same walk on a private Samba AD domain (as root)
	@$(BIN)/python examples/demo.py --ad

test: $(STAMP) lab ## Run the tests; those that need Samba AD or PostgreSQL skip where it cannot run
	$(BIN)/pytest -n auto --maxprocesses 8

soak: $(STAMP) lab ## Apply thousands of changes while everything goes wrong on the way (as root; most of an hour)
	IDCODE_KILLS=all $(BIN)/pytest tests/faults/test_kills.py
	IDCODE_FAULTS=40 $(BIN)/pytest tests/faults/weather
	IDCODE_STORM_PEOPLE=1000 $(BIN)/pytest tests/entra/test_storms.py

lint: $(STAMP) ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## Check types
	$(BIN)/mypy

bench: $(STAMP) lab ## Measure expressions, the engine, proofs, and what is asked of Graph (as root)
	$(BIN)/python benchmarks/expressions.py
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/proof.py
	$(BIN)/python benchmarks/graph_read.py
	$(BIN)/python benchmarks/graph_write.py

schemas: $(STAMP) ## Write the JSON Schemas of all files into schemas/
	$(BIN)/idcode schema --out schemas

permissions: $(STAMP) ## Write docs/permissions.md, what idcode needs in Microsoft Graph
	$(BIN)/python -m tests.graph.permissions_page

clean: ## Remove what the other targets made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
