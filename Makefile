# Tunedrop: `make demo` shows it, `make test` tests it, `make help` lists all commands.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
TORCH := torch==2.13.0
REQUIREMENTS := requirements-dev.txt constraints.txt functions/requirements.txt \
	training_container/requirements.txt localcloud/requirements.txt \
	tests/requirements.txt functions/prepare_layer/requirements.txt
# The Python of the Lambda runtime, if it is installed (a name on PATH may be a shim that does not run).
LAMBDA_PYTHON := $(shell for p in $$(which -a python3.13 2>/dev/null); do \
	"$$p" -c "" 2>/dev/null && echo "$$p" && break; done)
LAMBDA_VENV := .venv-lambda
# The functions' packages, in seconds: who deploys to AWS need not install PyTorch.
DOCTOR_VENV := .venv-doctor
# The tests of the functions' code run once: on the Lambda runtime's Python, where it is installed.
TESTS_OF_FUNCTIONS := tests/functional/handlers $(addprefix tests/unit/,\
	dataset documents evaluation jobs lifecycle recipe report)
TESTED_ON_LAMBDA := $(and $(LAMBDA_PYTHON),$(TESTS_OF_FUNCTIONS))
# Tests of one group run in one process, the longest groups first (tests/conftest.py).
SIDE_BY_SIDE := --numprocesses auto --maxprocesses 4

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export TOKENIZERS_PARALLELISM := false

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: install
install: $(VENV)/.installed ## Create .venv with all dependencies pinned

# PyTorch is installed first and alone, because pip's resolver would take gigabytes of CUDA. Its build
# for CPUs is tried where it is enough; if that fails, pip takes the build of the package index.
$(VENV)/.installed: $(REQUIREMENTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@echo "Installing pinned dependencies into $(VENV) (about 1.5 GB, a few minutes)…"
	@$(PYTHON) -m venv $(VENV)
	@options=$$($(RUN) .ci/pytorch_index.py); \
	if [ -n "$$options" ] && $(RUN) -m pip install --quiet --timeout 15 --retries 1 $(TORCH) $$options; \
	then :; else $(RUN) -m pip install --quiet $(TORCH); fi
	@$(RUN) -m pip install --quiet --constraint constraints.txt --requirement requirements-dev.txt
	@touch $@

.PHONY: demo
demo: install ## Fine-tune a real model on real tweets, on this machine, and print the email
	@$(RUN) -m examples.demo $(ARGS)

.PHONY: up
up: install ## Start the local AWS with the stack deployed, until Ctrl-C
	@$(RUN) -m localcloud up $(ARGS)

.PHONY: local
local: install ## Run FILE through the whole pipeline on this machine [DATASET= RECIPE= ARGS=]
	@test -n "$(FILE)" || { echo 'Which file? make local FILE=tweets.csv [DATASET=name] [RECIPE=recipe.yaml] [ARGS=…]' >&2; exit 2; }
	@$(RUN) -m localcloud run "$(FILE)" $(if $(DATASET),--dataset "$(DATASET)") \
		$(if $(RECIPE),--recipe "$(RECIPE)") $(ARGS)

.PHONY: test
test: install lambda-test ## Run all tests
	@$(RUN) -m pytest $(SIDE_BY_SIDE) $(or $(ARGS),$(TESTED_ON_LAMBDA:%=--ignore %))

# Chromium and axe-core for the tests of the pages; without them these tests are skipped.
.PHONY: pages
pages: .cache/pages/.installed ## Install Chromium, to test the pages in a browser (needs npm)

PAGES := tests/functional/report/chromium

.cache/pages/.installed: $(PAGES)/package.json $(PAGES)/check.mjs
	@mkdir -p .cache/pages && cp $(PAGES)/package.json $(PAGES)/check.mjs .cache/pages
	@npm install --prefix .cache/pages --silent --no-audit --no-fund
	@touch $@

.PHONY: lambda-test
lambda-test: ## Run the functions' tests on the Lambda runtime's Python, if it is installed
ifeq ($(LAMBDA_PYTHON),)
	@echo "No python3.13 on PATH: the functions are tested on $$($(PYTHON) --version) only."
else
lambda-test: $(LAMBDA_VENV)/.installed
	@$(LAMBDA_VENV)/bin/python -m pytest $(SIDE_BY_SIDE) -q $(TESTS_OF_FUNCTIONS)
endif

$(LAMBDA_VENV)/.installed: constraints.txt functions/requirements.txt tests/requirements.txt
	@$(LAMBDA_PYTHON) -m venv $(LAMBDA_VENV)
	@$(LAMBDA_VENV)/bin/python -m pip install --quiet --constraint constraints.txt \
		--requirement functions/requirements.txt --requirement tests/requirements.txt
	@touch $@

.PHONY: lint
lint: install ## Check style, types and the direction of imports
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy functions localcloud doctor examples benchmarks tests
	@cd training_container && ../$(RUN) -m mypy --config-file ../pyproject.toml .
	@PYTHONPATH=functions $(VENV)/bin/lint-imports

.PHONY: format
format: install ## Format the sources
	@$(RUN) -m ruff check --fix .
	@$(RUN) -m ruff format .

.PHONY: docs
docs: install ## Write the table of docs/recipe.md from the recipe's schema
	@PYTHONPATH=functions $(RUN) -m docs.recipe_table

.PHONY: validate
validate: .venv-sam/.installed ## Check the template and build the functions with the SAM CLI
	@SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 .venv-sam/bin/sam validate --lint
	@SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam build

# The SAM CLI pins many packages, so it has an environment of its own.
.venv-sam/.installed:
	@$(PYTHON) -m venv .venv-sam
	@.venv-sam/bin/python -m pip install --quiet aws-sam-cli==1.170.0
	@touch $@

# A Docker engine is started where there is none and this is root on Debian.
.PHONY: doctor
doctor: $(DOCTOR_VENV)/.installed ## Say what the stack on AWS still needs before a run [STACK= RECIPE= REGION=]
	@PYTHONPATH=functions $(DOCTOR_VENV)/bin/python -m doctor $(if $(STACK),--stack "$(STACK)") \
		$(if $(RECIPE),--recipe "$(RECIPE)") $(if $(REGION),--region "$(REGION)")

$(DOCTOR_VENV)/.installed: functions/requirements.txt
	@$(PYTHON) -m venv $(DOCTOR_VENV)
	@$(DOCTOR_VENV)/bin/python -m pip install --quiet --requirement functions/requirements.txt
	@touch $@

.PHONY: sam-local
sam-local: install .venv-sam/.installed ## Call every function with its events in Lambda's containers
ifeq ($(LAMBDA_PYTHON),)
	@echo "make sam-local needs Python 3.13, because sam build does." >&2; exit 1
else
	@machine=$$(uname -m | sed s/arm64/aarch64/); SAM_CLI_TELEMETRY=0 \
		LAMBDA_PLATFORM="manylinux2014_$$machine manylinux_2_28_$$machine manylinux_2_34_$$machine" \
		.venv-sam/bin/sam build --no-cached
	@PYTHONPATH=functions $(RUN) -m tests.sam_local.run "$$($(LAMBDA_PYTHON) -c 'import sys; print(sys.executable)')"
endif

# The checkers are in an environment of their own, because they need some 100 packages.
.PHONY: checks
checks: .venv-checks/.installed ## Run the checkers of template, dependencies, secrets and workflows
	@.venv-checks/bin/python .ci/checks/run.py

.venv-checks/.installed: .ci/checks/requirements.txt
	@$(PYTHON) -m venv .venv-checks
	@.venv-checks/bin/python -m pip install --quiet --requirement $<
	@touch $@

.PHONY: faults
faults: install ## Play 100,000 schedules of faults on the model of AWS, then kill real processes in 20 runs
	@$(RUN) tests/model/explore.py $(ARGS)
	@$(RUN) tests/model/kills.py

.PHONY: fuzz
fuzz: install ## Fuzz the readers of dropped files, guided by coverage, for a minute
	@$(RUN) -m pip install --quiet atheris==3.0.0
	@mkdir -p .local/fuzz && cp examples/formats/* .local/fuzz
	@cd .local && ../$(RUN) ../tests/fuzz/fuzz_readers.py -max_total_time=$(or $(SECONDS_OF_FUZZ),60) -rss_limit_mb=4096 fuzz

.PHONY: pr
pr: lint checks validate test ## Run everything that a pull request must pass

.PHONY: clean
clean: ## Remove the files of the local AWS and of builds; keep the environments
	rm -rf .local .aws-sam .cache

.PHONY: constraints
constraints: install ## Write constraints.txt from the installed packages
	@{ echo "# Every package of .venv, pinned: written by 'make constraints'."; \
	$(RUN) -m pip freeze | grep -E '^[A-Za-z0-9._-]+==' | sed 's/+cpu$$//'; } > constraints.txt
