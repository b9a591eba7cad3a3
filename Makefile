# One command each: `make demo` shows the main job, `make test` proves it. Both do all the set-up.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

# Stamps carry the sum of what they were made from: a checkout that touches times rebuilds nothing, a changed lock does.
sum = $(shell cat $(1) | cksum | cut -d ' ' -f 1)
RUNTIME := .venv/.runtime-$(call sum,requirements.lock pyproject.toml)
DEV := .venv/.dev-$(call sum,requirements.lock tests/requirements.lock tests/benchmarks/requirements.lock pyproject.toml)
BIN := .venv/bin

# As many as cores: with more, a slow machine starves what tests of rollouts measure.
TEST_WORKERS ?= 2
TEST_ARGS ?=
# Tests start the program thousands of times, and some machines keep no bytecode by themselves.
export PYTHONDONTWRITEBYTECODE :=
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-config

.PHONY: help demo test check conformance ignore fuzz bench faults interrupts long races rollouts crashes mounts slow soak
.PHONY: differential lab lock clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1 \t/p' Makefile

demo: $(RUNTIME) ## set everything up, then: a shop, a commit under load, a promotion, drift healed, a bad commit
	@$(BIN)/sandbox doctor --fix
	@$(BIN)/sandbox demo

test: $(DEV) ## set everything up, then run the tests, those on a real engine included
	@$(BIN)/sandbox doctor --fix
	@$(MAKE) -j 2 test-engine test-rest

.PHONY: test-engine test-rest
test-engine:
	@$(BIN)/python -m pytest -m 'engine and not long' -n $(TEST_WORKERS) $(TEST_ARGS)
# What an engine makes its tests wait for is time for all others.
test-rest:
	@nice -n 10 $(BIN)/python -m pytest -q -m 'not engine and not long' -n 1 >.venv/test-rest.log 2>&1 \
		|| { cat .venv/test-rest.log; false; }
	@tail -n 1 .venv/test-rest.log

long: $(DEV) ## run the tests that `make test` leaves out: shown sooner by another, or pages of one task
	@$(BIN)/sandbox doctor --fix
	@$(BIN)/python -m pytest -m long -n $(TEST_WORKERS) $(TEST_ARGS)

CHECKS := check-format check-lint check-mypy check-pyright check-layers check-tests
.PHONY: $(CHECKS)

check: $(DEV) ## format, lint, types, layers and the fast tests; under a minute
	@$(MAKE) -k -j 3 --output-sync=target $(CHECKS)

check-format:
	@$(BIN)/ruff format --check --quiet . || { echo 'remedy: .venv/bin/ruff format .' >&2; exit 1; }
check-lint:
	@$(BIN)/ruff check --quiet .
check-mypy:
	@$(BIN)/mypy
check-pyright:
	@$(BIN)/basedpyright
check-layers:
	@$(BIN)/lint-imports --no-logo
check-tests:
	@$(BIN)/python -m pytest -q -m 'not engine and not slow' -n 2

conformance: $(DEV) ## load the corpus of Compose files beside this repository, and compare with the official loader
	@$(BIN)/python -m tests.conformance

IGNORE_ARGS ?=
ignore: $(DEV) ## compare what a thousand builds send, by their .dockerignore, with docker build
	@$(BIN)/python -m tests.ignore $(IGNORE_ARGS)

FUZZ_ARGS ?=
fuzz: $(DEV) ## feed the loader a million damaged texts of each kind, at low priority; takes an hour
	@nice -n 19 $(BIN)/python -m tests.fuzz $(FUZZ_ARGS)

bench: $(DEV) ## measure commit to healthy beside docker compose, and the idle controller
	@$(BIN)/sandbox doctor --fix
	@$(BIN)/python -m tests.benchmarks

crashes: $(DEV) ## kill syncs, rollouts and a canary before and during every single step
	@$(BIN)/sandbox doctor --fix
	@EVERY_STEP=1 $(BIN)/python -m pytest -q -n 2 --dist=load tests/scenarios/test_rollout_crash.py \
		tests/scenarios/test_crash_first_sync.py tests/scenarios/test_crash_change.py

FAULT_ARGS ?=
faults: $(DEV) ## let every call that changes the engine go wrong in five ways; takes half an hour
	@$(BIN)/sandbox doctor --fix
	@$(BIN)/python -m tests.faults $(FAULT_ARGS)

interrupts: $(DEV) ## send Ctrl-C to each command at a hundred moments; takes half an hour
	@EVERY_MOMENT=1 $(BIN)/python -m pytest -q -n 2 --dist=load tests/cli/test_interrupts.py

RACE_ARGS ?=
races: $(DEV) ## two hundred rounds of eight processes that pin, promote and roll back beside a user
	@$(BIN)/python -m tests.races $(RACE_ARGS)

ROLLOUT_ARGS ?=
rollouts: $(DEV) ## two hundred rollouts of the shop under load, beside docker compose; takes an hour
	@$(BIN)/sandbox doctor --fix
	@$(BIN)/python -m tests.rollouts $(ROLLOUT_ARGS)

MOUNTS_ARGS ?=
mounts: $(DEV) ## mount generated trees in every way, and compare what processes see with docker compose
	@$(BIN)/sandbox doctor --fix
	@$(BIN)/python -m tests.mounts $(MOUNTS_ARGS)

DIFFERENTIAL_ARGS ?=
differential: $(DEV) ## run two hundred schedules in the simulation and on the real engine, and compare the ends
	@$(BIN)/sandbox doctor --fix
	@$(BIN)/python -m tests.differential $(DIFFERENTIAL_ARGS)

slow: $(DEV) ## the demo's story with every container at a quarter of its processor share; needs root
	@$(BIN)/sandbox doctor --fix
	@$(BIN)/python -m tests.slow

SOAK_ARGS ?=
soak: $(DEV) ## two thousand syncs, 20,000 events, a hundred environments: does the controller leak? takes an hour
	@$(BIN)/sandbox doctor --fix
	@$(BIN)/python -m tests.soak $(SOAK_ARGS)

LAB_ARGS ?=
lab: $(RUNTIME) ## deliver the shop by pipeline and by reconciliation, and measure both: lab.html, lab.json
	@$(BIN)/sandbox doctor --fix
	@$(BIN)/sandbox lab --html lab.html --json lab.json $(LAB_ARGS)

lock: $(DEV) ## resolve the dependencies of pyproject.toml again into the two lock files
	@$(LOCK) --upgrade pyproject.toml --group build --output-file requirements.lock
	@$(LOCK) --upgrade pyproject.toml --group dev --constraints requirements.lock --output-file tests/requirements.lock
	@$(LOCK) --upgrade --group compose --output-file tests/benchmarks/requirements.lock

clean: ## remove what the tools made here; never an image, container or volume
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME):
	@.ci/venv requirements.lock
	@rm -f .venv/.runtime-* && touch $@

# The development lock holds the runtime lock, so one install serves both stamps.
$(DEV):
	@.ci/venv tests/requirements.lock
	@.ci/compose tests/benchmarks/requirements.lock
	@rm -f .venv/.runtime-* .venv/.dev-* && touch $@ $(RUNTIME)

