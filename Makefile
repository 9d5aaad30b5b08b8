# make            a virtual environment in .venv, then dataset/
# make test       all tests;  make quick: those that start no server and take no long time;  make lint: ruff and mypy
# make label-config, make docs: the files that are generated for other tools and for readers
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
EXTRAS := label-studio,dev
STAMP  := $(VENV)/.installed

# Every install is pinned, build backends included; pip asks for no prompt and no newer pip.
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_BUILD_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export HF_HUB_OFFLINE := 1

.PHONY: all build test quick lint format docs label-config clean
all: build

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("EventBank needs Python 3.11 or newer; set PYTHON=..." if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS)]'
	@touch $@

build: $(STAMP)
	$(BIN)/eventbank build

test: $(STAMP)
	$(BIN)/python -m pytest

quick: $(STAMP)
	HYPOTHESIS_PROFILE=quick $(BIN)/python -m pytest -m 'not server and not slow'

lint: $(STAMP)
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix src tests
	$(BIN)/ruff format src tests

label-config: $(STAMP)
	$(BIN)/eventbank label config

docs: $(STAMP)
	$(BIN)/python docs/generate.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
