# All targets work in .venv. It is created if it is missing and updated when a pin changes.
#   make mock PORT=8080          use another port
#   make test PYTHON=python3.12  use another Python (3.11 or newer)
#   make test JOBS=1             run tests one after the other
#   make test ORDER=random       run tests in random order
#   make test TIMEOUT=1200       allow a test twenty minutes before it fails
#   make quality SAMPLE=40       measure the verifier on forty servers with a planted bug
#   make coverage TESTS=tests/e2e KEEP=1   add these tests to what was measured before
#   make soak RUNS=3             run the frontend tests three times

PYTHON ?=
PORT ?= 4010
JOBS ?= 3
TIMEOUT ?= 600
ORDER ?=
SAMPLE ?=
TESTS ?=
KEEP ?=
RUNS ?=
VENV := .venv
BIN := $(VENV)/bin
# The end-to-end tests take longest and begin first, so that the workers end together. There are more workers than
# cores, because tests spend time waiting.
SPREAD := -n $(JOBS) --dist loadscope --no-loadscope-reorder
PYTEST := $(BIN)/pytest $(SPREAD) --timeout $(TIMEOUT) $(if $(filter random,$(ORDER)),--random-order)

.DEFAULT_GOAL := help
.PHONY: help install mock unit check test coverage lint requirements audit image-steps package test-lowest format quality toolchains gate-quality fastapi-parity hostile hostile-servers hostile-documents bench mutation \
  soak chaos docs screenshots clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | while IFS='|' read -r target text; do printf '%-20s %s\n' "$$target" "$$text"; done

install: $(VENV)/dev.stamp ## Install the kit and all development tools into .venv

mock: $(VENV)/base.stamp ## Serve the mock
	@exec $(BIN)/chat-contract mock --port $(PORT)

unit: $(VENV)/dev.stamp ## Run unit tests
	$(PYTEST) -q tests/unit

check: lint unit ## Run linters, type checker and unit tests

test: lint ## Run linters, type checker and all tests, then verify the mock
	$(PYTEST) tests
	$(BIN)/pytest contract_tests

coverage: $(VENV)/dev.stamp ## Measure branch coverage of all tests
	$(if $(KEEP),,$(BIN)/coverage erase)
	$(BIN)/coverage run -m pytest -q $(SPREAD) $(or $(TESTS),tests)
	@$(BIN)/coverage combine --append --quiet
	$(BIN)/coverage report

lint: $(VENV)/dev.stamp ## Run linters, type checker and security checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive .
	$(BIN)/zizmor --offline --quiet --persona pedantic .
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/idea.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml

audit: $(VENV)/dev.stamp ## Look for known vulnerabilities in the pinned packages; needs the network
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install pip-audit
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement requirements/all.txt

package: $(VENV)/dev.stamp ## Build the wheel and the source distribution into dist/ and check them
	@rm -rf dist
	$(BIN)/python -m build --no-isolation
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl

test-lowest: $(VENV)/dev.stamp ## Run unit tests with the lowest versions of the packages that pyproject.toml allows
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install uv
	$(BIN)/uv pip compile --quiet --python $(BIN)/python --resolution lowest-direct --extra suite --extra gate --extra load --extra redis \
	  --no-emit-index-url --no-annotate --no-header pyproject.toml --output-file $(VENV)/lowest.txt
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV)/lowest
	$(BIN)/uv pip sync --quiet --python $(VENV)/lowest/bin/python $(VENV)/lowest.txt
	$(BIN)/uv pip install --quiet --python $(VENV)/lowest/bin/python --constraint $(VENV)/lowest.txt \
	  fastapi "hatchling>=1.27" editables pytest-random-order pytest-timeout pytest-xdist
	$(BIN)/uv pip install --quiet --python $(VENV)/lowest/bin/python --no-deps --no-build-isolation --editable .
	$(VENV)/lowest/bin/python -m pytest -q -n $(JOBS) --timeout $(TIMEOUT) $(or $(TESTS),$(LOWEST_TESTS))

# The other unit tests compare documents, or need packages that are newer than the lowest versions.
LOWEST_TESTS := $(addprefix tests/unit/,chat_contract chat_load chat_verifier kit_cli kit_http kit_options kit_reports mock_server spec_gate) \
  --ignore tests/unit/spec_gate/test_reports.py

requirements: $(VENV)/dev.stamp ## Write the hashes of the pinned packages into requirements/
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install uv
	@echo hatchling | $(LOCK) --extra redis - --output-file requirements/mock.txt
	@echo hatchling | $(LOCK) --extra gate --extra redis --extra suite - --output-file requirements/all.txt

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url --constraint constraints.txt pyproject.toml

format: $(VENV)/dev.stamp ## Format the code and apply safe fixes
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

quality: $(VENV)/dev.stamp ## Measure the verifier on all correct servers and servers with a planted bug
	npm ci --no-audit --no-fund --prefix testbed/correct_servers/node
	$(BIN)/python -m testbed.quality --jobs $(JOBS) $(if $(SAMPLE),--sample $(SAMPLE),--whole) $(if $(PAIRS),--pairs $(PAIRS))

toolchains: $(VENV)/dev.stamp ## Verify the correct servers in every language whose toolchain is installed
	$(BIN)/python -m testbed.correct_servers.run_all --toolchains

gate-quality: $(VENV)/dev.stamp ## Measure precision, recall and time of the gate on all cases
	$(BIN)/python -m testbed.gate_quality

fastapi-parity: $(VENV)/dev.stamp ## Compare the mock with FastAPI on 20,000 bodies per leniency profile
	$(BIN)/python -m testbed.fastapi_parity --jobs $(JOBS)

hostile: $(VENV)/dev.stamp ## Send 200,000 hostile requests to mock and recorder, open 11,800 slow connections, update the limits page
	$(BIN)/python -m testbed.hostile.bodies
	$(BIN)/python -m testbed.hostile --write-docs

hostile-servers: $(VENV)/dev.stamp ## Verify and load servers that attack their client; print seconds and peak memory of each run
	$(BIN)/python -m testbed.hostile_servers --odd 100 -- --timeout 2
	$(BIN)/python -m testbed.hostile_servers --load -- --timeout 2s

hostile-documents: $(VENV)/dev.stamp ## Compare 1,000 pairs of hostile documents; print exit codes, seconds and peak memory
	$(BIN)/python -m testbed.hostile.documents --jobs $(JOBS)

bench: $(VENV)/dev.stamp ## Compare CPU time, latency and memory of the mock with other servers
	$(BIN)/python -m benchmarks

chaos: $(VENV)/dev.stamp ## Stop and kill replicas of the mock under load for a minute; check conversations and journal
	$(BIN)/python -m testbed.chaos

image-steps: $(VENV)/dev.stamp ## Run the steps of the Dockerfile one by one, without a container engine
	$(BIN)/python -m testbed.image

soak: $(VENV)/dev.stamp ## Run the tests of the frontend example 100 times with 4 workers
	npm ci --no-audit --no-fund --prefix examples/frontend
	$(BIN)/python -m testbed.soak --runs $(or $(RUNS),100)

mutation: $(VENV)/dev.stamp ## List the mutants of the oracle that no test detects
	@$(PIP) --no-build-isolation --editable '.[dev,mutation]'
	@rm -rf mutants
	$(BIN)/mutmut run --max-children $(JOBS)
	@$(BIN)/mutmut results

docs: $(VENV)/dev.stamp ## Build the documentation as a site in build/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "Open build/site/index.html, or serve it with search: $(BIN)/mkdocs serve"

screenshots: $(VENV)/dev.stamp ## Make the screenshots in docs/pictures/ again
	$(BIN)/python -m testbed.screenshots --documents docs/pictures

clean: ## Remove .venv, caches and build products
	rm -rf $(VENV) build dist mutants .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .schemathesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# Without isolation, pip builds the kit with the pinned version of hatchling.
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install --constraint constraints.txt

$(VENV)/base.stamp: pyproject.toml constraints.txt
	@$(MAKE_VENV)
	@echo "Installing the kit into $(VENV) …"
	@$(PIP) hatchling editables
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: pyproject.toml constraints.txt
	@$(MAKE_VENV)
	@echo "Installing the kit and its tools into $(VENV) …"
	@$(PIP) hatchling editables
	@$(PIP) --no-build-isolation --editable '.[dev]'
	@touch $(VENV)/base.stamp $@

# Use the first Python that is new enough and can create environments. Keep an environment that has pip.
define MAKE_VENV
if $(BIN)/python -m pip --version >/dev/null 2>&1; then exit 0; fi; \
for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python); do \
  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
    echo "Creating $(VENV) with $$("$$python" --version) …"; \
    if "$$python" -m venv --clear $(VENV) >$(VENV).log 2>&1; then rm $(VENV).log; exit 0; fi; \
    cat $(VENV).log >&2; rm $(VENV).log; \
    echo "$$python cannot create virtual environments. On Debian and Ubuntu, run: apt-get install python3-venv" >&2; \
    exit 1; \
  fi; \
done; \
echo "Found no Python 3.11 or newer$(if $(PYTHON), under the name $(PYTHON)). Install one, or name it: make PYTHON=/path/to/python3" >&2; \
exit 1
endef
