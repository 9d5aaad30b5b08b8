# make            a virtual environment in .venv, then dataset/
# make test       all tests;  make quick: those that start no server and take no long time;  make lint: ruff and mypy
# make label-studio: a Label Studio server on loopback, for trying out; Ctrl-C stops it
# make bench: the benchmarks of pages, story clusters and ingest, and their tables in benchmarks/README.md; takes an hour
# make label-config, make docs: the files that are generated for other tools and for readers
# make api: pages of the Python API in build/api
# make baselines: scores of the baselines for the card, after labels have changed
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

# A Label Studio server has an environment of its own: its pins clash with ours.
LS       := .label-studio
LS_STAMP := $(LS)/venv/.installed
LS_PINS  := $(CURDIR)/label-studio-constraints.txt
PORT     ?= 8080

.PHONY: all build test quick lint format docs api bench label-config label-studio baselines clean
all: build

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("EventBank needs Python 3.11 or newer; set PYTHON=..." if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS)]'
	@touch $@

build: $(STAMP)
	$(BIN)/eventbank build

$(LS_STAMP): export PIP_CONSTRAINT := $(LS_PINS)
$(LS_STAMP): export PIP_BUILD_CONSTRAINT := $(LS_PINS)
$(LS_STAMP): label-studio-constraints.txt
	@test -x $(LS)/venv/bin/python || $(PYTHON) -m venv $(LS)/venv
	$(LS)/venv/bin/python -m pip install --quiet label-studio
	@touch $@

label-studio: $(LS_STAMP)
	@$(PYTHON) tools/label_studio.py $(LS)/venv $(LS) $(PORT)

test: $(STAMP) $(LS_STAMP)
	$(BIN)/python -m pytest

quick: $(STAMP)
	HYPOTHESIS_PROFILE=quick $(BIN)/python -m pytest -m 'not server and not slow'

lint: $(STAMP)
	$(BIN)/ruff check src tests tools
	$(BIN)/ruff format --check src tests tools
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix src tests tools
	$(BIN)/ruff format src tests tools

label-config: $(STAMP)
	$(BIN)/eventbank label config

baselines: $(STAMP)
	$(BIN)/python tools/baselines.py

docs: $(STAMP)
	$(BIN)/python docs/generate.py

api: $(STAMP)
	$(BIN)/python tools/api.py

bench: $(STAMP)
	$(BIN)/python -m pip install --quiet '.[bench,html,scale]'
	$(BIN)/python benchmarks/pages.py
	$(BIN)/python benchmarks/stories.py
	$(BIN)/python benchmarks/ingest.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
