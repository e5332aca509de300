# Two commands matter on a fresh machine: `make demo` and `make test`. The rest are their steps.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA_DIR ?= demo/deliveries
CAMPAIGN ?= AI Launch Tour
export DATA_DIR
export DBT_PROFILES_DIR := $(CURDIR)
export DO_NOT_TRACK := 1
# A data folder may carry its own lookups in seeds/; what it leaves out is taken as empty.
ifneq ($(wildcard $(DATA_DIR)/seeds),)
export SEEDS_DIR := build/seeds
endif

.PHONY: help setup demo deliveries seeds build publish readout test check lint types unit dbt-test
.PHONY: fuzz mutation peers test-browser test-peers test-scale test-spark
.PHONY: benchmark benchmark-build benchmark-coverage benchmark-coverage-causal benchmark-feeds benchmark-peers benchmark-truth lock clean

help:  ## Show the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV)/.ready  ## Create the environment from pinned, hashed requirements

# Byte-compiling once halves every start of dbt.
$(VENV)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, found " + sys.version)'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q $(VENV)/lib || true
	@touch $@

deliveries: setup  ## Generate the demo's deliveries
	$(BIN)/python demo/generate.py

seeds: setup
	@if [ -d "$(DATA_DIR)/seeds" ]; then $(BIN)/python -m partner_attribution.feeds.seeds --project seeds --own "$(DATA_DIR)/seeds" --output build/seeds; fi

build: seeds  ## dbt build of DATA_DIR (default: the demo)
	$(BIN)/dbt build

publish: setup  ## Copy tested marts and reports to serve/
	$(BIN)/track-source publish

readout: setup  ## Render the readout of CAMPAIGN from serve/
	$(BIN)/track-source --campaign "$(CAMPAIGN)" --window campaign --detail full --no-build

demo: deliveries  ## Everything: environment, demo data, build, publish, readout
	$(BIN)/track-source --campaign "$(CAMPAIGN)" --window campaign --detail full

# Two at a time, for dbt leaves most of a second core idle. Where make can, each prints when it is through.
test: setup  ## Everything that CI runs, dbt's own tests included
	$(MAKE) --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) lint types unit dbt-test

check: test

# Each process of pytest may build the demo: about 2 GB.
PROCESSES ?= 2
lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint --disable-progress-bar --processes $(PROCESSES) models tests

types: setup
	$(BIN)/mypy

unit: setup deliveries
	$(BIN)/pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder -m "not spark and not browser and not peers and not scale"

dbt-test: setup deliveries  ## dbt build of the demo with every data and unit test
	$(BIN)/dbt build

CASES ?= 2000
FIRST ?= 0
fuzz: setup  ## CASES damaged deliveries of every format, from number FIRST on (half a CPU minute per 1000, and as much again for the reader alone)
	FUZZ_CASES=$(CASES) FUZZ_FIRST=$(FIRST) $(BIN)/pytest -s python/tests/feeds/test_fuzz_formats.py python/tests/feeds/test_fuzz.py

test-browser: demo  ## Looks at the dashboard in Chromium (needs /usr/bin/chromium)
	$(BIN)/pytest -m browser

test-spark: setup  ## Attribution on PySpark (needs Java)
	$(BIN)/python -m pip install --quiet "pyspark==4.1.4"
	$(BIN)/pytest -m spark

# The peers' packages and the data set of one of them (GPL) stay in an environment of their own.
PEERS := .venv-peers
peers: setup
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r python/tests/peers/requirements.txt
	$(PEERS)/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --dest $(PEERS)/source $$(grep ^ChannelAttribution python/tests/peers/requirements.txt)
	tar -xzf $(PEERS)/source/channelattribution-*.tar.gz -C $(PEERS) --strip-components=4 --wildcards '*/src/cypack/data/Data.csv'

test-peers: peers  ## Attribution against ChannelAttribution and MAM (needs a C++ compiler)
	PEERS_VENV=$(CURDIR)/$(PEERS) $(BIN)/pytest -m peers

test-scale: setup  ## Attribution of one account with a million touches (about a minute, 6 GB)
	$(BIN)/pytest -m scale

# SECONDS_AT_MOST=300 stops after that long; the next run goes on where this one stopped.
SECONDS_AT_MOST ?= inf
mutation: setup  ## Plants faults in the attribution code and counts those that its tests notice (long)
	cd python && ../$(BIN)/python -m tests.mutation --seconds $(SECONDS_AT_MOST)

SIZE ?= 1m
PEER_CASES := credits_wide markov_1 path_preparation channel_attribution_rules channel_attribution_markov mam_rules mam_markov
benchmark: setup  ## CPU of the engine against the bare queries (SIZE=100k, 1m or 10m)
	$(BIN)/python -m benchmarks.run --size $(SIZE)
	$(BIN)/python -m benchmarks.long_journeys

benchmark-peers: peers  ## CPU of ChannelAttribution and MAM for the same touches (SIZE=100k or 1m)
	$(BIN)/python -m benchmarks.run --size $(SIZE) --repeats 1 --only $(PEER_CASES)

benchmark-build: setup  ## CPU of dbt build from touches in Parquet to marts, all methods (SIZE=100k or 1m; minutes)
	$(BIN)/python -m benchmarks.build --size $(SIZE)

benchmark-coverage: setup  ## How often the intervals hold: five minutes, rewrites docs/intervals.md
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.intervals.coverage

REPLICATIONS ?= 80
benchmark-coverage-causal: setup  ## The same for causal methods: about four to six CPU seconds per replication
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.intervals.causal $(REPLICATIONS)

benchmark-feeds: setup  ## What landing 10 million touches costs (minutes; writes 3 GB to build/)
	$(BIN)/python -m benchmarks.feeds.run

benchmark-truth: setup  ## Every method against simulated worlds whose truth is known (minutes)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.truth

lock: setup  ## Refresh requirements.lock from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header --quiet --output-file requirements.lock

clean:  ## Remove everything that can be made again
	rm -rf $(VENV) $(PEERS) build target logs serve output plans demo/deliveries demo/truth *.duckdb *.duckdb.wal .duckdb_spill
