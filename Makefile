# `make demo` shows tickwire at work; `make test` proves it. Both set up what they need in .venv.
PYTHON ?= python3
BIN := .venv/bin
CODE := src tests benchmarks

.PHONY: help demo test check format coverage interop mutants fuzz sim bench kpi soak flaps wishes scale exchange-soak pins clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make demo               the main job: 20 components, one wire, on the local exchange
demo: .venv/.run
	@$(BIN)/tickwire demo

## make test               all tests; needs no network beyond the first install, no root
test: .venv/.dev
	@$(BIN)/python -m pytest $(ARGS)

## make check              format, lint (with the banned ambient clocks), types by two checkers
check: .venv/.dev
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/mypy
	@$(BIN)/pyright --pythonpath $(BIN)/python

## make format             put the code into its format
format: .venv/.dev
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/ruff check --fix $(CODE)

## make interop            six clients nobody here wrote, each in its own environment, on the local exchange
interop: .venv/.dev
	@$(BIN)/python -m tests.interop $(CLIENTS)

## make coverage           every branch of the core, by the tests of the core; fails under 100 %
coverage: .venv/.dev
	@$(BIN)/coverage run -m pytest -q tests/core
	@$(BIN)/coverage report

## make mutants            small mistakes made in what plans and limits: does a test fail for each?
mutants: .venv/.dev
	@$(BIN)/python -m tests.mutants $(MODULES)

## make fuzz SECONDS=600   coverage-guided fuzzing of all that reads strangers' bytes
SECONDS ?= 600
fuzz: .venv/.dev
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(TARGETS)

## make sim SEEDS=500      ten simulated minutes of anything for each seed; what must hold, holds
SEEDS ?= 500
sim: .venv/.dev
	@$(BIN)/python -m tests.sim --seeds $(SEEDS)

## make bench              what an event costs, beside six others; renews docs/performance.md
bench: .venv/.dev
	@$(BIN)/python -m benchmarks.hot_path $(ARGS)

## make kpi                1 to 500 wishes at once under the true limits; renews docs/merging.md
kpi: .venv/.dev
	@$(BIN)/python -m benchmarks.kpi $(ARGS)

## make soak MINUTES=5     every market and type held by one client process; ends with its figures
MINUTES ?= 5
soak: .venv/.dev
	@$(BIN)/python -m benchmarks.soak --minutes $(MINUTES)

## make flaps MINUTES=10   a thousand wishes a minute come and go beside streams that stay
flaps: MINUTES = 10
flaps: .venv/.dev
	@$(BIN)/python -m benchmarks.flaps --minutes $(MINUTES)

## make wishes             what a change of mind costs among 200 components of 600 books; renews docs/explaining.md
wishes: .venv/.dev
	@$(BIN)/python -m benchmarks.wishes $(ARGS)

## make scale              frames a second of the local exchange to one reader, alone and beside 50 idle
scale: .venv/.dev
	@$(BIN)/python -m benchmarks.scale

## make exchange-soak MINUTES=30   the local exchange at full scale, everything it says checked
exchange-soak: .venv/.dev
	@$(BIN)/python -m benchmarks.exchange_soak --minutes $(MINUTES)

## make pins               pin requirements/*.in anew, with hashes
pins: .venv/.dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@for pins in requirements/*.in requirements/interop/*.in; do $(BIN)/uv pip compile --quiet \
	  --universal --generate-hashes --no-header --python-version 3.11 --upgrade \
	  $$pins -o $${pins%.in}.txt; done

## make clean              remove .venv and caches
clean:
	@rm -rf .venv .interop .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage build
	@rm -f src/tickwire/_hot.*.so

.venv/.run: requirements/run.txt pyproject.toml src/tickwire/_hot.c tools/setup
	@tools/setup run $(PYTHON)

.venv/.dev: requirements/dev.txt pyproject.toml src/tickwire/_hot.c tools/setup
	@tools/setup dev $(PYTHON)
	@touch .venv/.run
