# Two commands: `make demo` runs the main job on real data, `make test` passes the tests. Each does its own set-up.

PYTHON ?= $(shell for each in python3.13 python3.12 python3.11 python3; do \
	$$each -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$each && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# uv installs in a tenth of the time; it reads none of pip's settings, so where it finds no index, pip does it.
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement $(1) || \
	$(PIP) install --require-hashes --no-compile --requirement $(1)
COMPILE = $(BIN)/python -m compileall -qq --workers 0 $(VENV)/lib # on every core; pip would do it on one
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)

# Bytecode is kept: each of the processes that commands and tests start would compile everything again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-mlflow test-torch check bench lock clean

demo: $(VENV)/run
	$(BIN)/seatrial demo

# Each of pytest's processes has one core to itself; threads beside it would only wait for one another.
test: export OMP_NUM_THREADS := 1
test: export OPENBLAS_NUM_THREADS := 1
test: export POLARS_MAX_THREADS := 1
test: $(VENV)/bin/python
	$(MAKE) --jobs 2 $(VENV)/dev machine
	$(MAKE) check
	$(BIN)/pytest --numprocesses auto --dist loadfile

# Runs and models against a real MLflow server, in an environment of its own: MLflow brings 850 MB.
test-mlflow: .venv-mlflow/done
	.venv-mlflow/bin/pytest -W default tests/mlflow
# PyTorch is an extra and has an environment of its own, which sees the other's packages: `make test` neither needs nor
# tests it. Where the default index has a CUDA build only, name a CPU one: make test-torch TORCH_FROM="--index-url ADDRESS"
TORCH := torch==2.13.0
TORCH_FROM :=
TORCH_VENV := .venv-torch

test-torch: $(TORCH_VENV)/ready
	$(TORCH_VENV)/bin/python -m pytest tests/torch

$(TORCH_VENV)/ready: Makefile $(VENV)/dev
	$(BIN)/python -m venv --clear $(TORCH_VENV)
	$(TORCH_VENV)/bin/python -c 'import pathlib, site, sys; pathlib.Path(site.getsitepackages()[0], "dev.pth").write_text(f"import site; site.addsitedir({sys.argv[1]!r})\n")' \
		"$$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])')"
	$(TORCH_VENV)/bin/python -m pip --disable-pip-version-check --quiet install $(TORCH_FROM) $(TORCH)
	@touch $@

check: $(VENV)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev
	@test -f "benchmarks/$(NAME).py" || { echo "There is no benchmark $(NAME). There are: $(filter-out peer,$(basename $(notdir $(wildcard benchmarks/*.py)))). Write: make bench NAME=ledger" >&2; exit 2; }
	$(BIN)/python benchmarks/$(NAME).py

# Locks hold hashes and no addresses; one lock serves every Python that is supported.
lock: $(VENV)/bin/uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		pyproject.toml --extra alarms --extra mlflow --extra postgres --extra s3 --extra search --group dev --output-file requirements-dev.lock
	echo uv | $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		- --output-file requirements-uv.lock

clean:
	rm -rf $(VENV) $(TORCH_VENV) .venv-mlflow .bench flight-delays

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 was found. Install one, or write: make PYTHON=/path/to/python" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); $(SUDO) apt-get update -q && $(SUDO) apt-get install -yq python3-venv && $(PYTHON) -m venv $(VENV); }

$(VENV)/bin/uv: requirements-uv.lock | $(VENV)/bin/python
	$(PIP) install --require-hashes --requirement requirements-uv.lock
	@touch $@

$(VENV)/run: requirements.lock pyproject.toml | $(VENV)/bin/uv
	$(call INSTALL,requirements.lock)
	-$(COMPILE)
	$(PIP) install --no-deps --editable .
	@touch $@

$(VENV)/dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/uv
	$(call INSTALL,requirements-dev.lock)
	-$(COMPILE)
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/run

.venv-mlflow/done: tests/mlflow/requirements.txt pyproject.toml | $(VENV)/bin/python
	rm -rf .venv-mlflow
	$(VENV)/bin/python -m venv .venv-mlflow
	.venv-mlflow/bin/python -m pip --disable-pip-version-check --quiet install --requirement tests/mlflow/requirements.txt --editable '.[mlflow]'
	@touch $@

# The ledger's tests need a real PostgreSQL, which they start themselves in a folder of their own; the pages' a browser.
.PHONY: machine
machine:
	@lacking=; \
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || lacking=postgresql; \
	command -v chromium >/dev/null || lacking="$$lacking chromium"; \
	test -z "$$lacking" || { $(SUDO) apt-get update -q && $(SUDO) apt-get install -yq --no-install-recommends $$lacking; }
