# The two commands that anyone tries first are `make demo` and `make test`; `make help` lists the rest.
PYTHON ?= python3
# Another Python has its own environment: make test PYTHON=python3.13 VENV=.venv-3.13
VENV ?= .venv
BIN := $(VENV)/bin
# Debian's python3-pip brings no ensurepip, so the environment is filled by the pip outside it.
PIP := $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check install --quiet

.DEFAULT_GOAL := help
.PHONY: $(VENV) help demo test chaos bench lint format lock pictures bundle

help: ## Show this list
	@grep -hE '^[a-zA-Z.$$()]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^\$$\(VENV\)/.venv/; s/:.*## /\t/' | sort

$(VENV): $(VENV)/demo.stamp ## Make the environment that the demo and the service need

# A stamp is written last, so that an install that broke off never looks finished.
$(VENV)/demo.stamp: requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	$(PIP) --require-hashes -r requirements.txt
	$(PIP) --no-build-isolation --no-deps -e .
	touch $@

$(VENV)/test.stamp: requirements-test.txt $(VENV)/demo.stamp
	$(PIP) --require-hashes -r requirements-test.txt
	touch $@

demo: $(VENV)/demo.stamp ## Start Countersign and the sandbox on this machine (make demo PORT=9090: elsewhere than on 8080)
	$(BIN)/countersign demo $(if $(strip $(PORT)),--port '$(strip $(PORT))')

# One seed for all runs, by which sets have their order: only a change makes a run fail that went well.
test: $(VENV)/test.stamp ## Run every test
	PYTHONHASHSEED=0 $(BIN)/python -m pytest -n auto --dist worksteal

chaos: $(VENV)/test.stamp ## Kill the running service two hundred times and look for what must never happen
	$(BIN)/python -m chaos --kills 200

bench: $(VENV)/test.stamp ## Measure every performance figure on this machine
	$(BIN)/python -m bench

lint: $(VENV)/test.stamp ## Check style, types, layers and generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/settings_table.py --check
	$(BIN)/python tools/jit_access_table.py --check
	$(BIN)/python -m tools.rule_variables --check
	$(BIN)/python -m tools.doctor_codes --check
	$(BIN)/python -m tools.events_table --check
	$(BIN)/python tools/state_diagram.py --check
	$(BIN)/python tools/notices.py --check
	$(BIN)/python -m tools.sbom --check

format: $(VENV)/test.stamp ## Format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock: ## Compile the lock files anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet --extra mcp --extra sandbox --output-file requirements.txt pyproject.toml
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet --extra mcp --extra sandbox --extra test --output-file requirements-test.txt --constraint requirements.txt pyproject.toml
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet --extra mcp --output-file requirements-image.txt --constraint requirements.txt pyproject.toml
	$(BIN)/python tools/notices.py
	$(BIN)/python -m tools.sbom

pictures: $(VENV)/test.stamp ## Make the pictures of the documentation anew (needs Debian's chromium)
	$(BIN)/python tools/pictures.py

bundle: ## Build the sandbox's page anew (needs Node.js)
	cd sandbox/page && npm ci --silent && npm run --silent build
