# `make help` lists what there is. Everything runs in .venv, which `make setup` makes.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
RECORDINGS ?= ../shared/notion-recordings

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types unit sweep reference bench speed servers fuzz replay clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/ready ## Make .venv with everything installed

.venv/ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 setup")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: export PYTHONDONTWRITEBYTECODE = 1
demo: setup ## A guided tour on the local Notion API
	@$(BIN)/python -m factory_iac.demo

test: setup lint types unit ## Every check and every test

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/ansible-lint --offline --profile production

types: setup
	$(BIN)/mypy -p ansible_collections.factory.core.plugins.module_utils \
	  -p ansible_collections.factory.core.plugins.plugin_utils \
	  -p ansible_collections.factory.mcp.plugins.module_utils \
	  -p ansible_collections.factory.notion.plugins.module_utils -p factory_iac

unit: setup
	$(BIN)/python -m pytest --numprocesses 2

sweep: setup ## Kill and fail every request of the reference stack, 50 races of two applies, 500 imports (CASES=500; long)
	CASES=$(or $(CASES),500) FACTORY_SWEEP=all FACTORY_TRIES=50 $(BIN)/python -m pytest --numprocesses 2 \
	  tests/contract/test_import_laws.py tests/contract/test_workspace_sweep.py \
	  tests/contract/test_workspace_together.py tests/contract/test_mcp_host_trouble.py

reference: setup ## Write schemas/ and docs/reference/ anew, after a kind has changed
	$(BIN)/python -m factory_iac.reference
	$(BIN)/python tests/contract/property_type_table.py

bench: setup ## Measure against peers, and write docs/benchmarks.md
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	$(BIN)/python tests/bench/bench.py

speed: setup ## Measure the local Notion API, a database of 10,000 rows, 200 databases at Notion's pace, calls of MCP tools
	$(BIN)/python tests/bench/local_api.py
	$(BIN)/python tests/bench/rows.py
	$(BIN)/python tests/bench/rate_window.py
	$(BIN)/python tests/bench/mcp_executor.py

servers: setup ## Install, start and list 14 real MCP servers and 3 clients from npm and PyPI (long)
	$(BIN)/python tests/bench/mcp_servers.py

fuzz: setup ## Send the local Notion API 10,000 requests with nonsense
	FACTORY_FUZZ_REQUESTS=10000 $(BIN)/python -m pytest --quiet tests/contract/test_notion_sandbox_fuzz.py

replay: setup ## Play recorded Notion traffic (RECORDINGS=DIR) against the local API, and compare
	$(BIN)/python -m factory_iac.replay $(RECORDINGS) --differences .factory/replay

clean: ## Remove everything that was made here
	rm -rf .venv .factory .mypy_cache .ruff_cache .pytest_cache .hypothesis .ansible
