# Needs Python 3.11 or newer and a package index; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := .venv-bench
LOWEST := .venv-lowest
READY := $(VENV)/.ready
# Whoever has set this would have every process compile everything anew, of which the tests start hundreds.
export PYTHONDONTWRITEBYTECODE :=
CHECKS := check-types check-public-types check-style check-generated docs

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# One recipe makes the committed tree and the one it is compared with. It runs outside the repository,
# so that the formatter finds no settings but its own. The digest makes every edit of openapi.yaml count,
# also one that shows nowhere in the code.
DIGEST = $(BIN)/python -c 'import hashlib, pathlib; print(hashlib.sha256(pathlib.Path("openapi.yaml").read_bytes()).hexdigest())'
define generate_into
env PATH="$(CURDIR)/$(BIN):$$PATH" RUFF_NO_CACHE=true $(BIN)/openapi-python-client generate \
	--path openapi.yaml --meta none --fail-on-warning --output-path "$(1)/access_tokens_api" >/dev/null \
	&& touch "$(1)/access_tokens_api/py.typed" \
	&& printf 'Derived from openapi.yaml by `make generate`, and never edited by hand.\n\nsha256(openapi.yaml) = %s\n' \
	"$$($(DIGEST))" > "$(1)/README.md"
endef

help:  ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(READY)  ## Show the main job, sync and async, against a local service
	@$(BIN)/python -m examples.tour

test: $(READY) $(LOWEST)/.ready  ## Run every check and every test
	@$(MAKE) --no-print-directory --jobs=2 $(CHECKS) test-lowest
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses 2 -m "not untraced"
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/python -m pytest --numprocesses 2 -m untraced

test-lowest: $(LOWEST)/.ready  ## Run the tests of connections, stores and commands with the lowest versions that are allowed
	$(LOWEST)/bin/python -m pytest --numprocesses 2 $(addprefix tests/http/test_,network.py pool.py private_names.py request.py tls.py foreign_answers.py) tests/stores \
		$(addprefix tests/calls/test_,convert.py ways_to_read.py) \
		$(addprefix tests/cli/test_,config.py every_command.py listing.py)

check: $(CHECKS)  ## Run the checks that need no test run

check-style: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/openapi-spec-validator openapi.yaml

check-types: $(READY)
	$(BIN)/mypy

check-public-types: $(READY)
	$(BIN)/basedpyright

check-generated: $(READY)  ## Compare generated/ with a fresh generation
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && $(call generate_into,$$fresh) && { \
	diff -r -x __pycache__ "$$fresh" generated \
	|| { echo "generated/ is not what openapi.yaml generates: run 'make generate'" >&2; exit 1; }; }

docs: $(READY)  ## Build the site into build/docs; a link or a name that leads nowhere fails
	$(BIN)/sphinx-build --quiet --fail-on-warning --fresh-env --jobs auto --doctree-dir build/doctrees docs build/docs

docs-serve: docs  ## Show the site
	@echo "http://localhost:8000"
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory build/docs 8000

generate: $(READY)  ## Derive generated/ from openapi.yaml
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && $(call generate_into,$$fresh) \
	&& rm -rf generated && mkdir generated && cp -R "$$fresh/." generated/
	@echo "generated/ is up to date"

bench: $(BENCH)/.ready  ## Measure the client beside its peers; OPTIONS=--quick takes under a minute
	@$(BENCH)/bin/python -m benchmarks $(OPTIONS)

$(BENCH)/.ready: pyproject.toml
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --upgrade pip
	$(BENCH)/bin/python -m pip install --quiet --editable '.[cli]' --group bench
	@touch $@

$(LOWEST)/.ready: pyproject.toml
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --upgrade pip
	$(LOWEST)/bin/python -m pip install --quiet --editable '.[cli,testing]' --group lowest
	@touch $@

mutants: $(READY)  ## Change what decides, a thousand times, and see that the tests notice
	@$(BIN)/python -m pip install --quiet --group mutants
	@rm -rf mutants
	$(BIN)/mutmut run
	@$(BIN)/python -m tests.mutants

format: $(READY)  ## Format the code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

build: $(READY)  ## Build the wheel and the sdist into dist/
	$(BIN)/python -m build --quiet

clean:  ## Remove what was made
	rm -rf $(VENV) $(BENCH) $(LOWEST) build dist mutants .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[cli,testing]' --group dev
	@touch $@

.PHONY: help demo test test-lowest check $(CHECKS) docs-serve generate bench mutants format build clean
