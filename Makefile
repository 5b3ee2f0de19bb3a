# Everything a person or a machine does with this project. Needs python3 (3.11 to 3.13) and make.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIN    := $(BIN)/pip-compile -q --upgrade --strip-extras --no-header \
          --no-emit-index-url --no-emit-options --no-emit-trusted-host

.PHONY: help run test lint types unit slow reference bench mutate fuzz breakages lock sbom audit nginx postgres clean

help: ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -e 's/:.*## /\t/' | expand -t 10

run: $(VENV)/.runtime ## start the service (SQLite, loopback only) and print how to ask it something
	$(BIN)/oncology-cds serve --dev

test: lint types unit ## everything: style, types, tests

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/oncology-cds policies lint
	$(BIN)/oncology-cds cql format --check cql_like_rules/library/*.cql cql_like_rules/policies/*/policy.cql

types: $(VENV)/.development
	$(BIN)/mypy

unit: $(VENV)/.development
	$(BIN)/pytest -n 2 -q -m "not slow"

slow: $(VENV)/.development ## tests that start processes and kill them: workers, reload, proxy, spool
	$(BIN)/pytest -n 2 -q -m slow

reference: $(VENV)/.development tests/reference/node_modules ## hold our engine against CQL's reference engine (needs node 20 and npm)
	$(BIN)/pytest -n 2 -q tests/reference/compare_*.py

tests/reference/node_modules: tests/reference/package-lock.json
	cd tests/reference && npm ci
	@touch $@

bench: $(VENV)/.development ## timings (they assert nothing)
	$(BIN)/pytest benchmarks -q -n 0 --benchmark-columns=median,min,max,rounds

mutate: $(VENV)/.development ## change every number of every policy and see that a case fails
	$(BIN)/oncology-cds policies mutate

fuzz: $(VENV)/.development ## 10,000 broken requests, 10,000 broken CQL texts, and a minute of those that coverage suggests
	FUZZ_REQUESTS=10000 FUZZ_TEXTS=10000 $(BIN)/pytest -n 2 -q tests/fuzz
	$(BIN)/python -m tests.fuzz.cql_with_coverage 60 build/fuzz

breakages: $(VENV)/.development ## take each protection away and see that a test fails (half an hour)
	$(BIN)/python -m tests.breakages.breakages

lock: ## pin the dependencies anew
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check pip-tools
	$(PIN) -o requirements.txt pyproject.toml
	$(PIN) --extra production --extra postgresql --extra otel --extra redis -c requirements.txt -o requirements-production.txt pyproject.toml
	$(PIN) --extra dev -o requirements-dev.txt pyproject.toml

sbom: $(VENV)/.development ## what the image is made of, as CycloneDX: build/sbom.json
	mkdir -p build
	$(BIN)/cyclonedx-py requirements requirements-production.txt --pyproject pyproject.toml \
	    --output-reproducible -o build/sbom.json

audit: ## known vulnerabilities of what the image is made of (asks PyPI's advisories; fails when it cannot)
	test -x build/audit/bin/pip-audit || { $(PYTHON) -m venv build/audit && build/audit/bin/pip install -q pip-audit; }
	build/audit/bin/pip-audit --strict --disable-pip --no-deps -r requirements-production.txt

nginx: ## what the tests of deploy/nginx.conf need (Debian)
	apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q nginx-light

postgres: ## what the tests of the store on PostgreSQL need (Debian); without it they are skipped
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { apt-get update -q && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql; }

$(VENV)/.runtime: pyproject.toml requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.development: $(VENV)/.runtime requirements-dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@

clean: ## remove what was made here
	rm -rf $(VENV) tests/reference/node_modules var build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
