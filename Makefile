# `make` alone lists the targets. Settings:
#   PYTHON=…    an environment of your own, ready to use (default: make one in .venv)
#   PYTHON3=…   the interpreter that .venv is made from (default: python3)
#   PIP_ARGS=…  more arguments for pip install (README.md, "Try it")
#   RELEASE_ARGS=… how release builds; a course of your own sets it to nothing, below
#   ASSIGNMENT=… one assignment of several (default: all)
#   ONLY="w1 w2" the problems that release puts into notebooks/, or that demo grades (default: all)
#   ISOLATION=… the weakest isolation accepted for student code, for once (docs/security.md)
#   JOBS=…      submissions graded at a time (default: one per core; on a GPU one per 8 GB of its memory)

PYTHON3 ?= python3
VENV := .venv
READY := $(VENV)/.ready

# The kit itself has no public repository for its badges. Yours has: set it in course.toml, and take this
# away, so that a badge that leads nowhere stops the build.
RELEASE_ARGS ?= --allow-placeholder

ifdef ISOLATION
export AUTOGRADER_ISOLATION := $(ISOLATION)
endif

ifdef PYTHON
SETUP :=
else
PYTHON := $(VENV)/bin/python
SETUP := $(READY)
endif

# nbgrader calls alembic by name, so the environment's programs must be on PATH.
RUN = PATH="$(abspath $(dir $(shell command -v $(PYTHON))))$${PATH:+:$$PATH}" $(PYTHON) -m
AUTOGRADER = $(RUN) autograder.cli
NBGRADER = $(RUN) nbgrader

.DEFAULT_GOAL := help
.PHONY: help setup release demo collect autograde feedback grades report check docs test test-all fuzz mutation-report label test-trust lint format clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

setup: $(SETUP) ## Make the environment in .venv (every target does this when needed)
	@$(PYTHON) -c 'import autograder, sys; print("ready:", sys.prefix)'

$(READY): pyproject.toml
	@command -v $(PYTHON3) >/dev/null || \
	  { echo "$(PYTHON3) was not found. Install Python 3.11 or newer."; exit 1; }
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "This needs Python 3.11 or newer; $(PYTHON3) is $$($(PYTHON3) -V 2>&1)."; \
	    echo "Install a newer one and name it: make setup PYTHON3=python3.12"; exit 1; }
	@# One that works stays as it is: made again by another Python, it would be of two.
	$(VENV)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON3) -m venv $(VENV)
	$(VENV)/bin/python -m pip install $(PIP_ARGS) -e ".[dev]"
	@touch $@

release: $(SETUP) ## Build the students' notebooks from solutions/: make release ONLY="w1 w2"
	$(AUTOGRADER) release $(ASSIGNMENT) $(RELEASE_ARGS) $(if $(ONLY),--only "$(ONLY)")

demo: $(SETUP) ## Grade a prepared class and compare with what is expected: make demo ONLY="w1 w2"
	$(AUTOGRADER) demo $(ASSIGNMENT) $(if $(ONLY),--only "$(ONLY)")

collect: $(SETUP) ## Take in downloaded work: make collect FROM=folder
	@test -n "$(FROM)" || { echo "Say where the work is: make collect FROM=folder"; exit 1; }
	$(AUTOGRADER) collect "$(FROM)" $(if $(ASSIGNMENT),--assignment $(ASSIGNMENT))

autograde: $(SETUP) ## Grade everything under submitted/ and book it
	$(AUTOGRADER) run $(ASSIGNMENT) $(if $(JOBS),--jobs $(JOBS))
	$(AUTOGRADER) book $(ASSIGNMENT)

feedback: $(SETUP) ## Write a page for every student under feedback/
	$(AUTOGRADER) feedback $(ASSIGNMENT) $(if $(JOBS),--jobs $(JOBS))

report: $(SETUP) ## Write class-report.html, about the whole class
	$(AUTOGRADER) report $(if $(ASSIGNMENT),--assignment $(ASSIGNMENT))

check: $(SETUP) ## Say everything that is wrong with the assignments
	$(AUTOGRADER) check $(ASSIGNMENT)

docs: $(SETUP) ## Build the documentation's site in build/site
	NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --quiet

grades: $(SETUP) ## Write grades.csv
	$(NBGRADER) export --exporter autograder.plugins.export.GradesExporter --to grades.csv

test: $(SETUP) ## Run the tests that every change should pass
	$(RUN) pytest

test-all: test ## Those, and the slow ones: every solution, every kernel compiled, whole classes
	$(RUN) pytest -m slow

test-trust: $(SETUP) ## The slow tests: cheats at every isolation level, faults, the same points
	$(RUN) pytest -m trust --junitxml=build/suites/trust.xml

mutation-report: $(SETUP) ## Try wrong answers on all cases: make mutation-report PROBLEMS="…"
	PYTHONPATH=tests:tests/support $(RUN) mutants.report $(PROBLEMS)

label: $(SETUP) ## Write docs/label.md: what was tried on this grader, from the files under build/
	-$(RUN) pytest --junitxml=build/suites/quick.xml tests/trust/test_files.py tests/intake/test_damaged.py
	PYTHONPATH=.:tests:tests/support $(PYTHON) benchmarks/label.py

fuzz: $(SETUP) ## Look for files that crash a reader: make fuzz SECONDS=1200
	@$(PYTHON) -c 'import atheris' 2>/dev/null || $(PYTHON) -m pip install $(PIP_ARGS) -e ".[fuzz]"
	$(PYTHON) tests/fuzz/run.py $(or $(SECONDS),1200)

lint: $(SETUP) ## Check style and types
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

format: $(SETUP) ## Put style right where ruff can
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

clean: ## Delete build/ and caches; submissions, grades and .venv stay
	rm -rf build .pytest_cache .ruff_cache .mypy_cache .hypothesis *.egg-info
	find autograder tests -name __pycache__ -type d -prune -exec rm -rf {} +
