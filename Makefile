# Natija. `make help` lists what there is; every target does its own set-up.

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/installed
# Tests wait half of their time, so two workers share the cores, one Kafka and one PostgreSQL. The longest files come first.
WORKERS := 2
LOCAL := $(PYTHON) -m deploy.local
SOURCES := $(wildcard libs/*/src services/*/src)
export UV_PYTHON_DOWNLOADS := never

# A virtual environment that was copied with its folder still points to the old one: create it again.
ifneq ($(file < $(VENV)/made-in),$(CURDIR))
.PHONY: $(INSTALLED)
endif

.PHONY: help demo up down status million clean unit test browser faults bench lint check stylesheet lock check-machine
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

demo: check-machine $(INSTALLED) ## show one appeal from submission to report, then keep running until Ctrl-C; ONCE=1 ends after the reports
	@$(LOCAL) demo $(if $(ONCE),--once)

up: check-machine $(INSTALLED) ## start Kafka, PostgreSQL and the services in the background; NATIJA_BROKERS=3 starts three brokers
	@$(LOCAL) up

down: ## stop everything
	@test ! -x $(PYTHON) || $(LOCAL) down

status: ## show the running processes with address and memory
	@test ! -x $(PYTHON) || $(LOCAL) status

million: check-machine $(INSTALLED) ## build a realm with a million lives once, for figures; it takes long; ARGS="--lives N"
	@$(PYTHON) -m tests.bench.million $(ARGS)

clean: ## stop everything and delete its data (.local) but the downloads
	@test ! -x $(PYTHON) || $(LOCAL) clean

unit: $(INSTALLED) ## run the tests that need no servers (half a minute)
	@$(VENV)/bin/pytest -q -n $(WORKERS) $(or $(ARGS),tests/unit tests/contract tests/model)

test: check-machine $(INSTALLED) ## run all tests; ARGS="tests/unit -k name" runs some
	@$(VENV)/bin/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

browser: $(INSTALLED) ## look at each page in five languages and three widths, in a browser
	@$(VENV)/bin/pytest -m browser -n $(WORKERS) --dist loadfile $(or $(ARGS),tests/browser)

faults: check-machine $(INSTALLED) ## kill, stop and starve every process and count what is lost; SEED=n repeats a run, ARGS="tests/faults -k name" runs some
	@NATIJA_TEST_DEPTH=thorough $(VENV)/bin/pytest -m "not browser" -n $(WORKERS) --dist loadfile \
		$(or $(ARGS),$(shell grep -rlE "mark.thorough|@given" tests --include="test_*.py") tests/faults)

lint: $(INSTALLED) ## check format, style, types, import rules, schemas and words
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/mypy $(SOURCES) deploy tests
	@$(VENV)/bin/lint-imports
	@$(PYTHON) -m natija_events.schema.compatibility
	@$(PYTHON) -m natija_events.documents
	@$(PYTHON) -m tests.lint
	@$(VENV)/bin/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml

bench: check-machine $(INSTALLED) ## compare throughput with its floors; ARGS="NAME" runs some, GROWTH=1 uses what make million built, SOAK=1 runs MINUTES=30
	@$(PYTHON) -m tests.bench $(if $(GROWTH),--growth) $(if $(SOAK),--soak $(or $(MINUTES),30)) $(ARGS)

check: lint test ## run lint, then test

stylesheet: $(INSTALLED) ## make the stylesheet of pages from the npm package govuk-frontend
	@$(PYTHON) -m deploy.stylesheet

lock: $(INSTALLED) ## update requirements.lock from pyproject.toml
	@$(VENV)/bin/uv pip compile -q --universal --generate-hashes --python-version 3.11 \
		--custom-compile-command "make lock" \
		$(patsubst %,--no-emit-package natija-%,$(notdir $(patsubst %/,%,$(wildcard libs/*/ services/*/)))) \
		pyproject.toml --group dev -o requirements.lock

check-machine:
	@deploy/setup.sh check

$(INSTALLED): requirements.lock pyproject.toml deploy/setup.sh $(wildcard libs/*/pyproject.toml services/*/pyproject.toml)
	@deploy/setup.sh install
