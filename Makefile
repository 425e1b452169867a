# Everything is done with these words; `make help` says what they mean.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run install test check format bench browser soak faults rehearse secrets lock contracts clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/run.stamp ## start everything on this machine (PORT=8000, data in var/), Ctrl-C stops it
	@exec $(BIN)/python -m deploy.local

install: .venv/dev.stamp ## what running and developing need, into .venv

test: .venv/dev.stamp ## every test: real broker, SQLite and PostgreSQL, the whole product
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

browser: .venv/dev.stamp ## the web client in a real browser; needs Chromium
	@PARLEY_BROWSER_TESTS=1 $(BIN)/python -m pytest tests/browser

soak: .venv/dev.stamp ## ten minutes of use, a minute of faults at random, each service a release ahead and back (SOAK_SECONDS)
	@PARLEY_LONG_TESTS=1 FAULT_SEEDS=$${FAULT_SEEDS:-1} FAULT_SECONDS=$${FAULT_SECONDS:-60} VERSION_SECONDS=$${VERSION_SECONDS:-12} \
		$(BIN)/python -m pytest tests/faults/long/test_soak.py tests/faults/long/test_mixed.py tests/faults/long/test_versions.py \
		-o faulthandler_timeout=1800

faults: .venv/dev.stamp ## minutes of faults at random, power cuts, full disks (FAULT_SECONDS, FAULT_SEEDS, POWER_LOSSES; as root)
	@PARLEY_LONG_TESTS=1 $(BIN)/python -m pytest tests/faults/long services/messaging/tests/test_timeline_model.py \
		-o faulthandler_timeout=1800

rehearse: .venv/dev.stamp ## build the images, run docker-compose.yml and hurt it; needs a Docker engine and Compose
	@PARLEY_DEPLOY_TESTS=1 $(BIN)/python -m pytest tests/deploy -o faulthandler_timeout=900

secrets: ## what docker-compose.yml needs in secrets/; makes only what is missing
	@$(PYTHON) -m deploy.compose.secrets

check: .venv/dev.stamp ## format, lint, types, imports, contracts
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy -p shared -p services -p deploy -p tests -p bench
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m deploy.contracts --check
	@$(BIN)/python -m deploy.compatibility
	@$(BIN)/python -m deploy.settings_table --check
	@$(BIN)/python -m deploy.event_list --check

format: .venv/dev.stamp ## put the code into the house's form
	@$(BIN)/ruff format -q . && $(BIN)/ruff check -q --fix .

contracts: .venv/dev.stamp ## write every service's contract/ anew, and the lists made from them
	@$(BIN)/python -m deploy.contracts
	@$(BIN)/python -m deploy.settings_table
	@$(BIN)/python -m deploy.event_list

bench: .venv/dev.stamp ## CPU per message and per delivery, and what it is compared with
	@$(BIN)/python -m bench

lock: ## resolve the locks anew (needs uv)
	@for set in run tracing dev; do uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-annotate requirements/$$set.in -o requirements/$$set.lock; done
	@for name in auth rooms messaging moderation files gateway; do echo ./shared | uv pip compile -q --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --no-annotate -c requirements/run.lock --no-emit-package parley-shared \
		services/$$name/pyproject.toml - -o services/$$name/run.lock; done

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "Parley needs Python 3.11, 3.12 or 3.13; set PYTHON=python3.x")'
	@$(PYTHON) -m venv .venv

.venv/run.stamp: requirements/run.lock | .venv/bin/python
	@echo "installing what Parley needs (once)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/run.lock
	@touch $@

.venv/dev.stamp: requirements/dev.lock | .venv/bin/python
	@echo "installing what developing Parley needs (once)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@ .venv/run.stamp
