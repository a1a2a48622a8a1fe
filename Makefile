# What a newcomer types; `make` alone lists it. Needs make and Python 3.10 to 3.13, nothing else.
PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11 python3.10; do \
	$$python -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
ARGS :=

.DEFAULT_GOAL := help
.PHONY: help install run test check

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18

install: .venv/installed ## create .venv and install the versions of constraints.txt (once)

run: .venv/installed ## train on handwritten digits and show which pixels matter
	$(BIN)/spectral-train experiment=quickstart $(ARGS)

test: .venv/installed ## run the tests; ARGS="-m slow" runs the long ones
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 $(ARGS)

check: .venv/installed ## format, lint, types, who imports whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.venv/installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.10 to 3.13 is needed, and none was found; install one and try again." >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
