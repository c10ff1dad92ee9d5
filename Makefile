# Natija. `make help` lists what there is; every target does its own set-up.

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/installed
# A test waits half of its time: two share the cores, the Kafka and the PostgreSQL. The longest files come first.
WORKERS := 2
LOCAL := $(PYTHON) -m deploy.local
SOURCES := libs/events/src libs/chassis/src $(wildcard services/*/src)
export UV_PYTHON_DOWNLOADS := never

# A virtual environment that was copied with its folder is none: it is made anew.
ifneq ($(file < $(VENV)/made-in),$(CURDIR))
.PHONY: $(INSTALLED)
endif

.PHONY: help demo up down status clean unit test faults bench lint check lock able
.DEFAULT_GOAL := help

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

demo: able $(INSTALLED) ## show the main job, then stay up until Ctrl-C; ONCE=1 ends after the reports
	@$(LOCAL) demo $(if $(ONCE),--once)

up: able $(INSTALLED) ## start Kafka, PostgreSQL and the services in the background; NATIJA_BROKERS=3 for three brokers
	@$(LOCAL) up

down: ## stop all that runs
	@test ! -x $(PYTHON) || $(LOCAL) down

status: ## show what runs, where, and the memory it holds
	@test ! -x $(PYTHON) || $(LOCAL) status

clean: ## stop all and forget its data (.local); downloads stay
	@test ! -x $(PYTHON) || $(LOCAL) clean

unit: $(INSTALLED) ## run the tests that need no server, half a minute
	@$(VENV)/bin/pytest -q -n $(WORKERS) $(or $(ARGS),tests/unit tests/contract tests/model)

test: able $(INSTALLED) ## run all tests; ARGS="tests/unit -k name" runs some
	@$(VENV)/bin/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

faults: able $(INSTALLED) ## kill, stop and starve everything, count what is lost; SEED=n replays, ARGS="tests/faults -k name" does some
	@NATIJA_TEST_DEPTH=thorough $(VENV)/bin/pytest -m "" -n $(WORKERS) --dist loadfile \
		$(or $(ARGS),$(shell grep -rlE "mark.thorough|@given" tests --include="test_*.py") tests/faults)

lint: $(INSTALLED) ## check format, rules, types, who imports whom, schemas
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/mypy $(SOURCES) deploy tests
	@$(VENV)/bin/lint-imports
	@$(PYTHON) -m natija_events.schema.compatibility
	@$(VENV)/bin/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml

bench: able $(INSTALLED) ## measure what it does beside its floors, 10 minutes; ARGS="NAME" runs some; GROWTH=1 on a million appeals; SOAK=1 for 30 MINUTES
	@$(PYTHON) -m tests.bench $(if $(GROWTH),--growth) $(if $(SOAK),--soak $(or $(MINUTES),30)) $(ARGS)

check: lint test ## lint, then test

lock: $(INSTALLED) ## pin anew what pyproject.toml asks for, in requirements.lock
	@$(VENV)/bin/uv pip compile -q --universal --generate-hashes --python-version 3.11 \
		--custom-compile-command "make lock" \
		$(patsubst %,--no-emit-package natija-%,events chassis intake routing deadlines analytics) \
		pyproject.toml --group dev -o requirements.lock

able:
	@deploy/setup.sh check

$(INSTALLED): requirements.lock pyproject.toml deploy/setup.sh $(wildcard libs/*/pyproject.toml services/*/pyproject.toml)
	@deploy/setup.sh install
