# make run: the program on a sample project; make test: its tests. Both set .venv up first, again only when
# pyproject.toml changed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: run test check lint types imports format bench screenshots clean

run: $(READY)
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then \
		$(BIN)/python -m core.sample sample && $(BIN)/multihot sample; \
	else \
		echo "No display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so there is no window to open."; \
		echo "Doing the main job without one: multihot demo --out sample-demo"; \
		$(BIN)/multihot demo --out sample-demo; \
	fi

test: $(READY)
	QT_QPA_PLATFORM=$${QT_QPA_PLATFORM:-offscreen} OMP_NUM_THREADS=1 $(BIN)/pytest -n logical --dist worksteal

# what continuous integration runs
check: lint types imports test

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	QT_QPA_PLATFORM=$${QT_QPA_PLATFORM:-offscreen} $(BIN)/pytest tests/benchmarks -m benchmark -s --timeout 1800

# the pictures in the README, from the real program on its sample project
screenshots: $(READY)
	$(BIN)/multihot demo --out /tmp/multihot-demo
	cp /tmp/multihot-demo/screenshots/*.png packaging/screenshots/

# a machine without the venv module (Debian splits it off) still has pip, which brings virtualenv
$(READY): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv && $(PYTHON) -m pip install --user virtualenv && $(PYTHON) -m virtualenv .venv; }
	$(BIN)/python -m pip install --disable-pip-version-check -e ".[dev]"
	@touch $@

clean:
	rm -rf .venv dist sample sample-demo
