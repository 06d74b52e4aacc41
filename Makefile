# Everything happens in .venv, which is made where it is missing and brought up to date where pins have changed.
#   make mock PORT=8080          another port
#   make test PYTHON=python3.12  another Python; 3.11 or newer
#   make test JOBS=1             one test after the other
#   make quality SAMPLE=40       judge the suite by forty faulty servers

PYTHON ?=
PORT ?= 4010
JOBS ?= 2
SAMPLE ?=
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help mock test quality gate-quality mutation fastapi-parity hostile bench lint format install clean

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | while IFS='|' read -r what does; do printf '%-20s %s\n' "$$what" "$$does"; done

mock: $(VENV)/base.stamp ## serve the mock
	@exec $(BIN)/chat-contract mock --port $(PORT)

test: lint ## lint, check the types, run all tests, judge our own mock
	$(BIN)/pytest tests -n $(JOBS) --dist loadscope
	$(BIN)/pytest contract_tests

quality: $(VENV)/dev.stamp ## judge the suite by every faulty and every correct server
	npm ci --no-audit --no-fund --prefix testbed/correct_servers/node
	$(BIN)/python -m testbed.quality --jobs $(JOBS) $(if $(SAMPLE),--sample $(SAMPLE))

gate-quality: $(VENV)/dev.stamp ## judge the gate by every case, and time it against size
	$(BIN)/python -m testbed.gate_quality

mutation: $(VENV)/dev.stamp ## mutate the oracle and tell which mutants no test kills
	@$(PIP) --no-build-isolation --editable '.[dev,mutation]'
	@rm -rf mutants
	$(BIN)/mutmut run --max-children $(JOBS)
	@$(BIN)/mutmut results

fastapi-parity: $(VENV)/dev.stamp ## put 20,000 bodies a latitude to the mock and to FastAPI
	$(BIN)/python -m testbed.fastapi_parity --jobs $(JOBS)

hostile: $(VENV)/dev.stamp ## send 20,000 hostile requests to the mock
	$(BIN)/python -m testbed.hostile

bench: $(VENV)/dev.stamp ## measure the mock beside others that do the same work
	$(BIN)/python -m benchmarks

lint: $(VENV)/dev.stamp ## look for mistakes without running anything
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/dev.stamp ## lay the code out
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

install: $(VENV)/dev.stamp ## install the kit and its tools, no more

clean: ## remove what was made here
	rm -rf $(VENV) build dist mutants .hypothesis .mypy_cache .pytest_cache .ruff_cache .schemathesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# The kit is built by the pinned builder, hence without isolation.
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

# A Python counts if it runs, is new enough and can make environments; an environment counts if it has pip.
define MAKE_VENV
if $(BIN)/python -m pip --version >/dev/null 2>&1; then exit 0; fi; \
for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python); do \
  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
    echo "Making $(VENV) with $$("$$python" --version) …"; \
    if "$$python" -m venv --clear $(VENV) >$(VENV).log 2>&1; then rm $(VENV).log; exit 0; fi; \
    cat $(VENV).log >&2; rm $(VENV).log; \
    echo "$$python cannot make virtual environments; on Debian and Ubuntu, apt-get install python3-venv mends that." >&2; \
    exit 1; \
  fi; \
done; \
echo "There is no Python 3.11 or newer here$(if $(PYTHON), under the name $(PYTHON)); install one, or name it: make PYTHON=/path/to/python3" >&2; \
exit 1
endef
