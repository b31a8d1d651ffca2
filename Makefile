# make demo | make test | make bench | make soak | make lint | make format | make clean
VENV   := .venv
PYTHON := $(VENV)/bin/python
READY  := $(VENV)/.ready
OUT    := build
VIEWER := c_runtime/examples/host-viewer
C_FILES := $(shell git ls-files 'c_runtime/*.c' 'c_runtime/*.h' 'tests/*.c' 'tests/*.h' 2>/dev/null)

.PHONY: demo test lint format bench soak clean tools

demo: $(READY)
	$(PYTHON) -m imgbuild build manifests/demo.yaml -o $(OUT)/demo/ext.bin
	@$(MAKE) --no-print-directory -C $(VIEWER) OUT=$(abspath $(OUT)/demo) PYTHON=$(abspath $(PYTHON))
	@echo "the screen that the C reader drew: $(OUT)/demo/screen.png"

# Everything: lint, unit, properties, errors, C reader under sanitizers, firmware under QEMU.
test: tools $(READY) lint
	$(PYTHON) -m pytest tests -n 2 --dist loadgroup -m "not soak"

tools:
	@sh tests/install_tools.sh

$(READY): pyproject.toml
	@sh tests/install_tools.sh python
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	@if command -v clang-format >/dev/null; then clang-format --dry-run --Werror $(C_FILES); \
	else echo "clang-format is missing: C formatting was not checked"; fi

format: $(READY)
	$(VENV)/bin/ruff format .
	clang-format -i $(C_FILES)

bench: tools $(READY)
	$(PYTHON) -m tests.bench

soak: tools $(READY)
	$(PYTHON) -m pytest tests -m soak

clean:
	rm -rf $(OUT) .mypy_cache .ruff_cache .pytest_cache .hypothesis
