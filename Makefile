# SPDX-License-Identifier: Apache-2.0
#
#   make demo       all the set-up, then the examples: tables and pictures in build/demo
#   make test       all the set-up, then lint, C++ tests, Python tests on the installed wheel
#   make docs       the documentation site, in build/docs; its notebooks are run, warnings are errors
#   make lint       only the checks of style, types, and of what includes what
#   make test-sanitize      the C++ tests under AddressSanitizer and UndefinedBehaviorSanitizer
#   make fuzz       arguments, files, signals and transforms of all kinds for 30 minutes (FUZZ_OPTIONS="--minutes 5")
#   make benchmark  registrations beside SimpleITK, elastix and ANTs: tables and figures in build/benchmark
#   make benchmark-success  how often registrations find the motion, beside the peers and greedy, in build/benchmark
#   make benchmark-deformable  a lung and its follow-up, and a brain, beside elastix, ANTs and greedy, in build/benchmark
#   make benchmark-startup  from a fresh process to a first result, beside SimpleITK and itk, in build/benchmark
#   make benchmark-search  what the search for a start costs, in build/benchmark
#   make benchmark-sampler  speed and memory of the enumeration, in build/benchmark
#   make readme     put what the demo made into README.md and doc/images
#   make clean      remove build/ (the ITK build tree stays in its cache folder)
#
# ITK_DIR=/path make ...  uses an ITK build tree that is already there.

PYTHON ?= python3
BUILD := build
VENV := $(BUILD)/venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# What the wheel and the C++ tests are made of.
SOURCES := pyproject.toml CMakeLists.txt itk-module.cmake $(wildcard cmake/*) $(shell find include src python wrapping -type f)
CPP_FILES := $(shell find include src test python/core examples/cpp -name "*.h" -o -name "*.hxx" -o -name "*.cxx")
PYTHON_FILES := .ci benchmarks cmake doc examples fuzz python test/python test/upstream wrapping/python

say = @echo "== $(1)"

.NOTPARALLEL:
.PHONY: demo docs readme test lint format cpp-test test-sanitize python-test fuzz benchmark benchmark-success benchmark-deformable benchmark-sampler benchmark-search benchmark-startup install wheel itk clean

demo: $(BUILD)/demo/done
	$(call say,Tables and pictures (made again when the module or the examples change):)
	@ls $(CURDIR)/$(BUILD)/demo/*.md $(CURDIR)/$(BUILD)/demo/*.png

readme: $(BUILD)/demo/done
	@$(BIN)/python .ci/update_readme.py

$(BUILD)/demo/done: $(BUILD)/installed $(wildcard examples/*.py)
	$(call say,Examples (usually 2 minutes))
	@$(BIN)/python examples/demo.py --output $(BUILD)/demo
	@touch $@

test: lint cpp-test python-test

lint: $(VENV)/tools
	$(call say,Lint)
	@clang-format --dry-run --Werror $(CPP_FILES)
	@ruff format --check --quiet $(PYTHON_FILES)
	@ruff check --quiet $(PYTHON_FILES)
	@mypy $(PYTHON_FILES)
	@codespell
	@$(BIN)/python .ci/check_house.py
	@$(BIN)/python .ci/check_release.py
	@check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@check-jsonschema --quiet --builtin-schema vendor.github-actions .github/actions/*/action.yml
	@check-jsonschema --quiet --builtin-schema vendor.citation-file-format CITATION.cff

format: $(VENV)/tools
	clang-format -i $(CPP_FILES)
	ruff format $(PYTHON_FILES)
	ruff check --fix $(PYTHON_FILES)

cpp-test: $(VENV)/tools itk
	$(call say,C++ tests (usually 7 minutes to build, 3 to run))
	@cmake --preset test --log-level=WARNING
	@cmake --build --preset test
	@ctest --preset test --parallel 2

test-sanitize: $(VENV)/tools itk
	$(call say,C++ tests under AddressSanitizer and UndefinedBehaviorSanitizer (usually 15 minutes))
	@cmake --preset sanitize --log-level=WARNING
	@cmake --build --preset sanitize
	@ctest --preset sanitize --parallel 2

fuzz: install
	$(call say,All that is searched for failures (30 minutes))
	@$(BIN)/python fuzz/all.py $(FUZZ_OPTIONS)

benchmark-sampler: install
	$(call say,Enumeration of mask voxels beside numpy.count_nonzero (usually 1 minute))
	@$(BIN)/python benchmarks/enumeration.py --output $(BUILD)/benchmark

benchmark-search: install
	$(call say,What the search for a start costs (usually 1 minute))
	@$(BIN)/python benchmarks/search.py --output $(BUILD)/benchmark

benchmark-startup: install
	$(call say,A first result of a fresh process (usually 2 minutes))
	@$(BIN)/python benchmarks/startup.py --output $(BUILD)/benchmark

PEERS := $(BUILD)/benchmark/venv
# BENCHMARK_OPTIONS=--quick is a quick look; see benchmarks/README.md.
benchmark: install $(PEERS)/installed
	$(call say,Registrations beside the peers (usually 35 minutes))
	@$(BIN)/python benchmarks/registration --peer-python $(PEERS)/bin/python --output $(BUILD)/benchmark $(BENCHMARK_OPTIONS)

# It goes on where it ended; BENCHMARK_OPTIONS="--budget 30" ends it after 30 minutes.
benchmark-success: install $(PEERS)/installed
	$(call say,Random registrations beside the peers (usually 2 hours))
	@$(BIN)/python benchmarks/success --peer-python $(PEERS)/bin/python --output $(BUILD)/benchmark $(BENCHMARK_OPTIONS)

# BENCHMARK_OPTIONS="--lung FOLDER": without the images, nothing is run.
benchmark-deformable: install $(PEERS)/installed
	$(call say,A lung and its follow-up beside the peers (usually 25 minutes))
	@$(BIN)/python benchmarks/deformable --peer-python $(PEERS)/bin/python --output $(BUILD)/benchmark $(BENCHMARK_OPTIONS)

$(PEERS)/installed: benchmarks/registration/requirements.txt benchmarks/registration/requirements-alone.txt
	$(call say,The peers in an environment of their own (usually 1 minute))
	@$(PYTHON) -m venv --clear $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet -r $<
	@$(PEERS)/bin/python -m pip install --quiet --no-deps -r benchmarks/registration/requirements-alone.txt
	@touch $@

python-test: install
	$(call say,Python tests on the installed wheel (usually 10 minutes))
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4

docs: install itk
	$(call say,Documentation and its notebooks (usually 1 minute))
	@$(BIN)/sphinx-build -W --keep-going --quiet -b html doc $(BUILD)/docs
	@echo $(CURDIR)/$(BUILD)/docs/index.html

install: $(BUILD)/installed
wheel: $(BUILD)/wheel

# Second and later runs of these take no time.
$(VENV)/tools: pyproject.toml
	$(call say,Virtual environment and tools (usually 2 minutes))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python .ci/requirements.py build test demo lint docs cli cohort notebook plot | $(BIN)/python -m pip install --quiet -r /dev/stdin
	@touch $@

itk: $(VENV)/tools
ifndef ITK_DIR
	$(call say,ITK build tree (the first time 12 to 25 minutes; kept in a cache folder))
	@$(BIN)/python cmake/itk_tree.py build > /dev/null
endif

$(BUILD)/wheel: $(SOURCES) $(VENV)/tools
	@$(MAKE) --no-print-directory itk
	$(call say,Wheel (usually 8 minutes))
	@rm -rf $(BUILD)/dist
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir $(BUILD)/dist .
	@touch $@

$(BUILD)/installed: $(BUILD)/wheel
	$(call say,Installing the wheel into build/venv)
	@$(BIN)/python -m pip install --quiet --no-deps --force-reinstall $(BUILD)/dist/*.whl
	@touch $@

clean:
	rm -rf $(BUILD)
