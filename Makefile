# Every target makes the environment itself; on a fresh machine that takes a minute or three.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
JAX := $(VENV)/.jax
DOCS := $(VENV)/.docs
LOWEST := .venv-lowest
OTHER := .venv-other
# What is tried on the lowest versions: each room that meets another library. Warnings are no errors
# there: old versions cause some of their own (Ray 2.50 leaves files open when it starts).
ON_LOWEST := tests/test_private_apis.py tests/search/engine tests/search/schedulers tests/search/suggest \
	tests/search/storage tests/models/test_random_forest.py tests/clustering/test_gaussian_mixture.py
DEMO := demo-$(shell date +%Y%m%d-%H%M%S)

.PHONY: demo test test-slow test-lowest test-pythons check wheel docs lock clean

demo: $(READY)  ## search every family on the bundled digits, judge the best on test images, write a report
	$(BIN)/hypersearch run quick --name $(DEMO)
	$(BIN)/hypersearch confirm $(DEMO) --no-baselines --fit-on train
	$(BIN)/hypersearch report $(DEMO)

test: $(READY)  ## the default tests, under five minutes on two cores: two files at a time
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-slow: $(READY) $(JAX) $(DOCS)  ## the tests that take longer, those of the networks on JAX among them
	$(BIN)/python -m pytest -m "slow or cluster"

check: $(READY)  ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	rm -rf .typing && mkdir .typing && cp -r hypersearch .typing/
	cd .typing/hypersearch && ln -s ../../analysis ../../clustering ../../models ../../search .
	cd .typing && ../$(BIN)/mypy --config-file ../pyproject.toml -p hypersearch

$(READY): pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(JAX): $(READY) requirements-jax.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-jax.lock
	touch $@

test-lowest: $(LOWEST)/.ready  ## the tests that meet other libraries, on the lowest versions allowed
	$(LOWEST)/bin/python -m pytest -W default --disable-warnings -n 2 --dist loadfile \
		--no-loadscope-reorder $(ON_LOWEST)

test-pythons: $(READY)  ## the same tests on each other Python of this machine, on the pinned versions
	for python in $$(.ci/pythons); do \
		$$python --version && \
		$(BIN)/uv venv --quiet --clear --seed --python $$python $(OTHER) && \
		$(BIN)/uv pip install --quiet --python $(OTHER)/bin/python -r requirements.lock && \
		$(BIN)/uv pip install --quiet --python $(OTHER)/bin/python --no-deps --no-build-isolation -e . && \
		$(OTHER)/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ON_LOWEST) || exit 1; \
	done

$(LOWEST)/.ready: $(READY) requirements-lowest.lock
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python --seed $(LOWEST)
	$(BIN)/uv pip install --quiet --python $(LOWEST)/bin/python -r requirements-lowest.lock
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

wheel: $(READY)  ## build the wheel, check what is in it, run it in an environment of its own
	rm -rf build dist
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .
	$(BIN)/check-wheel-contents dist
	$(BIN)/python -m pytest -m "" tests/test_wheel.py

docs: $(DOCS)  ## the documentation as pages, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

$(DOCS): $(READY) requirements-docs.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.lock
	touch $@

lock:  ## pin what a fresh install resolves to
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra dashboard --extra postgresql --universal \
		--python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header --output-file requirements.lock
	echo "jax>=0.6" | $(BIN)/uv pip compile - --constraint requirements.lock --universal \
		--python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header --output-file requirements-jax.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra postgresql --resolution lowest-direct \
		--python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header --output-file requirements-lowest.lock
	printf 'mkdocs>=1.6,<2\nmkdocs-material>=9.6\nmkdocstrings[python]>=1.0\n' | \
		$(BIN)/uv pip compile - --constraint requirements.lock --universal \
		--python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header --output-file requirements-docs.lock

clean:
	rm -rf $(VENV) $(LOWEST) $(OTHER) build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .typing
