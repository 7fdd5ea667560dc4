# `make lab` opens the first notebook; `make test` is what CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
NODE_READY := widgets/node_modules/.ready
# Node comes with the Python packages, so that every machine builds the same bundle.
NPM := PATH="$(abspath $(BIN)):$$PATH" npm --prefix widgets

.PHONY: lab test lint check-python check-widgets widgets format bench gallery clean

lab: $(READY)
	$(BIN)/workbench lab

test: lint check-python check-widgets

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet -c constraints.txt -e . --group dev
	touch $@

$(NODE_READY): widgets/package.json widgets/package-lock.json | $(READY)
	$(NPM) ci --no-audit --no-fund --loglevel=error
	touch $@

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check-python: $(READY) $(NODE_READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not browser"
	$(BIN)/python -m pytest -m browser

widgets: $(NODE_READY)
	$(NPM) run --silent build

check-widgets: $(NODE_READY)
	$(NPM) test --silent
	$(NPM) run --silent check

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	$(BIN)/python -m benchmarks

gallery: $(READY)
	$(BIN)/python -m gallery

clean:
	rm -rf $(VENV) widgets/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
