# The two commands that matter: `make run` and `make test`. Both set up everything they need in .venv.

VENV   := .venv
PYTHON := $(VENV)/bin/python
READY  := $(VENV)/.ready
# others to compare with, in an environment of their own: never a dependency
PEERS  := .venv-peers
# what the pins keep away, tried out
NEWEST := .venv-newest

.PHONY: setup run test check lint types floors pytest bench bench-learning bench-page bench-models ceiling results screenshots newest lock clean help

setup: $(READY)  ## .venv with the locked dependencies, and nothing else

$(READY): requirements/uv.txt requirements/lock.txt pyproject.toml
	test -x $(PYTHON) || python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	$(VENV)/bin/uv pip install --quiet --compile-bytecode --python $(PYTHON) --require-hashes -r requirements/lock.txt
	$(VENV)/bin/uv pip install --quiet --python $(PYTHON) --no-deps --no-build-isolation --editable .
	touch $@

run: $(READY)  ## set up, write the demo company, replay 14 weeks, publish this week's lists
	$(VENV)/bin/holdfast demo
	$(VENV)/bin/holdfast replay --weeks 14
	$(VENV)/bin/holdfast run
	$(VENV)/bin/holdfast status

test: $(READY) lint types floors pytest  ## set up, and pass everything that must hold

check: lint types floors  ## lint, types and import floors, without the tests

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(READY)
	$(VENV)/bin/mypy

floors: $(READY)
	$(VENV)/bin/lint-imports

pytest: $(READY)
	$(PYTHON) -m pytest

bench: $(READY)  ## ratios against a bare scan, measured in one run
	$(PYTHON) -m benchmarks.features

bench-learning: $(READY)  ## backtest and training of ten cutoffs on 5,000 accounts
	$(PYTHON) -m benchmarks.learning

bench-page: $(READY)  ## how long the pages of 5,000 accounts take to open in Chromium
	$(PYTHON) -m benchmarks.page

bench-models: $(READY) $(PEERS)/.ready  ## docs/benchmark-models.md: ours beside AutoGluon and others, last folds only
	# threads that wait must not spin: on cores that others use too, that makes LightGBM many times slower
	OMP_WAIT_POLICY=PASSIVE $(PYTHON) -m benchmarks.models

$(PEERS)/.ready: requirements/peers.txt | $(READY)
	test -x $(PEERS)/bin/python || python3 -m venv $(PEERS)
	$(VENV)/bin/uv pip install --quiet --python $(PEERS)/bin/python --require-hashes -r requirements/peers.txt
	touch $@

ceiling: $(READY)  ## docs/ceiling.md: how far the demo's model is from the best that could be known, and why
	$(PYTHON) -m benchmarks.ceiling

results: $(READY)  ## docs/results.md from the foreign data
	$(PYTHON) -m benchmarks.results

screenshots: $(READY)  ## pictures of every page and sheet of the latest week, into workspace/screenshots
	$(PYTHON) -m benchmarks.screenshots

newest: $(READY)  ## the tests with the newest version of everything, pins ignored: says which pins are still needed
	test -x $(NEWEST)/bin/python || python3 -m venv $(NEWEST)
	$(VENV)/bin/uv pip install --quiet --upgrade --python $(NEWEST)/bin/python --overrides requirements/unpinned.txt \
	  --group dev --editable '.[spark,postgres]'
	$(NEWEST)/bin/python -m pytest

lock:  ## new lock files: names, versions and hashes only
	$(VENV)/bin/uv pip compile pyproject.toml --extra spark --extra postgres --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --quiet --upgrade -o requirements/lock.txt
	echo uv | $(VENV)/bin/uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet \
	  -o requirements/uv.txt
	echo 'autogluon.tabular[lightgbm,catboost,xgboost]' | $(VENV)/bin/uv pip compile - --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --quiet --upgrade -o requirements/peers.txt

clean:  ## away with the environments and the workspace
	rm -rf $(VENV) $(PEERS) $(NEWEST) workspace

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
